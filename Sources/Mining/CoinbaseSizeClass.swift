import Cryptography
import Primitives

/// How large a coinbase a machine can hold, in bytes without witness. Small devices cut longer
/// ones, and then look for blocks that are none.
public enum CoinbaseSizeClass: Int, Sendable, Hashable, CaseIterable {
    case bytes384 = 384
    case bytes755 = 755
    case bytes2250 = 2250
    case bytes6500 = 6500
    case bytes16000 = 16000

    /// The largest class within so many bytes; the smallest where there is none.
    public init(within bytes: Int) {
        self = Self.allCases.last { $0.rawValue <= bytes } ?? .bytes384
    }

    /// What a coinbase takes beside its payees and the payout commitment: version, counts, input
    /// with a script of at most 14 bytes, the witness commitment, lock time.
    static let fixedSize = 4 + 1 + (36 + 1 + 14 + 4) + 3 + (8 + 1 + 38) + 4
}

extension PayoutPlan {
    /// This plan in each size class, every limit on payees once.
    func inAllSizes(_ claims: [Claim]) -> [PayoutPlan] {
        var plans: [PayoutPlan] = []
        var limits: Set<Int> = []
        for sizeClass in [nil] + CoinbaseSizeClass.allCases.map(Optional.some) {
            var plan = self
            plan.sizeClass = sizeClass
            if limits.insert(plan.payeeLimit(claims)).inserted { plans.append(plan) }
        }
        return plans
    }
}
