import Consensus
import MemoryPool
import Primitives

/// A walk over the pool's chunks, best paying first, that decides which of them a block takes.
struct BlockChoice: Sendable {
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

        init(_ rules: Rules) {
            weight = rules.reservedWeight
            sigOps = rules.reservedSigOps
        }
    }

    /// What was decided on a chunk.
    struct Decision: Sendable {
        var chunk: ChunkID
        var isTaken = false
        /// Nil as long as the chunk was too heavy: then nobody looked.
        var contents: Contents?
    }

    /// What a chunk adds to a block.
    struct Contents: Sendable {
        var count = 0
        var weight = 0
        var sigOps = 0
        var isFinal = true
        var fees = Amount.zero
    }

    /// How often in a row a chunk may not fit before a nearly full block counts as full.
    private static let maximumFailures = 1000
    private static let nearlyFull = 4000

    let rules: Rules
    private(set) var sums: Sums
    /// How many transactions were taken.
    private(set) var count = 0
    private(set) var decisions: [Decision] = []
    /// Of each decision of the walk before, its number in this, if its chunk was taken in both; else
    /// `BlockPlaces.none`.
    private(set) var numbers: [Int32]
    /// The transactions taken that were not before, parents first.
    private(set) var arrivals: [BlockPlaces.Arrival] = []

    private var failures = 0
    private var refused: Set<Int> = []

    // MARK: Walking

    /// Decides on the chunks of `order`. What is decided on one depends on those before it only by
    /// the sums and by what of its cluster was left out, so one that was decided on before and is
    /// still there need not be looked at again.
    init(_ rules: Rules, after before: [Decision], in order: MiningOrder) {
        self.rules = rules
        sums = Sums(rules)
        numbers = Array(repeating: BlockPlaces.none, count: before.count)
        decisions.reserveCapacity(before.count + before.count / 16)
        let minimum = FeeFraction(fee: rules.minFeeRate.satoshisPerKvB, size: 1000)
        var walk = order
        // Both follow one strict order, so what of `before` is still in the pool comes in turn.
        var next = 0
        var awaited = -1
        while !isFull, let chunk = walk.next() {
            while next < before.count, next != awaited, before[next].chunk != chunk.id {
                if order.hasCluster(before[next].chunk.cluster) {
                    awaited = next
                } else {
                    next += 1
                }
            }
            if next < before.count, before[next].chunk == chunk.id {
                decide(on: chunk, after: before[next], number: next, in: order)
                next += 1
            } else if minimum.isHigherRate(than: chunk.rate.overVirtualSize) {
                break
            } else {
                decide(on: chunk, after: Decision(chunk: chunk.id), number: nil, in: order)
            }
        }
    }

    private var isFull: Bool {
        failures > Self.maximumFailures && sums.weight + Self.nearlyFull > rules.maxWeight
    }

    private mutating func decide(
        on chunk: MiningOrder.Chunk, after before: Decision, number: Int?, in order: MiningOrder
    ) {
        // It may depend on what was left out.
        if !refused.isEmpty, refused.contains(chunk.id.cluster) { return }
        let arrived = arrivals.count
        var decision = before
        decision.isTaken = false
        let hasRoom = sums.weight + Int(chunk.rate.size) < rules.maxWeight
        if let known = before.contents, before.isTaken || !fits(known) {
            decision.isTaken = hasRoom && fits(known)
        } else if hasRoom {
            let contents = takeIn(order.slots(of: chunk), in: order)
            decision.contents = contents
            decision.isTaken = fits(contents)
        }
        if decision.isTaken, let contents = decision.contents {
            failures = 0
            add(contents)
            if let number, before.isTaken { numbers[number] = Int32(decisions.count) }
        } else {
            failures += 1
            refused.insert(chunk.id.cluster)
            arrivals.removeLast(arrivals.count - arrived)
        }
        decisions.append(decision)
    }

    private func fits(_ contents: Contents) -> Bool {
        contents.isFinal && sums.sigOps + contents.sigOps < ConsensusLimits.maximumSigOpCost
    }

    /// Looks at transactions as at such that will be taken, by the decision that is next.
    private mutating func takeIn(_ slots: ArraySlice<Int32>, in order: MiningOrder) -> Contents {
        var found = Contents()
        for slot in slots {
            let entry = order.entry(inSlot: slot)
            let transaction = entry.transaction
            found.count += 1
            found.weight += entry.weight
            found.sigOps += entry.sigOpCost
            found.fees += entry.fee
            found.isFinal =
                found.isFinal
                && transaction.isFinal(height: rules.height, time: rules.medianTimePast)
            arrivals.append(
                BlockPlaces.Arrival(
                    chosen: TemplateTransaction(
                        transaction: transaction, fee: entry.fee, sigOpCost: entry.sigOpCost),
                    slot: slot, decision: Int32(decisions.count)))
        }
        return found
    }

    private mutating func add(_ contents: Contents) {
        count += contents.count
        sums.weight += contents.weight
        sums.sigOps += contents.sigOps
        sums.fees += contents.fees
    }
}
