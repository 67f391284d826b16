import Primitives

/// The rate below which nothing is let in after the pool was full: raised by each eviction, and
/// halved every twelve hours once a block has come (Core's `GetMinFee`).
struct RollingFee: Sendable {
    static let halfLife: Double = 12 * 3600

    /// In satoshis per 1,000 virtual bytes.
    private var rate: Double = 0
    private var updated: Int64 = 0
    private var hasSeenBlock = false

    mutating func blockConnected(now: Int64) {
        updated = now
        hasSeenBlock = true
    }

    /// Raises the rate to that of what was evicted.
    mutating func evicted(satoshisPerKvB: Int64) {
        guard Double(satoshisPerKvB) > rate else { return }
        rate = Double(satoshisPerKvB)
        hasSeenBlock = false
    }

    /// The rate at `now`, decayed; the pool empties faster where it is nearly empty.
    mutating func decay(now: Int64, usage: Int, limit: Int, incremental: FeeRate) {
        guard hasSeenBlock, rate != 0, now > updated &+ 10 else { return }
        var halfLife = Self.halfLife
        if usage < limit / 4 {
            halfLife /= 4
        } else if usage < limit / 2 {
            halfLife /= 2
        }
        rate *= Self.powerOfHalf(Double(now &- updated) / halfLife)
        updated = now
        if rate < Double(incremental.satoshisPerKvB) / 2 { rate = 0 }
    }

    func minimum(incremental: FeeRate) -> FeeRate {
        // A fee that was raised for a miner may be anything.
        let whole = Int64(exactly: rate.rounded(.toNearestOrAwayFromZero)) ?? .max
        let rounded = FeeRate(satoshisPerKvB: whole)
        guard hasSeenBlock, rate != 0 else { return rounded }
        return max(rounded, incremental)
    }

    /// Two to the power of minus `exponent`, which is not negative.
    private static func powerOfHalf(_ exponent: Double) -> Double {
        guard exponent < 1000 else { return 0 }
        let whole = exponent.rounded(.down)
        // e to the minus x, x at most ln 2: the series converges to the last bit in 20 terms.
        let x = (exponent - whole) * 0.693_147_180_559_945_309_417
        var term = 1.0
        var sum = 1.0
        for step in 1...20 {
            term *= -x / Double(step)
            sum += term
        }
        return Double(sign: .plus, exponent: -Int(whole), significand: sum)
    }
}
