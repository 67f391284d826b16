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
        for index in bytes.indices {
            if unused == 0 {
                nextBlock()
                unused = 64
            }
            bytes[index] ^= block[64 - unused]
            unused -= 1
        }
    }

    /// The next block of the key stream as numbers, for who wants whole blocks only.
    mutating func nextWords() -> SIMD16<UInt32> {
        var rows = Rows(
            a: input.lowHalf.lowHalf, b: input.lowHalf.highHalf, c: input.highHalf.lowHalf,
            d: input.highHalf.highHalf)
        for _ in 0..<10 {
            rows.quarterRounds()
            rows.diagonalize(by: 1)
            rows.quarterRounds()
            rows.diagonalize(by: 3)
        }
        let mixed = SIMD16(
            lowHalf: SIMD8(lowHalf: rows.a, highHalf: rows.b),
            highHalf: SIMD8(lowHalf: rows.c, highHalf: rows.d))
        let words = mixed &+ input
        input[12] &+= 1
        // The block number runs over into the nonce, as in the form with 64 bits of each.
        if input[12] == 0 { input[13] &+= 1 }
        return words
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

    /// The 4 by 4 state, worked on a row at a time: four quarter rounds at once.
    private struct Rows {
        var a: SIMD4<UInt32>
        var b: SIMD4<UInt32>
        var c: SIMD4<UInt32>
        var d: SIMD4<UInt32>

        @inline(__always)
        mutating func quarterRounds() {
            a &+= b
            d = rotated(d ^ a, left: 16)
            c &+= d
            b = rotated(b ^ c, left: 12)
            a &+= b
            d = rotated(d ^ a, left: 8)
            c &+= d
            b = rotated(b ^ c, left: 7)
        }

        /// Turns the rows so that diagonals become columns (by 1), or back (by 3).
        @inline(__always)
        mutating func diagonalize(by count: Int) {
            b = count == 1 ? [b.y, b.z, b.w, b.x] : [b.w, b.x, b.y, b.z]
            c = [c.z, c.w, c.x, c.y]
            d = count == 1 ? [d.w, d.x, d.y, d.z] : [d.y, d.z, d.w, d.x]
        }

        @inline(__always)
        private func rotated(_ row: SIMD4<UInt32>, left count: UInt32) -> SIMD4<UInt32> {
            row &<< SIMD4(repeating: count) | row &>> SIMD4(repeating: 32 - count)
        }
    }
}
