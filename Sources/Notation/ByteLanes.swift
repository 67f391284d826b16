/// Eight bytes of text side by side in one word, so that a few operations look at all of them.
///
/// The first byte is the lowest.
struct ByteLanes {
    private let word: UInt64

    /// Takes the eight bytes from an offset on, which must be there.
    @inline(__always)
    init(_ bytes: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset <= bytes.count &- 8)
        // Safe: the bounds were checked just now, and any bit pattern is an integer.
        word = UInt64(
            littleEndian: bytes.bytes.unsafeLoadUnaligned(
                fromByteOffset: offset, as: UInt64.self))
    }

    /// Marks, by their highest bit, where plain text of JSON stops: at a quote, a backslash or a
    /// control character. Marks beyond the first may be false.
    @inline(__always)
    var textStops: UInt64 {
        Self.zeros(word ^ Self.all(UInt8(ascii: "\"")))
            | Self.zeros(word ^ Self.all(UInt8(ascii: "\\")))
            | (word &- Self.all(0x20)) & ~word & Self.all(0x80)
    }

    /// The four bytes that eight hexadecimal digits of either case spell, the first the lowest; nil
    /// where they are not all digits.
    @inline(__always)
    var hexValue: UInt32? {
        guard word & Self.all(0x80) == 0 else { return nil }
        let decimals = Self.within(UInt8(ascii: "0")...UInt8(ascii: "9"), word)
        let lowered = word | Self.all(0x20)
        let letters = Self.within(UInt8(ascii: "a")...UInt8(ascii: "f"), lowered)
        guard decimals | letters == Self.all(0x80) else { return nil }
        let values = (word & Self.all(0x0F)) &+ 9 &* (letters >> 7)
        // Of each two neighbours one byte, then those closer and closer together.
        let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: fours | fours >> 16)
    }

    @inline(__always)
    private static func all(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    /// Marks the bytes of `word` that are zero; behind the first of them perhaps others too.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 {
        (word &- all(1)) & ~word & all(0x80)
    }

    /// Marks the bytes of `word`, all below 128, that lie in a range.
    @inline(__always)
    private static func within(_ range: ClosedRange<UInt8>, _ word: UInt64) -> UInt64 {
        (word &+ all(0x80 - range.lowerBound)) & ~(word &+ all(0x7F - range.upperBound))
            & all(0x80)
    }
}
