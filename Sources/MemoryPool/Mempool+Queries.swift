public import Consensus
public import Cryptography
public import Primitives

extension Mempool {
    // MARK: One transaction

    public func contains(txid: Txid) -> Bool { byTxid[txid] != nil }
    public func contains(wtxid: Wtxid) -> Bool { byWtxid[wtxid] != nil }

    public subscript(txid: Txid) -> MempoolEntry? { byTxid[txid].map { slots[Int($0)].entry } }
    public func entry(wtxid: Wtxid) -> MempoolEntry? { byWtxid[wtxid].map { slots[Int($0)].entry } }

    public func transaction(txid: Txid) -> Transaction? { self[txid]?.transaction }
    public func transaction(wtxid: Wtxid) -> Transaction? { entry(wtxid: wtxid)?.transaction }

    /// The coin that a transaction of the pool makes; nil where none does. It may be spent already.
    public func coin(_ point: OutPoint) -> Coin? {
        guard let slot = byTxid[point.txid] else { return nil }
        let outputs = slots[Int(slot)].entry.transaction.outputs
        guard Int(point.index) < outputs.count else { return nil }
        return Coin(
            output: outputs[Int(point.index)], height: Coin.mempoolHeight, isCoinbase: false)
    }

    /// The transaction here that spends a coin.
    public func spender(of point: OutPoint) -> Txid? {
        spenders[point].map { slots[Int($0)].entry.txid }
    }

    public func isSpent(_ point: OutPoint) -> Bool { spenders[point] != nil }

    // MARK: Kin

    /// All it depends on here, itself not among them, by txid.
    public func ancestors(of txid: Txid) -> [Txid]? {
        byTxid[txid].map { kin(of: $0) { collectAncestors(of: $0, into: &$1) } }
    }

    /// All that depend on it, itself not among them, by txid.
    public func descendants(of txid: Txid) -> [Txid]? {
        byTxid[txid].map { kin(of: $0) { collectDescendants(of: $0, into: &$1) } }
    }

    /// All connected with it, itself among them, in the order to mine them.
    public func cluster(of txid: Txid) -> ClusterSummary? {
        guard let slot = byTxid[txid], let cluster = clusters[slots[Int(slot)].cluster] else {
            return nil
        }
        return ClusterSummary(
            weight: Int(cluster.weight),
            chunks: cluster.chunks.map { chunk in
                ClusterSummary.Chunk(
                    rate: chunk.rate,
                    txids: cluster.members[Int(chunk.start)..<Int(chunk.end)].map {
                        slots[Int($0)].entry.txid
                    })
            })
    }

    private func kin(of slot: Int32, _ collect: (Int32, inout Set<Int32>) -> Void) -> [Txid] {
        var found: Set<Int32> = []
        collect(slot, &found)
        found.remove(slot)
        return found.sorted { tieBreak($0) < tieBreak($1) }.map { slots[Int($0)].entry.txid }
    }

    /// All that `getmempoolentry` shows.
    public func summary(of txid: Txid) -> EntrySummary? {
        guard let slot = byTxid[txid] else { return nil }
        let place = slots[Int(slot)]
        guard let cluster = clusters[place.cluster] else { return nil }
        var ancestors: Set<Int32> = []
        collectAncestors(of: slot, into: &ancestors)
        var descendants: Set<Int32> = []
        collectDescendants(of: slot, into: &descendants)
        return EntrySummary(
            entry: place.entry, ancestors: sums(of: ancestors), descendants: sums(of: descendants),
            chunk: cluster.chunks[Int(place.chunk)].rate,
            // As Core's sets are: parents in the order of their names as text, children of bytes.
            depends: place.parents.map { slots[Int($0)].entry.txid }.sorted(),
            spentBy: place.children.map { slots[Int($0)].entry.txid }
                .sorted { TieBreak($0) < TieBreak($1) },
            signalsReplacement: ancestors.contains {
                slots[Int($0)].entry.transaction.signalsReplacement
            },
            isUnbroadcast: unbroadcast.contains(txid))
    }

    private func sums(of set: Set<Int32>) -> EntrySummary.Sums {
        var sums = EntrySummary.Sums(count: set.count, virtualSize: 0, fees: 0)
        for slot in set {
            sums.virtualSize += slots[Int(slot)].entry.virtualSize
            sums.fees = sums.fees.addingClamped(slots[Int(slot)].entry.modifiedFee)
        }
        return sums
    }

