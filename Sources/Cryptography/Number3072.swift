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
        var stream = SHA256.hash(element).withBytes { ChaCha20(key: $0) }
        var output = SIMD16<UInt32>()
        words = InlineArray { index in
            if index % 8 == 0 { output = stream.nextWords() }
            let place = 2 * (index % 8)
            return UInt64(output[place]) | UInt64(output[place + 1]) << 32
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
        var product = InlineArray<96, UInt64>(repeating: 0)
        var output = product.mutableSpan
        // Pointers, because the bounds checks of 2304 steps would double their cost, and because an
        // inline array that is indexed in a loop is copied by every step. Safe: both indices run
        // below 48 over 48 words, so their sum stays below 96.
        let carry = output.withUnsafeMutableBufferPointer { output in
            words.span.withUnsafeBufferPointer { left in
                other.words.span.withUnsafeBufferPointer { right in
                    Self.multiply(left, right, into: output)
                }
            }
            var words = words.mutableSpan
            return words.withUnsafeMutableBufferPointer { Self.fold(output, into: $0) }
        }
        var rest = carry
        while rest != 0 { rest = add(rest &* Self.excess) }
        if isAtLeastModulus { _ = add(Self.excess) }
    }

    private static func multiply(
        _ left: UnsafeBufferPointer<UInt64>, _ right: UnsafeBufferPointer<UInt64>,
        into output: UnsafeMutableBufferPointer<UInt64>
    ) {
        for row in 0..<wordCount {
            var carry: UInt64 = 0
            let factor = UInt128(left[row])
            for column in 0..<wordCount {
                let sum =
                    factor &* UInt128(right[column])
                    &+ UInt128(output[row &+ column]) &+ UInt128(carry)
                output[row &+ column] = UInt64(truncatingIfNeeded: sum)
                carry = UInt64(truncatingIfNeeded: sum >> 64)
            }
            output[row &+ wordCount] = carry
        }
    }

    /// Folds the upper half of a product onto the lower, since 2^3072 is `excess`; returns what
    /// runs over.
    private static func fold(
        _ product: UnsafeMutableBufferPointer<UInt64>,
        into words: UnsafeMutableBufferPointer<UInt64>
    ) -> UInt64 {
        var carry: UInt64 = 0
        for index in 0..<wordCount {
            let sum =
                UInt128(product[index &+ wordCount]) &* UInt128(excess)
                &+ UInt128(product[index]) &+ UInt128(carry)
            words[index] = UInt64(truncatingIfNeeded: sum)
            carry = UInt64(truncatingIfNeeded: sum >> 64)
        }
        return carry
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

    private var isAtLeastModulus: Bool {
        guard words[0] >= 0 &- Self.excess else { return false }
        for index in 1..<Self.wordCount where words[index] != .max { return false }
        return true
    }

    /// Adds, and returns what runs over 2^3072.
    private mutating func add(_ value: UInt64) -> UInt64 {
        var carry = value
        for index in words.indices {
            let (sum, overflow) = words[index].addingReportingOverflow(carry)
            words[index] = sum
            carry = overflow ? 1 : 0
            if carry == 0 { return 0 }
        }
        return carry
    }
}
