/// Block weight of BIP141: three times the stripped size plus the whole.
public struct Weight: Hashable, Sendable, Comparable {
    public var units: Int

    public init(units: Int) { self.units = units }

    /// A byte without witness discount.
    public static let perByte = 4

    /// What a block may weigh at most.
    public static let maximumBlock = Weight(units: 4_000_000)

    /// The virtual size: a quarter of the weight, rounded up, in virtual bytes.
    public var virtualSize: Int { (units &+ 3) / 4 }

    public static func < (left: Weight, right: Weight) -> Bool { left.units < right.units }
    public static func + (left: Weight, right: Weight) -> Weight {
        Weight(units: left.units &+ right.units)
    }
}

/// A fee for size, in satoshis per 1,000 virtual bytes as Core counts.
public struct FeeRate: Hashable, Sendable, Comparable {
    public var satoshisPerKvB: Int64

    public init(satoshisPerKvB: Int64) { self.satoshisPerKvB = satoshisPerKvB }

    public static let zero = FeeRate(satoshisPerKvB: 0)

    /// The fee for so many virtual bytes, rounded up (as Core does since 29.0).
    ///
    /// Rates and sizes that overflow the product are answered with the largest fee.
    public func fee(virtualSize: Int) -> Amount {
        let (high, low) = satoshisPerKvB.multipliedFullWidth(by: Int64(virtualSize))
        guard high == (Int64(bitPattern: low) >> 63) else { return Amount(satoshis: .max) }
        let product = Int64(bitPattern: low)
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: 1000)
        return Amount(satoshis: remainder > 0 ? quotient &+ 1 : quotient)
    }

    public static func < (left: FeeRate, right: FeeRate) -> Bool {
        left.satoshisPerKvB < right.satoshisPerKvB
    }
}
