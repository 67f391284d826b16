public import Genesis
public import Primitives

extension ConsensusParameters {
    /// The bits after a period, by how long the period took.
    ///
    /// The time runs from the first block of the period to the last, one spacing short of a whole
    /// period: an old mistake all have to share.
    ///
    /// - Parameter bits: those of the block the rule starts from.
    public func bits(
        afterPeriodOf bits: UInt32, firstTime: Int64, lastTime: Int64
    ) -> UInt32 {
        let time = min(max(lastTime - firstTime, timespan / 4), timespan * 4)
        let target = UInt256.decodeCompact(bits).value &* UInt64(time) / UInt64(timespan)
        return min(target, powLimit).compact
    }

    /// Whether a header chain may go from one target to the next, by what the times could have
    /// been at most. Says yes where it cannot tell.
    ///
    /// - Parameter height: that of the block with `newBits`.
    public func isPermittedTransition(
        at height: Int, from oldBits: UInt32, to newBits: UInt32
    ) -> Bool {
        if allowsMinimumDifficulty { return true }
        switch retargeting {
        case .asert: return true
        case .none, .bitcoin, .bip94: break
        }
        guard height % adjustmentInterval == 0 else { return oldBits == newBits }
        let old = UInt256.decodeCompact(oldBits).value
        let new = UInt256.decodeCompact(newBits).value
        func rounded(_ target: UInt256) -> UInt256 {
            UInt256.decodeCompact(min(target, powLimit).compact).value
        }
        let easiest = rounded(old &* UInt64(timespan * 4) / UInt64(timespan))
        let hardest = rounded(old &* UInt64(timespan / 4) / UInt64(timespan))
        return hardest <= new && new <= easiest
    }
}

/// Absolutely scheduled exponentially rising targets, aserti3-2d as Bitcoin Cash published it.
///
/// The target is the anchor's times 2 to the power of (time ahead of schedule / half-life), the
/// power taken as 1 + a cubic polynomial with 16 bits after the point.
public enum ASERT {
    /// The target of the block that follows the one looked at.
    ///
    /// - Parameters:
    ///   - anchorTarget: at most 239 bits.
    ///   - timeDelta: seconds from the anchor's parent to the block looked at.
    ///   - heightDelta: blocks from the anchor to the block looked at.
    public static func target(
        anchorTarget: UInt256, spacing: Int64, timeDelta: Int64, heightDelta: Int64,
        limit: UInt256, halfLife: Int64
    ) -> UInt256 {
        // Times have 32 bits and heights 31, but the spacing and the factor take it past 64.
        let behind = Int128(timeDelta) - Int128(spacing) * (Int128(heightDelta) + 1)
        let exponent = behind * 65536 / Int128(halfLife)
        let shift = exponent >> 16
        if shift > 256 { return limit }
        if shift < -512 { return .one }
        let fraction = UInt64(truncatingIfNeeded: exponent & 0xffff)
        let square = fraction * fraction
        let polynomial =
            195_766_423_245_049 * fraction + 971_821_376 * square + 5127 * square * fraction
            + 1 << 47
        let product = anchorTarget &* (65536 + polynomial >> 48)
        let places = Int(shift) - 16
        var target: UInt256
        if places <= 0 {
            target = product >> -places
        } else {
            target = product << places
            if target >> places != product { target = limit }
        }
        if target == .zero { target = .one }
        return min(target, limit)
    }
}
