import Consensus
import MemoryPool
import Primitives

/// The transactions chosen for a block, best paying first, and how the choice went.
///
/// Kept, it is made anew on a pool that changed from the first chunk on that differs. The pool names
/// its chunks so that equal names mean equal chunks, so nothing needs to be told of a change.
public struct BlockSelection: Sendable {
    /// What the choice depends on beside the pool.
    struct Rules: Hashable, Sendable {
        var maxWeight: Int
        var minFeeRate: FeeRate
        /// What is kept for the coinbase.
        var reservedWeight: Int
        var reservedSigOps: Int
        /// What lock times are measured by.
        var height: Int
        var medianTimePast: Int64
    }

    /// What was added up, with what is kept for the coinbase.
    struct Sums: Sendable {
        var weight: Int
        var sigOps: Int
        var fees = Amount.zero
        /// How many transactions there are.
        var count = 0
        /// How many chunks in a row did not fit.
        var failures = 0
    }

    private struct Decision: Sendable {
        var chunk: ChunkID
        var isTaken: Bool
        var before: Sums
    }

    /// How often in a row a chunk may not fit before a nearly full block counts as full.
    private static let maximumFailures = 1000
    private static let nearlyFull = 4000

    let rules: Rules
    public private(set) var transactions: [TemplateTransaction] = []
    private(set) var sums: Sums
    private var decisions: [Decision] = []
    /// Of each transaction, its slot in the pool, and of each slot its place in the block: true
    /// where the two agree, so that nothing is to be cleared.
    private var slots: [Int32] = []
    private var places: [Int32] = []

    init(_ rules: Rules) {
        self.rules = rules
        sums = Sums(weight: rules.reservedWeight, sigOps: rules.reservedSigOps)
    }

    /// Exactly these transactions, in this order.
    init(_ rules: Rules, exactly transactions: [TemplateTransaction]) {
        self.init(rules)
        var places: [Txid: Int] = [:]
        for transaction in transactions {
            var added = transaction
            added.depends = (0..<transaction.transaction.inputs.count).compactMap {
                places[transaction.transaction.outPoint(at: $0).txid]
            }
            append(added)
            places[transaction.transaction.txid] = self.transactions.count
        }
    }

    // MARK: Choosing

    /// Makes the choice for the pool as it is now.
    mutating func renew(from pool: Mempool) {
        var order = MiningOrder(pool)
        var refused: Set<Int> = []
        keep(commonWith: &order, refused: &refused)
        let minimum = FeeFraction(fee: rules.minFeeRate.satoshisPerKvB, size: 1000)
        while !isFull, let chunk = order.next() {
            if minimum.isHigherRate(than: chunk.rate.overVirtualSize) { break }
            // It may depend on what was left out.
            if refused.contains(chunk.id.cluster) { continue }
            let members = order.members(of: chunk)
            let isTaken = fits(chunk, members)
            decisions.append(Decision(chunk: chunk.id, isTaken: isTaken, before: sums))
            if isTaken {
                sums.failures = 0
                for member in members { append(member, order) }
            } else {
                refused.insert(chunk.id.cluster)
                sums.failures += 1
            }
        }
    }

    /// Goes over what was decided last as far as the pool is still the same there, and drops the
    /// rest.
    private mutating func keep(commonWith order: inout MiningOrder, refused: inout Set<Int>) {
        var kept = 0
        while kept < decisions.count, let next = order.nextID {
            if decisions[kept].chunk == next {
                if !decisions[kept].isTaken { refused.insert(next.cluster) }
                kept += 1
            } else if !refused.contains(next.cluster) {
                break
            }
            _ = order.next()
        }
        guard kept < decisions.count else { return }
        sums = decisions[kept].before
        decisions.removeLast(decisions.count - kept)
        transactions.removeLast(transactions.count - sums.count)
        slots.removeLast(slots.count - sums.count)
    }

    private var isFull: Bool {
        sums.failures > Self.maximumFailures && sums.weight + Self.nearlyFull > rules.maxWeight
    }

    private func fits(_ chunk: MiningOrder.Chunk, _ members: [MiningOrder.Member]) -> Bool {
        let sigOps = members.reduce(0) { $0 + $1.entry.sigOpCost }
        return sums.weight + Int(chunk.rate.size) < rules.maxWeight
            && sums.sigOps + sigOps < ConsensusLimits.maximumSigOpCost
            && members.allSatisfy {
                $0.entry.transaction.isFinal(height: rules.height, time: rules.medianTimePast)
            }
    }

    // MARK: Taking

    private mutating func append(_ member: MiningOrder.Member, _ order: MiningOrder) {
        let entry = member.entry
        var added = TemplateTransaction(
            transaction: entry.transaction, fee: entry.fee, sigOpCost: entry.sigOpCost)
        if !member.parents.isEmpty {
            let parents = member.parents.map { (txid: order.txid(inSlot: $0), slot: $0) }
            added.depends = (0..<entry.transaction.inputs.count).compactMap { index in
                let txid = entry.transaction.outPoint(at: index).txid
                return parents.first { $0.txid == txid }.flatMap { place(ofSlot: $0.slot) }
            }
        }
        let slot = Int(member.slot)
        if slot >= places.count {
            places += repeatElement(0, count: max(slot + 1 - places.count, places.count))
        }
        places[slot] = Int32(transactions.count)
        slots.append(member.slot)
        append(added)
    }

    /// The place of a transaction in the block, counted from 1.
    private func place(ofSlot slot: Int32) -> Int? {
        guard Int(slot) < places.count else { return nil }
        let place = Int(places[Int(slot)])
        return place < slots.count && slots[place] == slot ? place + 1 : nil
    }

    private mutating func append(_ transaction: TemplateTransaction) {
        transactions.append(transaction)
        sums.count += 1
        sums.fees += transaction.fee
        sums.weight += transaction.transaction.weight.units
        sums.sigOps += transaction.sigOpCost
    }
}
