import Cryptography
package import Primitives

/// Transactions whose parents are not known yet, a bounded number of them.
///
/// Each is kept on account of the peers that sent it. Who is within his share loses none on account
/// of others: where there are too many in all, the oldest goes of the peer that exceeds its share
/// most (Core's `TxOrphanage`).
package struct Orphanage: Sendable {
    /// What all that are kept may cost to look through, as `Orphan.score` counts it.
    static let scoreLimit = 3000
    /// What a peer may keep, in units of weight; together as much for each peer.
    package static let shareOfWeight = 404_000
    /// Larger ones are not kept at all.
    static let maximumWeight = Weight(units: 400_000)

    package struct Orphan: Sendable {
        package let transaction: Transaction
        package fileprivate(set) var peers: Set<PeerID>
        package let weight: Int

        init(_ transaction: Transaction) {
            self.transaction = transaction
            peers = []
            weight = transaction.weight.units
        }

        /// What a peer's keeping it costs: more for each ten inputs.
        var score: Int { 1 + transaction.inputs.count / 10 }
    }

    /// What is kept on account of a peer.
    private struct Share {
        /// The oldest first.
        var order: [Wtxid] = []
        var weight = 0
        var score = 0

        /// How far the share is exceeded, in parts of a million.
        func excess(over limit: Int) -> Int {
            max(score * 1_000_000 / limit, weight * 1_000_000 / Orphanage.shareOfWeight)
        }
    }

    private var orphans: [Wtxid: Orphan] = [:]
    private var shares: [PeerID: Share] = [:]
    /// Orphans by what they spend.
    private var spenders: [OutPoint: Set<Wtxid>] = [:]
    private var weight = 0
    private var score = 0

    package init() {}

    package var count: Int { orphans.count }
    package var all: [Orphan] { orphans.sorted { $0.key < $1.key }.map(\.value) }

    package func contains(_ wtxid: Wtxid) -> Bool { orphans[wtxid] != nil }
    func transaction(_ wtxid: Wtxid) -> Transaction? { orphans[wtxid]?.transaction }

    /// Keeps an orphan on account of a peer; false if it is already, or is too large.
    @discardableResult
    package mutating func insert(_ transaction: Transaction, from peer: PeerID) -> Bool {
        guard transaction.weight <= Self.maximumWeight else { return false }
        let wtxid = transaction.wtxid
        if orphans[wtxid] == nil {
            let orphan = Orphan(transaction.detached())
            orphans[wtxid] = orphan
            weight += orphan.weight
            for input in transaction.inputs { spenders[input.outPoint, default: []].insert(wtxid) }
        }
        guard let orphan = orphans[wtxid], !orphan.peers.contains(peer) else { return false }
        orphans[wtxid]?.peers.insert(peer)
        shares[peer, default: Share()].order.append(wtxid)
        shares[peer]?.weight += orphan.weight
        shares[peer]?.score += orphan.score
        score += orphan.score
        trim()
        return true
    }

    /// The orphans that spend an output of a transaction, each with the peers it is kept for.
    package func children(of transaction: Transaction) -> [(wtxid: Wtxid, peers: [PeerID])] {
        let txid = transaction.txid
        var found: Set<Wtxid> = []
        for index in transaction.outputs.indices {
            let point = OutPoint(txid: txid, index: UInt32(clamping: index))
            if let children = spenders[point] { found.formUnion(children) }
        }
        return found.sorted().compactMap { wtxid in
            orphans[wtxid].map { (wtxid, $0.peers.sorted()) }
        }
    }

    package mutating func remove(_ wtxid: Wtxid) {
        guard let orphan = orphans[wtxid] else { return }
        for peer in orphan.peers { drop(wtxid, of: peer) }
        trim()
    }

    /// Removes all that spend what was spent otherwise; tells how many.
    package mutating func remove(spending points: [OutPoint]) -> Int {
        guard !orphans.isEmpty else { return 0 }
        let old = count
        for point in points {
            for wtxid in spenders[point] ?? [] { remove(wtxid) }
        }
        return old - count
    }

    package mutating func forget(_ peer: PeerID) {
        for wtxid in shares[peer]?.order ?? [] { drop(wtxid, of: peer) }
        // Where there are fewer peers, less is kept.
        trim()
    }

    /// Keeps an orphan no longer on account of a peer, and not at all if it was the last.
    private mutating func drop(_ wtxid: Wtxid, of peer: PeerID) {
        guard let orphan = orphans[wtxid], orphan.peers.contains(peer) else { return }
        score -= orphan.score
        shares[peer]?.weight -= orphan.weight
        shares[peer]?.score -= orphan.score
        if let place = shares[peer]?.order.firstIndex(of: wtxid) {
            shares[peer]?.order.remove(at: place)
        }
        if shares[peer]?.order.isEmpty == true { shares[peer] = nil }
        orphans[wtxid]?.peers.remove(peer)
        guard orphans[wtxid]?.peers.isEmpty == true else { return }
        orphans[wtxid] = nil
        weight -= orphan.weight
        for input in orphan.transaction.inputs {
            spenders[input.outPoint]?.remove(wtxid)
            if spenders[input.outPoint]?.isEmpty == true { spenders[input.outPoint] = nil }
        }
    }

    private mutating func trim() {
        while score > Self.scoreLimit || weight > Self.shareOfWeight * max(1, shares.count) {
            // There may be more peers than that.
            let limit = max(1, Self.scoreLimit / max(1, shares.count))
            let worst = shares.max {
                ($0.value.excess(over: limit), $0.key) < ($1.value.excess(over: limit), $1.key)
            }
            guard let worst, let oldest = worst.value.order.first else { return }
            drop(oldest, of: worst.key)
        }
    }
}
