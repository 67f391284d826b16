/// A sum of money in satoshis. One that came from outside need not be money yet: see `isMoney`.
public struct Amount: Hashable, Sendable {
    public var satoshis: Int64

    public init(satoshis: Int64) { self.satoshis = satoshis }

    public static let zero = Amount(satoshis: 0)

    /// One bitcoin.
    public static let coin = Amount(satoshis: 100_000_000)

    /// The most there can be, 21 million bitcoins (Core's `MAX_MONEY`, a rule of its own).
    public static let max = Amount(satoshis: 21_000_000 * 100_000_000)

    /// Whether it lies between nothing and all there can be.
    public var isMoney: Bool { satoshis >= 0 && satoshis <= Self.max.satoshis }

    /// The sum, or nil where it overflows.
    public func adding(_ other: Amount) -> Amount? {
        let (sum, overflow) = satoshis.addingReportingOverflow(other.satoshis)
        return overflow ? nil : Amount(satoshis: sum)
    }

    /// For amounts known to be money, whose sums and differences cannot overflow.
    public static func + (left: Amount, right: Amount) -> Amount {
        Amount(satoshis: left.satoshis &+ right.satoshis)
    }

    /// For amounts known to be money, whose sums and differences cannot overflow.
    public static func - (left: Amount, right: Amount) -> Amount {
        Amount(satoshis: left.satoshis &- right.satoshis)
    }

    public static func += (left: inout Amount, right: Amount) { left = left + right }
    public static func -= (left: inout Amount, right: Amount) { left = left - right }
}

extension Amount: Comparable {
    public static func < (left: Amount, right: Amount) -> Bool { left.satoshis < right.satoshis }
}

extension Amount: CustomStringConvertible {
    /// Satoshis, as a number.
    public var description: String { "\(satoshis) sat" }
}

extension Sequence where Element == Amount {
    /// The sum, or nil where a term or a partial sum is not money, so that it cannot overflow.
    public func sum() -> Amount? {
        var total = Amount.zero
        for amount in self {
            guard amount.isMoney else { return nil }
            total += amount
            guard total.isMoney else { return nil }
        }
        return total
    }
}
