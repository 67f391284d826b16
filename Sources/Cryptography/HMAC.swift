import COpenSSL

/// Keyed hashes (RFC 2104).
public enum HMAC {
    /// HMAC-SHA256 of `message` under `key`.
    public static func sha256(key: Span<UInt8>, _ message: Span<UInt8>) -> Hash256 {
        var block = InlineArray<64, UInt8>(repeating: 0)
        if key.count <= 64 {
            for index in key.indices { block[index] = key[index] }
        } else {
            let short = SHA256.hash(key)
            for index in 0..<32 { block[index] = short[index] }
        }
        var inner = SHA256Stream()
        var outer = SHA256Stream()
        inner.update(masked(block, with: 0x36).span)
        outer.update(masked(block, with: 0x5c).span)
        inner.update(message)
        outer.update(inner.finalize())
        return outer.finalize()
    }

    /// The 64 bytes of HMAC-SHA512 of `message` under `key`.
    public static func sha512(key: Span<UInt8>, _ message: Span<UInt8>) -> [UInt8] {
        var block = InlineArray<128, UInt8>(repeating: 0)
        if key.count <= 128 {
            for index in key.indices { block[index] = key[index] }
        } else {
            let short = SHA512.hash(key)
            for index in short.indices { block[index] = short[index] }
        }
        let inner = sha512(masked(block, with: 0x36).span, message)
        return sha512(masked(block, with: 0x5c).span, inner.span)
    }

    private static func masked<let count: Int>(
        _ block: InlineArray<count, UInt8>, with mask: UInt8
    ) -> InlineArray<count, UInt8> {
        InlineArray { block[$0] ^ mask }
    }

    private static func sha512(_ first: Span<UInt8>, _ second: Span<UInt8>) -> [UInt8] {
        var context = SHA512_CTX()
        SHA512_Init(&context)
        first.withUnsafeBufferPointer { _ = SHA512_Update(&context, $0.baseAddress, $0.count) }
        second.withUnsafeBufferPointer { _ = SHA512_Update(&context, $0.baseAddress, $0.count) }
        return [UInt8](unsafeUninitializedCapacity: 64) { output, count in
            SHA512_Final(output.baseAddress, &context)
            count = 64
        }
    }
}

/// Keys drawn out of one secret (RFC 5869), with SHA-256.
public struct HKDF: Sendable {
    private let pseudorandomKey: Hash256

    /// Extracts the strength of `keyMaterial`.
    public init(keyMaterial: Span<UInt8>, salt: Span<UInt8>) {
        pseudorandomKey = HMAC.sha256(key: salt, keyMaterial)
    }

    /// Thirty-two bytes for the use that `info` names.
    public func expand32(info: Span<UInt8>) -> Hash256 {
        let bytes = expand(info: info, count: 32)
        return Hash256(bytes.span)
    }

    /// `count` bytes (at most 8160) for the use that `info` names.
    public func expand(info: Span<UInt8>, count: Int) -> [UInt8] {
        precondition(count >= 0 && count <= 255 * 32, "HKDF gives at most 255 blocks")
        let use = info.withUnsafeBufferPointer { [UInt8]($0) }
        var output: [UInt8] = []
        var previous: [UInt8] = []
        var counter: UInt8 = 0
        while output.count < count {
            counter += 1
            let message = previous + use + [counter]
            previous = pseudorandomKey.withBytes { HMAC.sha256(key: $0, message.span) }.bytes
            output += previous
        }
        return [UInt8](output.prefix(count))
    }
}

/// Keys from passwords (RFC 8018), slow by design.
public enum PBKDF2 {
    /// `count` bytes by HMAC-SHA512 over `rounds` rounds (BIP39 takes 2048 rounds, 64 bytes).
    public static func sha512(
        password: Span<UInt8>, salt: Span<UInt8>, rounds: Int, count: Int
    ) -> [UInt8] {
        precondition(rounds > 0 && rounds <= Int32.max && count <= Int32.max, "out of range")
        return [UInt8](unsafeUninitializedCapacity: count) { output, written in
            let isMade = password.withUnsafeBytes { password in
                salt.withUnsafeBufferPointer { salt in
                    PKCS5_PBKDF2_HMAC(
                        password.assumingMemoryBound(to: CChar.self).baseAddress,
                        Int32(clamping: password.count), salt.baseAddress,
                        Int32(clamping: salt.count), Int32(rounds), EVP_sha512(), Int32(count),
                        output.baseAddress)
                }
            }
            precondition(isMade == 1, "libcrypto derives keys")
            written = count
        }
    }
}
