public import Cryptography
public import Primitives

/// What the bits of a header promise, and whether its hash keeps the promise.
public enum ProofOfWork {
    /// The target that `bits` stand for; nil where they stand for none, or one easier than `limit`.
    public static func target(bits: UInt32, limit: UInt256) -> UInt256? {
        let target = UInt256.decodeCompact(bits)
        guard !target.isNegative, !target.isOverflow, target.value != .zero, target.value <= limit
        else { return nil }
        return target.value
    }

    /// Whether `hash` is at most the target of `bits`, and that target no easier than `limit`.
    public static func check(hash: BlockHash, bits: UInt32, limit: UInt256) -> Bool {
        guard let target = target(bits: bits, limit: limit) else { return false }
        return UInt256(hash) <= target
    }

    /// The number of hashes one needs on average to meet the target of `bits`; 0 where it is none.
    public static func work(bits: UInt32) -> UInt256 {
        let target = UInt256.decodeCompact(bits)
        guard !target.isNegative, !target.isOverflow, target.value != .zero else { return .zero }
        // 2^256 / (target + 1), which would not fit: the same as ~target / (target + 1) + 1.
        let next = target.value &+ .one
        guard next != .zero else { return .one }
        return ~target.value / next &+ .one
    }

    /// How much harder the target of `bits` is than the easiest one mainnet can have.
    public static func difficulty(bits: UInt32) -> Double {
        var shift = Int(bits >> 24)
        var difficulty = Double(0x0000_ffff) / Double(bits & 0x00ff_ffff)
        while shift < 29 {
            difficulty *= 256
            shift += 1
        }
        while shift > 29 {
            difficulty /= 256
            shift -= 1
        }
        return difficulty
    }
}
