/// The stream cipher ChaCha20 (RFC 8439), with its nonce as a 32-bit and a 64-bit number, as
/// BIP324 counts packets; the older form with a 64-bit nonce is the same with the first at zero.
public struct ChaCha20: Sendable {
    private var input: SIMD16<UInt32>
    private var block = InlineArray<64, UInt8>(repeating: 0)
    private var unused = 0

    /// Keyed with 32 bytes; the nonce and the block number are zero.
    public init(key: Span<UInt8>) {
        precondition(key.count == 32, "a ChaCha20 key has 32 bytes")
        let key = Hash256(key).words
        input = [
            0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574,
            UInt32(truncatingIfNeeded: key.0), UInt32(truncatingIfNeeded: key.0 >> 32),
            UInt32(truncatingIfNeeded: key.1), UInt32(truncatingIfNeeded: key.1 >> 32),
            UInt32(truncatingIfNeeded: key.2), UInt32(truncatingIfNeeded: key.2 >> 32),
            UInt32(truncatingIfNeeded: key.3), UInt32(truncatingIfNeeded: key.3 >> 32),
            0, 0, 0, 0,
        ]
    }

    /// Goes to the start of a block of 64 bytes. The nonce's bytes are the little-endian forms of
    /// its two numbers.
    public mutating func seek(nonce: (UInt32, UInt64), block: UInt32) {
        input[12] = block
        input[13] = nonce.0
        input[14] = UInt32(truncatingIfNeeded: nonce.1)
        input[15] = UInt32(truncatingIfNeeded: nonce.1 >> 32)
        unused = 0
    }

    /// The next bytes of the key stream.
    public mutating func keystream(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        crypt(&bytes)
        return bytes
    }

    /// Encrypts or decrypts in place, going on in the key stream.
    public mutating func crypt(_ bytes: inout [UInt8]) {
        var span = bytes.mutableSpan
        crypt(&span)
    }

    /// Encrypts or decrypts in place, going on in the key stream.
    public mutating func crypt(_ bytes: inout MutableSpan<UInt8>) {
        crypt(&bytes, count: bytes.count)
    }

    /// Encrypts or decrypts the first `count` in place, going on in the key stream.
    mutating func crypt(_ bytes: inout MutableSpan<UInt8>, count: Int) {
        for index in 0..<count {
            if unused == 0 {
                nextBlock()
                unused = 64
            }
            bytes[index] ^= block[64 - unused]
            unused -= 1
        }
    }

    /// The next block of the key stream as numbers.
    private mutating func nextWords() -> SIMD16<UInt32> {
        var (x0, x1, x2, x3) = (input[0], input[1], input[2], input[3])
        var (x4, x5, x6, x7) = (input[4], input[5], input[6], input[7])
        var (x8, x9, x10, x11) = (input[8], input[9], input[10], input[11])
        var (x12, x13, x14, x15) = (input[12], input[13], input[14], input[15])
        for _ in 0..<10 {
            Self.quarterRound(&x0, &x4, &x8, &x12)
            Self.quarterRound(&x1, &x5, &x9, &x13)
            Self.quarterRound(&x2, &x6, &x10, &x14)
            Self.quarterRound(&x3, &x7, &x11, &x15)
            Self.quarterRound(&x0, &x5, &x10, &x15)
            Self.quarterRound(&x1, &x6, &x11, &x12)
            Self.quarterRound(&x2, &x7, &x8, &x13)
            Self.quarterRound(&x3, &x4, &x9, &x14)
        }
        let words =
            input
            &+ SIMD16(
                x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15)
        input[12] &+= 1
        // The block number runs over into the nonce, as in the form with 64 bits of each.
        if input[12] == 0 { input[13] &+= 1 }
        return words
    }

    @inline(__always)
    private static func quarterRound(
        _ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32
    ) {
        a &+= b
        d = rotated(d ^ a, left: 16)
        c &+= d
        b = rotated(b ^ c, left: 12)
        a &+= b
        d = rotated(d ^ a, left: 8)
        c &+= d
        b = rotated(b ^ c, left: 7)
    }

    @inline(__always)
    private static func rotated(_ word: UInt32, left count: UInt32) -> UInt32 {
        word &<< count | word &>> (32 &- count)
    }

    private mutating func nextBlock() {
        let words = nextWords()
        for index in 0..<16 {
            let word = words[index]
            block[4 * index] = UInt8(truncatingIfNeeded: word)
            block[4 * index + 1] = UInt8(truncatingIfNeeded: word >> 8)
            block[4 * index + 2] = UInt8(truncatingIfNeeded: word >> 16)
            block[4 * index + 3] = UInt8(truncatingIfNeeded: word >> 24)
        }
    }
}
