import COpenSSL

/// RIPEMD-160, which shortens the SHA-256 of keys and scripts for addresses.
public enum RIPEMD160 {
    /// `RIPEMD160(message)`.
    public static func hash(_ message: Span<UInt8>) -> Hash160 {
        let digest = digest(ofCount: 20) { output in
            var context = RIPEMD160state_st()
            RIPEMD160_Init(&context)
            message.withUnsafeBufferPointer {
                _ = RIPEMD160_Update(&context, $0.baseAddress, $0.count)
            }
            RIPEMD160_Final(output, &context)
        }
        return Hash160(digest.span.extracting(first: 20))
    }
}

extension Hash160 {
    /// `RIPEMD160(SHA256(message))`, which names keys and scripts in addresses.
    public static func hash(_ message: Span<UInt8>) -> Hash160 {
        SHA256.hash(message).withBytes { RIPEMD160.hash($0) }
    }
}

/// SHA-1, which scripts may still ask for.
public enum SHA1 {
    /// The 20 bytes of `SHA1(message)`.
    public static func hash(_ message: Span<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 20) { output, count in
            message.withUnsafeBufferPointer {
                _ = COpenSSL.SHA1($0.baseAddress, $0.count, output.baseAddress)
            }
            count = 20
        }
    }
}

/// SHA-512, under key derivation and some network addresses.
public enum SHA512 {
    /// The 64 bytes of `SHA512(message)`.
    public static func hash(_ message: Span<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64) { output, count in
            message.withUnsafeBufferPointer {
                _ = COpenSSL.SHA512($0.baseAddress, $0.count, output.baseAddress)
            }
            count = 64
        }
    }
}

/// Scratch for a digest of at most 32 bytes, filled in place without allocating.
private func digest(
    ofCount count: Int, filledBy fill: (UnsafeMutablePointer<UInt8>) -> Void
) -> InlineArray<32, UInt8> {
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    span.withUnsafeMutableBufferPointer { buffer in
        if let start = buffer.baseAddress { fill(start) }
    }
    return bytes
}
