import MemoryPool
import Primitives

/// The transactions chosen for a block, and how the choice went.
///
/// Kept, it is made anew on a pool that has changed, at the cost of what differs. The pool names
/// its chunks so that equal names mean equal chunks, so nothing needs to be told of a change. What
/// is chosen is what would be with nothing kept; only the order may be another.
public struct BlockSelection: Sendable {
    /// A block of fewer transactions is always in the order of the choice, as Core's are: to make
    /// it from nothing takes no longer than to look what has changed in a large one.
    static let orderedCount = 500

    let rules: BlockChoice.Rules
    private let orderedCount: Int
    private(set) var sums: BlockChoice.Sums
    private var decisions: [BlockChoice.Decision] = []
    private var places = BlockPlaces()

    init(_ rules: BlockChoice.Rules, orderedCount: Int = Self.orderedCount) {
        self.rules = rules
        self.orderedCount = orderedCount
        sums = BlockChoice.Sums(rules)
    }

    /// Exactly these transactions, in this order.
    init(_ rules: BlockChoice.Rules, exactly transactions: [TemplateTransaction]) {
        self.init(rules)
        places = BlockPlaces(exactly: transactions)
        for transaction in transactions {
            sums.weight += transaction.transaction.weight.units
            sums.sigOps += transaction.sigOpCost
            sums.fees += transaction.fee
        }
    }

    public var transactions: TemplateTransactions { places.transactions }

    /// Makes the choice for the pool as it is now.
    mutating func renew(from pool: Mempool) {
        let order = MiningOrder(pool)
        if !renew(in: order) {
            self = BlockSelection(rules, orderedCount: orderedCount)
            _ = renew(in: order)
        }
    }

    /// Returns false where it is to be made from nothing.
    private mutating func renew(in order: MiningOrder) -> Bool {
        let before = transactions.count
        let choice = BlockChoice(rules, after: decisions, in: order)
        let isSame = choice.arrivals.isEmpty && choice.count == before
        if before > 0, !isSame, min(before, choice.count) < orderedCount { return false }
        decisions = choice.decisions
        sums = choice.sums
        return places.renew(numbers: choice.numbers, arrivals: choice.arrivals, in: order)
    }
}
