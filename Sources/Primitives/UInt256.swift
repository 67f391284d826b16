public import Cryptography

/// A 256-bit unsigned number: a proof-of-work target, or an amount of work.
///
/// The operators with `&` wrap modulo 2^256, as consensus arithmetic does.
public struct UInt256: Hashable, Sendable {
    /// The limbs, least significant first.
    public var limbs: (UInt64, UInt64, UInt64, UInt64) {
        get { (w0, w1, w2, w3) }
        set { (w0, w1, w2, w3) = newValue }
    }

    private var w0: UInt64
    private var w1: UInt64
    private var w2: UInt64
    private var w3: UInt64

    public init(limbs: (UInt64, UInt64, UInt64, UInt64)) {
        (w0, w1, w2, w3) = limbs
    }

    public init(_ value: UInt64) {
        self.init(limbs: (value, 0, 0, 0))
    }

    /// The number a hash stands for when it is compared with a target: its bytes, least
    /// significant first.
    public init(_ hash: Hash256) {
        self.init(limbs: hash.words)
    }

    /// Reads up to 32 bytes, least significant first.
    public init?(littleEndian bytes: some Collection<UInt8>) {
        guard bytes.count <= 32 else { return nil }
        self = .zero
        for (index, byte) in bytes.enumerated() {
            self[limb: index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
        }
    }

    /// Reads 1 to 64 hexadecimal digits, most significant first.
    public init?(hex: String) {
        let digits = hex.utf8
        guard (1...64).contains(digits.count) else { return nil }
        self = .zero
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            self = self << 4
            w0 |= UInt64(value)
        }
    }

    public static let zero = UInt256(0)
    public static let one = UInt256(1)
    public static let max = ~zero

    /// The limb at `index`, 0 being the least significant.
    private subscript(limb index: Int) -> UInt64 {
        get {
            switch index {
            case 0: w0
            case 1: w1
            case 2: w2
            case 3: w3
            default: 0
            }
        }
        set {
            switch index {
            case 0: w0 = newValue
            case 1: w1 = newValue
            case 2: w2 = newValue
            case 3: w3 = newValue
            default: break
            }
        }
    }
}

extension UInt256 {
    /// The lowest 64 bits.
    public var lowWord: UInt64 { w0 }

    /// The place of the highest bit that is set, counted from one; 0 for zero.
    public var usedBitCount: Int {
        if w3 != 0 { return 256 - w3.leadingZeroBitCount }
        if w2 != 0 { return 192 - w2.leadingZeroBitCount }
        if w1 != 0 { return 128 - w1.leadingZeroBitCount }
        return 64 - w0.leadingZeroBitCount
    }

    /// The 32 bytes, least significant first.
    public var littleEndianBytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: self[limb: $0 / 8] >> UInt64($0 % 8 * 8)) }
    }

    /// The same 256 bits as a hash, as header search wants its target.
    public var hash: Hash256 { Hash256(words: limbs) }

    /// The 64 hexadecimal digits, most significant first.
    public var hex: String {
        var text = ""
        text.reserveCapacity(64)
        for index in (0..<4).reversed() {
            let digits = String(self[limb: index], radix: 16)
            text += String(repeating: "0", count: 16 - digits.count)
            text += digits
        }
        return text
    }

    /// The nearest floating-point number, for display only.
    public var approximateDouble: Double {
        let factor = 18_446_744_073_709_551_616.0
        return ((Double(w3) * factor + Double(w2)) * factor + Double(w1)) * factor + Double(w0)
    }
}

extension UInt256: Comparable {
    public static func < (left: UInt256, right: UInt256) -> Bool {
        if left.w3 != right.w3 { return left.w3 < right.w3 }
        if left.w2 != right.w2 { return left.w2 < right.w2 }
        if left.w1 != right.w1 { return left.w1 < right.w1 }
        return left.w0 < right.w0
    }
}

extension UInt256: CustomStringConvertible {
    public var description: String { hex }
}

extension UInt256: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) {
        self.init(value)
    }
}

// MARK: Arithmetic

extension UInt256 {
    public static prefix func ~ (value: UInt256) -> UInt256 {
        UInt256(limbs: (~value.w0, ~value.w1, ~value.w2, ~value.w3))
    }

    public static func &+ (left: UInt256, right: UInt256) -> UInt256 {
        left.addingReportingOverflow(right).sum
    }

    public static func &- (left: UInt256, right: UInt256) -> UInt256 {
        left &+ ~right &+ one
    }

    public static func &+= (left: inout UInt256, right: UInt256) {
        left = left &+ right
    }

    /// The sum modulo 2^256, and whether it lost a carry.
    public func addingReportingOverflow(_ other: UInt256) -> (sum: UInt256, overflow: Bool) {
        var sum = UInt256.zero
        var carry: UInt64 = 0
        for index in 0..<4 {
            let (part, first) = self[limb: index].addingReportingOverflow(other[limb: index])
            let (whole, second) = part.addingReportingOverflow(carry)
            sum[limb: index] = whole
            carry = first || second ? 1 : 0
        }
        return (sum, carry != 0)
    }

