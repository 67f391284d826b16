public import Consensus
public import Primitives

extension Mempool {
    /// Takes out what a new block of the active chain confirms, and what conflicts with it.
    public mutating func blockConnected(_ block: Block, now: Int64) {
        blockConnected(transactions: block.transactions, now: now)
    }

    mutating func blockConnected(
        transactions: some RandomAccessCollection<Transaction>, now: Int64
    ) {
        rollingFee.blockConnected(now: now)
        guard !isEmpty || !deltas.isEmpty else { return }
        for transaction in transactions {
            if let slot = byTxid[transaction.txid] { detach(slot, reason: .block) }
            for index in 0..<transaction.inputs.count {
                guard let rival = spenders[transaction.outPoint(at: index)] else { continue }
                deltas[slots[Int(rival)].entry.txid] = nil
                var doomed: Set<Int32> = []
                collectDescendants(of: rival, into: &doomed)
                for slot in doomed.sorted() { detach(slot, reason: .conflict) }
            }
            deltas[transaction.txid] = nil
        }
        settle()
    }

    /// Takes out a transaction, here or not, with all that depend on it.
    public mutating func removeRecursive(_ transaction: Transaction, reason: RemovalReason) {
        var doomed: Set<Int32> = []
        if let slot = byTxid[transaction.txid] {
            collectDescendants(of: slot, into: &doomed)
        } else {
            for index in 0..<transaction.outputs.count {
                let point = OutPoint(txid: transaction.txid, index: UInt32(index))
                if let child = spenders[point] { collectDescendants(of: child, into: &doomed) }
            }
        }
        remove(doomed, reason: reason)
    }

    // MARK: After a reorganisation

    /// The coins of the chain that `reorganised` wants: all that are spent here.
    public func coinsToRecheck() -> [OutPoint] {
        spenders.keys.filter { byTxid[$0.txid] == nil }
    }

    /// Makes the pool fit a new tip that does not descend from the old one, once the transactions
    /// of the disconnected blocks were put back or removed.
    ///
    /// Takes out what is no longer final or mature, or lost its coins, and cuts clusters and pool to
    /// their limits.
    public mutating func reorganised(
        in context: ChainContext, with gathered: GatheredCoins, locks: SequenceLocks
    ) {
        trimClusters()
        var doomed: Set<Int32> = []
        for slot in byTxid.values where !fits(slots[Int(slot)].entry, context, gathered, locks) {
            collectDescendants(of: slot, into: &doomed)
        }
        remove(doomed, reason: .reorg)
        limitSize(now: context.now)
    }

    private func fits(
        _ entry: MempoolEntry, _ context: ChainContext, _ gathered: GatheredCoins,
        _ locks: SequenceLocks
    ) -> Bool {
        let transaction = entry.transaction
        let next = context.tipHeight + 1
        guard transaction.isFinal(height: next, time: context.medianTimePast),
            let coins = try? coins(of: transaction, gathered: gathered)
        else { return false }
        for coin in coins where coin.isCoinbase {
            guard next - coin.height >= context.coinbaseMaturity else { return false }
        }
        return (try? checkLocks(of: transaction, spending: coins, in: context, locks: locks)) != nil
    }

    /// Cuts clusters that outgrew the limits while blocks were put back: the best paying that still
    /// can be held together stay.
    mutating func trimClusters() {
        for (_, cluster) in clusters where cluster.isOversized {
            let doomed = excess(of: cluster)
            for slot in doomed.sorted() { detach(slot, reason: .sizeLimit) }
        }
        settle()
    }

    /// What to take out of a cluster so that the rest falls in clusters within the limits.
    private func excess(of cluster: Cluster) -> Set<Int32> {
        let limit = Int64(policy.clusterVirtualSize) * 4
        var groups = Groups()
        var excess = Set(cluster.members)
        var ready = cluster.members.filter { slots[Int($0)].parents.isEmpty }
        while let best = ready.indices.max(by: {
            rate(ready[$1]).isHigherRate(than: rate(ready[$0]))
        }) {
            let slot = ready.remove(at: best)
            let weight = Int64(slots[Int(slot)].entry.adjustedWeight)
            let parents = slots[Int(slot)].parents
            guard
                groups.join(
                    slot, weight: weight, with: parents, count: policy.clusterCount, limit: limit)
            else { continue }
            excess.remove(slot)
            for child in slots[Int(slot)].children
            where slots[Int(child)].parents.allSatisfy({ !excess.contains($0) }) {
                ready.append(child)
            }
        }
        return excess
    }

    private func rate(_ slot: Int32) -> FeeFraction { slots[Int(slot)].entry.rate }
}

/// Slots joined in groups of bounded count and weight.
private struct Groups {
    private var leader: [Int32: Int32] = [:]
    private var sizes: [Int32: (count: Int, weight: Int64)] = [:]

    /// Joins a slot with its parents' groups, or answers that they would be too large together.
    mutating func join(
        _ slot: Int32, weight: Int64, with parents: [Int32], count: Int, limit: Int64
    ) -> Bool {
        let groups = Set(parents.map { find($0) })
        var total = (count: 1, weight: weight)
        for group in groups {
            guard let size = sizes[group] else { continue }
            total.count += size.count
            total.weight += size.weight
        }
        guard total.count <= count, total.weight <= limit else { return false }
        leader[slot] = slot
        for group in groups {
            leader[group] = slot
            sizes[group] = nil
        }
        sizes[slot] = total
        return true
    }

    private func find(_ slot: Int32) -> Int32 {
        var current = slot
        while let next = leader[current], next != current { current = next }
        return current
    }
}
