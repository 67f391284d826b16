public import Primitives

/// How hard shares are: a number of hashes, and what it is as a target and as a difficulty.
///
/// All sums are of hashes, whole numbers. Difficulty is only what miners are told.
public enum ShareWork {
    /// The easiest share: half of all hashes are one.
    public static let least: UInt64 = 2

    /// The hashes a share of difficulty 1 takes: 2^256 over the target 0xffff * 2^208.
    private static let perDifficulty = 281_474_976_710_656.0 / 65_535.0

    /// The largest hash that is a share of `work` hashes.
    public static func target(_ work: UInt64) -> UInt256 { .max / max(work, 1) }

    /// The difficulty that miners are told; their own reckoning gives the same target.
    public static func difficulty(_ work: UInt64) -> Double { Double(work) / perDifficulty }

    /// The hashes a difficulty stands for, within what a share may have.
    public static func work(difficulty: Double) -> UInt64 {
        let work = difficulty * perDifficulty
        guard work > Double(least) else { return least }
        return work < Double(UInt64.max / 2) ? UInt64(work.rounded()) : .max / 2
    }

    /// The hashes a block of these bits takes.
    public static func work(bits: UInt32) -> UInt64 {
        let target = UInt256.decodeCompact(bits)
        guard !target.isNegative, !target.isOverflow, target.value != .zero else { return .max / 2 }
        let next = target.value &+ .one
        guard next != .zero else { return 1 }
        let work = ~target.value / next &+ .one
        return work.usedBitCount > 63 ? .max / 2 : work.lowWord
    }
}
