/// What is wrong with a Bech32 text, and where.
public struct Bech32Fault: Hashable, Sendable {
    /// Core's words; empty when nothing is wrong.
    public let message: String
    /// Places in the text, counted in bytes from 0.
    public let places: [Int]
}

extension Bech32 {
    /// Finds up to two wrong characters of a text whose checksum does not hold.
    ///
    /// What they should have been could be computed too, but is kept back on purpose: a guess that
    /// makes the checksum hold may be another person's address.
    public static func locateErrors(
        _ text: String, limit: Int = maximumLength
    ) -> Bech32Fault {
        let bytes = Array(text.utf8)
        guard bytes.count <= limit else {
            return Bech32Fault(
                message: "Bech32 string too long", places: Array(limit..<bytes.count))
        }
        let misplaced = misplaced(in: bytes)
        guard misplaced.isEmpty else {
            return Bech32Fault(message: "Invalid character or mixed case", places: misplaced)
        }
        guard let split = bytes.lastIndex(of: separator) else {
            return Bech32Fault(message: "Missing separator", places: [])
        }
        guard split > 0, split + checksumLength < bytes.count else {
            return Bech32Fault(message: "Invalid separator position", places: [split])
        }

        var values: [UInt8] = []
        for place in (split + 1)..<bytes.count {
            guard let value = UInt8(exactly: digits[Int(bytes[place])]) else {
                return Bech32Fault(message: "Invalid Base 32 character", places: [place])
            }
            values.append(value)
        }
        let coefficients = expand(bytes[..<split].map(lowercased)) + values
        return checksumFault(coefficients, dataLength: values.count, textLength: bytes.count)
    }

    /// Tries both checksums, since the version that says which one is meant may itself be wrong, and
    /// keeps the explanation with fewer errors.
    private static func checksumFault(
        _ coefficients: [UInt8], dataLength: Int, textLength: Int
    ) -> Bech32Fault {
        var places: [Int] = []
        var explanation: Encoding?
        for encoding in [Encoding.bech32, .bech32m] {
            let residue = remainder(coefficients) ^ encoding.constant
            guard residue != 0 else { return Bech32Fault(message: "", places: []) }
            // Powers count from the right end of the text.
            let found = errorPowers(residue: residue, length: dataLength)
                .map { textLength - 1 - $0 }
            if places.isEmpty || (!found.isEmpty && found.count < places.count) {
                places = found
                if !places.isEmpty { explanation = encoding }
            }
        }
        return switch explanation {
        case .bech32: Bech32Fault(message: "Invalid Bech32 checksum", places: places)
        case .bech32m: Bech32Fault(message: "Invalid Bech32m checksum", places: places)
        case nil: Bech32Fault(message: "Invalid checksum", places: places)
        }
    }

    /// The powers of x at which one or two errors explain `residue`, highest first; empty when more
    /// than two happened.
    ///
    /// The generator has the roots e^997, e^998 and e^999 in GF(1024), so the residue there equals
    /// the error polynomial: one error a·x^p makes the three values a geometric progression of ratio
    /// e^p; for two errors each place of the first determines the second.
    private static func errorPowers(residue: UInt32, length: Int) -> [Int] {
        let field = Field1024.shared
        let s0 = field.evaluate(residue, atPower: 997)
        let s1 = field.evaluate(residue, atPower: 998)
        let s2 = field.evaluate(residue, atPower: 999)

        if s0 != 0, s1 != 0, s2 != 0, field.multiply(s1, s1) == field.multiply(s0, s2) {
            let power = field.logarithm(of: field.divide(s1, by: s0))
            let error = field.divide(s0, by: field.power(997 * power))
            return power < length && field.isInBase(error) ? [power] : []
        }
        for first in 0..<length {
            let root = field.power(first)
            let high = s2 ^ field.multiply(s1, root)
            let low = s1 ^ field.multiply(s0, root)
            guard high != 0, low != 0 else { continue }
            let second = field.logarithm(of: field.divide(high, by: low))
            guard second < length, second != first else { continue }

            let other = field.power(second)
            let rest = s1 ^ field.multiply(s0, other)
            guard rest != 0 else { continue }
            let sum = root ^ other
            let secondError = field.divide(field.divide(low, by: sum), by: field.power(997 * second))
            let firstError = field.divide(field.divide(rest, by: sum), by: field.power(997 * first))
            guard field.isInBase(secondError), field.isInBase(firstError) else { continue }
            return [max(first, second), min(first, second)]
        }
        return []
    }
}

/// GF(1024) as GF(32)[e] / (e² + 9e + 23), where GF(32) is GF(2)[x] / (x⁵ + x³ + 1). An element a·e + b
/// is the number 32a + b, and e generates all but zero.
private struct Field1024: Sendable {
    static let shared = Field1024()

    private var powers = [Int](repeating: 0, count: 1023)
    private var logarithms = [Int](repeating: 0, count: 1024)

    init() {
        var element = 1
        for exponent in 0..<1023 {
            powers[exponent] = element
            logarithms[element] = exponent
            let (a, b) = (element >> 5, element & 31)
            element = (Self.multiplyBase(9, a) ^ b) << 5 | Self.multiplyBase(23, a)
        }
    }

    /// The product in GF(32).
    private static func multiplyBase(_ a: Int, _ b: Int) -> Int {
        var product = 0
        for bit in (0..<5).reversed() {
            product <<= 1
            if product & 32 != 0 { product ^= 0b101001 }
            if b >> bit & 1 == 1 { product ^= a }
        }
        return product
    }

    func power(_ exponent: Int) -> Int { powers[exponent % 1023] }

    func logarithm(of element: Int) -> Int { logarithms[element] }

    func multiply(_ a: Int, _ b: Int) -> Int {
        a == 0 || b == 0 ? 0 : power(logarithms[a] + logarithms[b])
    }

    func divide(_ a: Int, by b: Int) -> Int {
        a == 0 ? 0 : power(logarithms[a] + 1023 - logarithms[b])
    }

    /// Whether an element other than zero is one of GF(32), as a difference of characters must be.
    func isInBase(_ element: Int) -> Bool { element < 32 }

    /// The polynomial whose six coefficients of five bits are in `residue`, at e^power.
    func evaluate(_ residue: UInt32, atPower power: Int) -> Int {
        (0..<6).reduce(0) { sum, degree in
            let coefficient = Int(residue >> UInt32(5 * degree) & 31)
            return sum ^ multiply(coefficient, self.power(power * degree))
        }
    }
}