    // MARK: All of them

    /// All entries in the order to mine them: best paying first, parents before children.
    public func allEntries() -> [MempoolEntry] { slotsByScore().map { slots[Int($0)].entry } }

    /// The transactions of which the hashes that cover their witnesses are wanted, in no order.
    public func transactions(
        where isWanted: (Wtxid) -> Bool
    ) -> [(wtxid: Wtxid, transaction: Transaction)] {
        byWtxid.compactMap { wtxid, slot in
            isWanted(wtxid) ? (wtxid, slots[Int(slot)].entry.transaction) : nil
        }
    }

    /// All txids in the order to mine them.
    public var txidsByScore: [Txid] { slotsByScore().map { slots[Int($0)].entry.txid } }

    /// Those of `wtxids` that are here, in the order to announce them: that of mining.
    public func relayOrder(_ wtxids: [Wtxid]) -> [Wtxid] {
        let present = Set(wtxids.compactMap { byWtxid[$0] })
        return present.sorted(by: precedes).map { slots[Int($0)].entry.wtxid }
    }

    private func slotsByScore() -> [Int32] {
        var ordered: [Int32] = []
        ordered.reserveCapacity(count)
        var position = ChunkOrder.Position()
        while let item = order.item(at: position) {
            order.advance(&position)
            guard let members = clusters[item.id.cluster]?.members else { continue }
            ordered += members[Int(item.chunk.start)..<Int(item.chunk.end)]
        }
        return ordered
    }

    private func precedes(_ left: Int32, _ right: Int32) -> Bool {
        let one = slots[Int(left)]
        let other = slots[Int(right)]
        if one.cluster == other.cluster { return one.position < other.position }
        guard let chunk = clusters[one.cluster]?.chunks[Int(one.chunk)],
            let rival = clusters[other.cluster]?.chunks[Int(other.chunk)]
        else { return false }
        return chunk.precedes(rival)
    }

    // MARK: What the operator says

    /// Treats a transaction, here or still to come, as if it paid `delta` satoshis more.
    public mutating func prioritise(_ txid: Txid, by delta: Int64) {
        let total = (deltas[txid] ?? 0).addingClamped(delta)
        deltas[txid] = total == 0 ? nil : total
        guard let slot = byTxid[txid] else { return }
        slots[Int(slot)].entry.modifiedFee =
            slots[Int(slot)].entry.modifiedFee.addingClamped(delta)
        updates &+= 1
        unsettled.insert(slots[Int(slot)].cluster)
        settle()
    }

    /// Remembers that no peer has asked for a transaction of our own yet.
    public mutating func addUnbroadcast(_ txid: Txid) {
        if contains(txid: txid) { unbroadcast.insert(txid) }
    }

    public mutating func removeUnbroadcast(_ txid: Txid) { unbroadcast.remove(txid) }
}

/// A cluster as it would be mined.
public struct ClusterSummary: Sendable {
    public struct Chunk: Sendable {
        /// Modified fees over adjusted weights.
        public var rate: FeeFraction
        public var txids: [Txid]
    }

    /// Adjusted weights together.
    public var weight: Int
    public var chunks: [Chunk]
}

/// An entry and its kin in the pool.
public struct EntrySummary: Sendable {
    /// Of a transaction and all its ancestors, or descendants, here.
    public struct Sums: Sendable {
        public var count: Int
        public var virtualSize: Int
        /// Modified fees, in satoshis.
        public var fees: Int64
    }

    public var entry: MempoolEntry
    public var ancestors: Sums
    public var descendants: Sums
    /// The chunk it would be mined in: modified fees over adjusted weights.
    public var chunk: FeeFraction
    public var depends: [Txid]
    public var spentBy: [Txid]
    /// Whether it, or something it depends on here, announced that it may be replaced (BIP125).
    public var signalsReplacement: Bool
    public var isUnbroadcast: Bool
}

extension Transaction {
    /// Whether an input announces that the transaction may be replaced (BIP125).
    public var signalsReplacement: Bool {
        (0..<inputs.count).contains { sequence(at: $0) <= 0xffff_fffd }
    }
}
