/// A number modulo the prime over which secp256k1 is drawn, 2²⁵⁶ - 2³² - 977.
///
/// For what libsecp256k1 does not offer. Its time depends on the numbers: it is for public ones.
struct FieldElement: Hashable, Sendable {
    /// The number below the prime, least significant word first.
    private var words: SIMD4<UInt64>

    /// What 2²⁵⁶ leaves.
    private static let fold: UInt64 = 0x1_0000_03D1
    private static let prime: SIMD4<UInt64> = [0xFFFF_FFFE_FFFF_FC2F, .max, .max, .max]

    static let zero = FieldElement(0)
    static let one = FieldElement(1)

    init(_ value: UInt64) { words = [value, 0, 0, 0] }

    /// Takes 32 bytes, most significant first; what exceeds the prime is reduced.
    init(_ bytes: Hash256) {
        let parts = bytes.words
        words = [
            parts.3.byteSwapped, parts.2.byteSwapped, parts.1.byteSwapped, parts.0.byteSwapped,
        ]
        reduce(carry: 0)
    }

    /// The 32 bytes, most significant first.
    var bytes: Hash256 {
        Hash256(
            words: (
                words[3].byteSwapped, words[2].byteSwapped, words[1].byteSwapped,
                words[0].byteSwapped
            ))
    }

    var isZero: Bool { words == .zero }
    var isOdd: Bool { words[0] & 1 == 1 }

    /// Brings a number of 256 bits and a carry above them under the prime.
    private mutating func reduce(carry: UInt64) {
        var carry = carry
        while carry > 0 {
            var sum = UInt128(carry) * UInt128(Self.fold)
            for index in 0..<4 {
                sum += UInt128(words[index])
                words[index] = UInt64(truncatingIfNeeded: sum)
                sum >>= 64
            }
            carry = UInt64(truncatingIfNeeded: sum)
        }
        let exceeds =
            words[3] == .max && words[2] == .max && words[1] == .max
            && words[0] >= Self.prime[0]
        if exceeds { words = [words[0] - Self.prime[0], 0, 0, 0] }
    }

    static func + (left: FieldElement, right: FieldElement) -> FieldElement {
        var result = left
        var sum: UInt128 = 0
        for index in 0..<4 {
            sum += UInt128(left.words[index]) + UInt128(right.words[index])
            result.words[index] = UInt64(truncatingIfNeeded: sum)
            sum >>= 64
        }
        result.reduce(carry: UInt64(truncatingIfNeeded: sum))
        return result
    }

    static prefix func - (element: FieldElement) -> FieldElement {
        guard !element.isZero else { return element }
        var result = element
        var borrow = false
        for index in 0..<4 {
            let (first, over) = prime[index].subtractingReportingOverflow(element.words[index])
            let (second, under) = first.subtractingReportingOverflow(borrow ? 1 : 0)
            result.words[index] = second
            borrow = over || under
        }
        return result
    }

    static func - (left: FieldElement, right: FieldElement) -> FieldElement { left + -right }

    static func * (left: FieldElement, right: FieldElement) -> FieldElement {
        var product = InlineArray<8, UInt64>(repeating: 0)
        for row in 0..<4 {
            var carry: UInt128 = 0
            for column in 0..<4 {
                // The largest product, a word and a carry fill 128 bits and no more.
                carry +=
                    UInt128(left.words[row]) * UInt128(right.words[column])
                    + UInt128(product[row + column])
                product[row + column] = UInt64(truncatingIfNeeded: carry)
                carry >>= 64
            }
            product[row + 4] = UInt64(truncatingIfNeeded: carry)
        }
        var result = FieldElement.zero
        var carry: UInt128 = 0
        for index in 0..<4 {
            carry += UInt128(product[index + 4]) * UInt128(fold) + UInt128(product[index])
            result.words[index] = UInt64(truncatingIfNeeded: carry)
            carry >>= 64
        }
        result.reduce(carry: UInt64(truncatingIfNeeded: carry))
        return result
    }

    var squared: FieldElement { self * self }

    /// This to the power of a number, least significant word first.
    private func power(_ exponent: SIMD4<UInt64>) -> FieldElement {
        var result = FieldElement.one
        for bit in (0..<256).reversed() {
            result = result.squared
            if exponent[bit / 64] >> UInt64(bit % 64) & 1 == 1 { result = result * self }
        }
        return result
    }

    /// What gives one when multiplied by this; zero for zero.
    var inverse: FieldElement {
        power([Self.prime[0] - 2, .max, .max, .max])
    }

    static func / (left: FieldElement, right: FieldElement) -> FieldElement { left * right.inverse }

    /// The root that is itself a square; nil where there is none.
    var squareRoot: FieldElement? {
        // The prime leaves 3 when divided by 4: the power of a quarter of its successor does.
        let root = power([0xFFFF_FFFF_BFFF_FF0C, .max, .max, 0x3FFF_FFFF_FFFF_FFFF])
        return root.squared == self ? root : nil
    }

    /// Whether a point of the curve has this for its x.
    var isOnCurve: Bool { (squared * self + FieldElement(7)).squareRoot != nil }
}