    public static func &* (left: UInt256, right: UInt256) -> UInt256 {
        var product = UInt256.zero
        for i in 0..<4 where left[limb: i] != 0 {
            var carry: UInt64 = 0
            for j in 0..<(4 - i) {
                let (high, low) = left[limb: i].multipliedFullWidth(by: right[limb: j])
                let (first, firstCarry) = low.addingReportingOverflow(product[limb: i + j])
                let (second, secondCarry) = first.addingReportingOverflow(carry)
                product[limb: i + j] = second
                carry = high &+ (firstCarry ? 1 : 0) &+ (secondCarry ? 1 : 0)
            }
        }
        return product
    }

    @_disfavoredOverload
    public static func &* (left: UInt256, right: UInt64) -> UInt256 {
        left &* UInt256(right)
    }

    /// The quotient rounded down. The divisor must not be zero.
    public static func / (left: UInt256, right: UInt256) -> UInt256 {
        left.quotientAndRemainder(dividingBy: right).quotient
    }

    @_disfavoredOverload
    public static func / (left: UInt256, right: UInt64) -> UInt256 {
        left / UInt256(right)
    }

    public static func % (left: UInt256, right: UInt256) -> UInt256 {
        left.quotientAndRemainder(dividingBy: right).remainder
    }

    /// Long division, a bit at a time from where the two numbers first overlap.
    public func quotientAndRemainder(
        dividingBy divisor: UInt256
    ) -> (quotient: UInt256, remainder: UInt256) {
        precondition(divisor != .zero, "division by zero")
        var quotient = UInt256.zero
        var remainder = self
        let distance = usedBitCount - divisor.usedBitCount
        guard distance >= 0 else { return (quotient, remainder) }
        var shifted = divisor << distance
        for bit in (0...distance).reversed() {
            if remainder >= shifted {
                remainder = remainder &- shifted
                quotient[limb: bit / 64] |= 1 << UInt64(bit % 64)
            }
            shifted = shifted >> 1
        }
        return (quotient, remainder)
    }

    public static func << (value: UInt256, count: Int) -> UInt256 {
        guard count < 256 else { return .zero }
        guard count > 0 else { return count == 0 ? value : value >> -count }
        let (limbs, bits) = count.quotientAndRemainder(dividingBy: 64)
        var result = UInt256.zero
        for index in limbs..<4 {
            var limb = value[limb: index - limbs] << UInt64(bits)
            if bits > 0, index > limbs {
                limb |= value[limb: index - limbs - 1] >> UInt64(64 - bits)
            }
            result[limb: index] = limb
        }
        return result
    }

    public static func >> (value: UInt256, count: Int) -> UInt256 {
        guard count < 256 else { return .zero }
        guard count > 0 else { return count == 0 ? value : value << -count }
        let (limbs, bits) = count.quotientAndRemainder(dividingBy: 64)
        var result = UInt256.zero
        for index in 0..<(4 - limbs) {
            var limb = value[limb: index + limbs] >> UInt64(bits)
            if bits > 0 { limb |= value[limb: index + limbs + 1] << UInt64(64 - bits) }
            result[limb: index] = limb
        }
        return result
    }
}

// MARK: The compact form of a header's bits

/// What the 32 bits of a header say a target is, with the two ways in which they can be no target.
public struct CompactTarget: Hashable, Sendable {
    public var value: UInt256
    /// The sign bit is set on a number that is not zero.
    public var isNegative: Bool
    /// The number has more than 256 bits; `value` holds what is left of it.
    public var isOverflow: Bool
}

extension UInt256 {
    /// Reads a header's `bits`: an exponent of 256 in the top byte, and a signed 24-bit mantissa.
    public static func decodeCompact(_ bits: UInt32) -> CompactTarget {
        let size = Int(bits >> 24)
        var word = bits & 0x007f_ffff
        let value: UInt256
        if size <= 3 {
            word >>= UInt32(8 * (3 - size))
            value = UInt256(UInt64(word))
        } else {
            value = UInt256(UInt64(word)) << (8 * (size - 3))
        }
        let isOverflow =
            word != 0
            && (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32))
        return CompactTarget(
            value: value, isNegative: word != 0 && bits & 0x0080_0000 != 0, isOverflow: isOverflow)
    }

    /// The number in a header's compact form, its lower bits cut off.
    public var compact: UInt32 {
        var size = (usedBitCount + 7) / 8
        var mantissa: UInt32
        if size <= 3 {
            mantissa = UInt32(truncatingIfNeeded: lowWord << UInt64(8 * (3 - size)))
        } else {
            mantissa = UInt32(truncatingIfNeeded: (self >> (8 * (size - 3))).lowWord)
        }
        // The mantissa is signed: one with the top bit set would read as negative.
        if mantissa & 0x0080_0000 != 0 {
            mantissa >>= 8
            size += 1
        }
        return mantissa | UInt32(size) << 24
    }
}
