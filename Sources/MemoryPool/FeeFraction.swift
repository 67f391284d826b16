/// A fee over a size, compared exactly: what a transaction, or several together, pay for their room.
///
/// Sizes are weights adjusted for signature operations unless said otherwise. Nothing is divided,
/// so two fractions that differ at all compare as different.
public struct FeeFraction: Sendable, Hashable {
    /// The fee in satoshis, with the operator's deltas; it may be negative.
    public var fee: Int64
    /// The size; never negative.
    public var size: Int64

    public init(fee: Int64, size: Int64) {
        self.fee = fee
        self.size = size
    }

    package static let empty = FeeFraction(fee: 0, size: 0)

    /// Says whether this pays strictly more for each unit of size than `other`.
    public func isHigherRate(than other: FeeFraction) -> Bool {
        Self.product(fee, other.size) > Self.product(other.fee, size)
    }

    /// Says whether both pay the same for each unit of size.
    public func isSameRate(as other: FeeFraction) -> Bool {
        Self.product(fee, other.size) == Self.product(other.fee, size)
    }

    /// The fee for one thousand virtual bytes, this being over virtual bytes, rounded down.
    public var satoshisPerKilobyte: Int64 {
        guard size > 0 else { return 0 }
        let product = Self.product(fee, 1000)
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: Int128(size))
        return Int64(clamping: remainder < 0 ? quotient - 1 : quotient)
    }

    /// The same fee over virtual bytes, this being over weight.
    public var overVirtualSize: FeeFraction {
        FeeFraction(fee: fee, size: (size &+ 3) / 4)
    }

    package static func + (left: FeeFraction, right: FeeFraction) -> FeeFraction {
        FeeFraction(fee: left.fee.addingClamped(right.fee), size: left.size &+ right.size)
    }

    private static func product(_ left: Int64, _ right: Int64) -> Int128 {
        Int128(left) &* Int128(right)
    }
}

extension Int64 {
    /// The sum, or the nearest bound where it does not fit.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        guard overflow else { return sum }
        return other > 0 ? .max : .min
    }
}

/// Compares two feerate diagrams, as Core's `CompareChunks` does.
///
/// A diagram is the cumulative fee over cumulative size of chunks in falling order of rate. One is
/// better than another if it is nowhere below it and somewhere above.
package enum FeerateDiagram {
    /// Says whether `new` is strictly better than `old`. Both hold chunks in falling order.
    package static func improves(_ new: [FeeFraction], on old: [FeeFraction]) -> Bool {
        let (above, below) = compare(new, old)
        return above && !below
    }

    /// Whether `left` lies somewhere above, and somewhere below, `right`.
    private static func compare(
        _ left: [FeeFraction], _ right: [FeeFraction]
    ) -> (above: Bool, below: Bool) {
        var above = false
        var below = false
        func look(at points: [FeeFraction], against line: [FeeFraction], isLeft: Bool) {
            var point = FeeFraction.empty
            var start = FeeFraction.empty
            var next = 0
            for chunk in points {
                point = point + chunk
                while next < line.count, start.size + line[next].size < point.size {
                    start = start + line[next]
                    next += 1
                }
                // The fee of the other diagram at this size: on a segment, or flat at its end.
                let slope = next < line.count ? line[next] : FeeFraction(fee: 0, size: 1)
                let run = point.size &- start.size
                let difference =
                    (Int128(point.fee) &- Int128(start.fee)) &* Int128(slope.size)
                    &- Int128(slope.fee) &* Int128(run)
                if difference == 0 { continue }
                if (difference > 0) == isLeft { above = true } else { below = true }
            }
        }
        look(at: left, against: right, isLeft: true)
        look(at: right, against: left, isLeft: false)
        return (above, below)
    }
}
