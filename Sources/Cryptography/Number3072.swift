import CMuHash
import COpenSSL

/// A number modulo the prime 2^3072 - 1103717, in 48 words, least significant first.
struct Number3072: Sendable {
    static let byteCount = 384
    static let one = Number3072(1)

    private static let wordCount = 48
    /// What 2^3072 is, modulo the prime.
    private static let excess: UInt64 = 1_103_717

    private var words: InlineArray<48, UInt64>

    init(_ value: UInt64) {
        words = InlineArray(repeating: 0)
        words[0] = value
    }

    /// Reads 384 bytes, least significant first.
    init(_ bytes: Span<UInt8>) {
        precondition(bytes.count == Self.byteCount, "a number of 3072 bits has 384 bytes")
        let raw = bytes.bytes
        words = InlineArray { index in
            // Safe: the count was checked, and any bit pattern is an integer.
            UInt64(
                littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
        }
    }

    /// The number that stands for an element: the key stream of ChaCha20 under its SHA-256.
    init(hashing element: Span<UInt8>) {
        words = InlineArray(repeating: 0)
        var output = words.mutableSpan
        // Safe: both counts are what the kernel takes, 48 words and 32 bytes.
        SHA256.hash(element).withBytes { key in
            key.withUnsafeBufferPointer { key in
                output.withUnsafeMutableBufferPointer {
                    cmuhash_keystream(cmuhash_best(), $0.baseAddress, key.baseAddress)
                }
            }
        }
    }

    /// The 384 bytes, least significant first.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for index in words.indices {
            withUnsafeBytes(of: words[index].littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// Multiplies, and reduces below the prime.
    mutating func multiply(by other: Number3072) {
        var output = words.mutableSpan
        // Safe: both have the 48 words that the kernel takes.
        output.withUnsafeMutableBufferPointer { output in
            other.words.span.withUnsafeBufferPointer {
                cmuhash_multiply(cmuhash_best(), output.baseAddress, $0.baseAddress)
            }
        }
    }

    /// The number whose product with this is one. Zero has none, and no element is zero.
    var inverse: Number3072 {
        // These fail only where there is no memory for some hundred bytes, whatever was sent to us.
        guard let context = BN_CTX_new(), let value = BN_lebin2bn(bytes, 384, nil),
            let modulus = BN_lebin2bn(Self.modulus.bytes, 384, nil)
        else { fatalError("libcrypto is out of memory") }
        defer {
            BN_free(value)
            BN_free(modulus)
            BN_CTX_free(context)
        }
        guard let inverse = BN_mod_inverse(nil, value, modulus, context) else {
            return Number3072(0)
        }
        defer { BN_free(inverse) }
        var output = [UInt8](repeating: 0, count: Self.byteCount)
        BN_bn2lebinpad(inverse, &output, Int32(Self.byteCount))
        return Number3072(output.span)
    }

    private static let modulus: Number3072 = {
        var modulus = Number3072(0 &- excess)
        for index in 1..<wordCount { modulus.words[index] = .max }
        return modulus
    }()
}
