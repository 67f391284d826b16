/// Floating-point numbers as C's `%g` writes them, worked out exactly.
///
/// Swift's own description gives the shortest text that reads back as the same number; Bitcoin
/// Core's answers are rounded to sixteen digits, which is not the same.
public enum FloatingText {
    /// The finite number with this many significant digits (at least one), trailing zeros left
    /// out, and an exponent where it is under -4 or has no digit left before the point.
    public static func general(_ value: Double, digits: Int) -> String {
        let sign = value.sign == .minus ? "-" : ""
        guard value != 0, value.isFinite else { return sign + "0" }
        var (text, exponent) = rounded(value.magnitude, digits: digits)
        while text.count > 1, text.last == UInt8(ascii: "0") { text.removeLast() }
        return sign
            + (exponent < -4 || exponent >= digits
                ? scientific(text, exponent: exponent)
                : fixed(text, exponent: exponent))
    }

    /// The number with this many digits after the point, as C's `%.nf`.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        let sign = value.sign == .minus ? "-" : ""
        guard value.isFinite else { return sign + "inf" }
        var (text, point) = value == 0 ? ([UInt8(ascii: "0")], 1) : exactDigits(value.magnitude)
        if point <= 0 {
            text.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: 1 - point), at: 0)
            point = 1
        }
        if round(&text, to: point + decimals) { point += 1 }
        let whole = String(decoding: text[..<point], as: UTF8.self)
        let fraction = String(decoding: text[point...], as: UTF8.self)
        return sign + (decimals > 0 ? whole + "." + fraction : whole)
    }

    private static func scientific(_ digits: [UInt8], exponent: Int) -> String {
        let fraction = String(decoding: digits.dropFirst(), as: UTF8.self)
        let magnitude = String(exponent.magnitude)
        return String(decoding: digits.prefix(1), as: UTF8.self)
            + (fraction.isEmpty ? "" : "." + fraction)
            + (exponent < 0 ? "e-" : "e+")
            + (magnitude.count < 2 ? "0" + magnitude : magnitude)
    }

    private static func fixed(_ digits: [UInt8], exponent: Int) -> String {
        guard exponent >= 0 else {
            return "0." + String(repeating: "0", count: -exponent - 1)
                + String(decoding: digits, as: UTF8.self)
        }
        let padding = String(repeating: "0", count: max(0, exponent + 1 - digits.count))
        let whole = String(decoding: digits.prefix(exponent + 1), as: UTF8.self) + padding
        let fraction = String(decoding: digits.dropFirst(exponent + 1), as: UTF8.self)
        return fraction.isEmpty ? whole : whole + "." + fraction
    }

    /// The number to so many digits, and the power of ten of the first of them.
    private static func rounded(_ value: Double, digits: Int) -> (text: [UInt8], exponent: Int) {
        var (text, point) = exactDigits(value)
        if round(&text, to: digits) {
            text.removeLast()
            point += 1
        }
        return (text, point - 1)
    }

    /// Cuts or fills the digits to a count, rounding half to even. True where a digit was carried
    /// into a new place in front, so that there is one digit more than asked for.
    private static func round(_ text: inout [UInt8], to count: Int) -> Bool {
        guard text.count > count else {
            text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: count - text.count))
            return false
        }
        let next = text[count]
        let isMore = text[(count + 1)...].contains { $0 != UInt8(ascii: "0") }
        let isOdd = count > 0 && text[count - 1] & 1 == 1
        text.removeSubrange(count...)
        let half = UInt8(ascii: "5")
        guard next > half || next == half && (isMore || isOdd) else { return false }
        for index in text.indices.reversed() {
            guard text[index] == UInt8(ascii: "9") else {
                text[index] += 1
                return false
            }
            text[index] = UInt8(ascii: "0")
        }
        text.insert(UInt8(ascii: "1"), at: 0)
        return true
    }

    /// All decimal digits of the positive number, and how many of them stand before the point.
    private static func exactDigits(_ value: Double) -> (digits: [UInt8], point: Int) {
        // value = significand * 2^power, with a whole significand.
        var significand = value.significandBitPattern
        var power = -1074
        if value.exponentBitPattern > 0 {
            significand |= 1 << 52
            power = Int(value.exponentBitPattern) - 1075
        }
        // Without trailing zero bits there are fewer digits to make.
        let trailing = significand.trailingZeroBitCount
        significand >>= UInt64(trailing)
        power += trailing

        var number = DecimalNumber(significand)
        // m / 2^n has the digits of m * 5^n, its point n places further left.
        number.multiply(by: power < 0 ? 5 : 2, times: abs(power))
        let digits = number.digits
        return (digits, digits.count + min(0, power))
    }
}

/// A whole number of any size in limbs of nine decimal digits, the lowest first.
private struct DecimalNumber {
    private static let base: UInt64 = 1_000_000_000
    private var limbs: [UInt64] = []

    init(_ value: UInt64) {
        var rest = value
        while rest > 0 {
            limbs.append(rest % Self.base)
            rest /= Self.base
        }
    }

    mutating func multiply(by factor: UInt64, times: Int) {
        // Both 2^13 and 5^13 leave room in a limb of 64 bits.
        var left = times
        while left > 0 {
            let step = min(left, 13)
            multiply(by: (0..<step).reduce(1) { product, _ in product * factor })
            left -= step
        }
    }

    private mutating func multiply(by factor: UInt64) {
        var carry: UInt64 = 0
        for index in limbs.indices {
            let product = limbs[index] * factor + carry
            limbs[index] = product % Self.base
            carry = product / Self.base
        }
        while carry > 0 {
            limbs.append(carry % Self.base)
            carry /= Self.base
        }
    }

    var digits: [UInt8] {
        var text: [UInt8] = []
        for (index, limb) in limbs.reversed().enumerated() {
            let part = Array(String(limb).utf8)
            if index > 0 {
                text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 9 - part.count))
            }
            text.append(contentsOf: part)
        }
        return text
    }
}
