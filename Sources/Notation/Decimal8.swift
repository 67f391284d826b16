/// Numbers with a fixed count of decimals as text: amounts of bitcoin, which are whole satoshis
/// (10^-8), and fee rates in satoshis.
public enum Decimal8 {
    /// One bitcoin in satoshis.
    public static let unit: Int64 = 100_000_000

    /// The most units a text may name: ten digits before the point and eight after it.
    public static let limit: Int64 = 999_999_999_999_999_999

    /// Satoshis as bitcoins with all eight decimals: `-0.00000001`.
    public static func text(_ satoshis: Int64) -> String {
        text(satoshis, decimals: 8)
    }

    /// Units of 10^-decimals as a number with that many decimals.
    public static func text(_ units: Int64, decimals: Int) -> String {
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        let sign = units < 0 ? "-" : ""
        guard decimals > 0 else { return sign + padded }
        return sign + String(padded.dropLast(decimals)) + "." + String(padded.suffix(decimals))
    }

    /// Satoshis as bitcoins with at least two decimals and no further zeros: `0.00`, `12.345`.
    public static func shortText(_ satoshis: Int64) -> String {
        var text = text(satoshis)
        var removable = 6
        while removable > 0, text.hasSuffix("0") {
            text.removeLast()
            removable -= 1
        }
        return text
    }

    /// Reads a JSON number (sign, decimals, exponent) as units of 10^-decimals. Nil where it is no
    /// such number, is no whole count of units, or exceeds the limit.
    public static func parse(_ text: String, decimals: Int = 8) -> Int64? {
        var reader = FixedPointReader(text.utf8)
        return reader.read(decimals: decimals)
    }

    /// Reads an amount as a person types it for an option: no sign, no exponent, spaces around it
    /// allowed. Nil where it is none or exceeds 21 million bitcoins.
    public static func parseAmount(_ text: String) -> Int64? {
        let spaces: [UInt8] = [0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D]
        var digits = Array(text.utf8.drop(while: { spaces.contains($0) }))
        while let last = digits.last, spaces.contains(last) { digits.removeLast() }
        guard !digits.isEmpty else { return nil }

        let point = digits.firstIndex(of: UInt8(ascii: ".")) ?? digits.endIndex
        let whole = digits[..<point]
        let fraction = digits[point...].dropFirst()
        guard whole.count <= 10, fraction.count <= 8 else { return nil }
        var value: Int64 = 0
        for byte in whole + fraction {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        for _ in fraction.count..<8 { value *= 10 }
        return value <= 21_000_000 * unit ? value : nil
    }
}

/// Reads the grammar of a JSON number into a mantissa without trailing zeros and an exponent.
private struct FixedPointReader {
    private var rest: Substring.UTF8View
    private var mantissa: Int64 = 0
    private var pendingZeros = 0

    init(_ text: String.UTF8View) {
        rest = text[...]
    }

    mutating func read(decimals: Int) -> Int64? {
        let isNegative = skip("-")
        if !skip("0") {
            guard readMantissaDigits() != nil else { return nil }
        }
        var fractionDigits = 0
        if skip(".") {
            guard let count = readMantissaDigits() else { return nil }
            fractionDigits = count
        }
        var exponent: Int64 = 0
        if skip("e") || skip("E") {
            guard let read = readExponent() else { return nil }
            exponent = read
        }
        guard rest.isEmpty else { return nil }

        exponent += Int64(pendingZeros - fractionDigits + decimals)
        guard exponent >= 0, exponent < 18 else { return nil }
        for _ in 0..<exponent {
            guard mantissa <= Decimal8.limit / 10 else { return nil }
            mantissa *= 10
        }
        guard mantissa <= Decimal8.limit else { return nil }
        return isNegative ? -mantissa : mantissa
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func nextDigit() -> Int64? {
        guard let byte = rest.first, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else {
            return nil
        }
        rest.removeFirst()
        return Int64(byte - UInt8(ascii: "0"))
    }

    /// Reads at least one digit; nil where there is none or they are too many. Zeros count only
    /// once a digit follows them.
    private mutating func readMantissaDigits() -> Int? {
        var count = 0
        while let digit = nextDigit() {
            count += 1
            guard digit != 0 else {
                pendingZeros += 1
                continue
            }
            for _ in 0...pendingZeros {
                guard mantissa <= Decimal8.limit / 10 else { return nil }
                mantissa *= 10
            }
            mantissa += digit
            pendingZeros = 0
        }
        return count > 0 ? count : nil
    }

    private mutating func readExponent() -> Int64? {
        let isNegative = !skip("+") && skip("-")
        var value: Int64 = 0
        var count = 0
        while let digit = nextDigit() {
            guard value <= Decimal8.limit / 10 else { return nil }
            value = value * 10 + digit
            count += 1
        }
        guard count > 0 else { return nil }
        return isNegative ? -value : value
    }
}
