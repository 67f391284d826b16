import Cryptography
import Primitives

/// Transactions whose parents are not known yet, a bounded number of them.
struct Orphanage: Sendable {
    /// Orphans kept of all peers, and of one.
    static let limit = 100
    static let limitOfOnePeer = 40
    /// Larger ones are not kept at all.
    static let maximumWeight = Weight(units: 400_000)

    struct Orphan: Sendable {
        var transaction: Transaction
        var peers: Set<PeerID>
    }

    private var orphans: [Wtxid: Orphan] = [:]
    private var order: [Wtxid] = []
    /// Orphans by the transaction they spend.
    private var children: [Txid: Set<Wtxid>] = [:]

    var count: Int { orphans.count }

    func contains(_ wtxid: Wtxid) -> Bool { orphans[wtxid] != nil }
    func transaction(_ wtxid: Wtxid) -> Transaction? { orphans[wtxid]?.transaction }

    /// Keeps an orphan; the oldest goes when there are too many.
    mutating func insert(_ transaction: Transaction, from peer: PeerID) {
        guard transaction.weight <= Self.maximumWeight else { return }
        let wtxid = transaction.wtxid
        if orphans[wtxid] != nil {
            orphans[wtxid]?.peers.insert(peer)
            return
        }
        orphans[wtxid] = Orphan(transaction: transaction.detached(), peers: [peer])
        order.append(wtxid)
        for input in transaction.inputs { children[input.outPoint.txid, default: []].insert(wtxid) }
        let own = order.filter { orphans[$0]?.peers == [peer] }
        if own.count > Self.limitOfOnePeer, let oldest = own.first { remove(oldest) }
        if orphans.count > Self.limit, let oldest = order.first { remove(oldest) }
    }

    /// The orphans that spend an output of a transaction, with a peer to blame each on.
    func children(of txid: Txid) -> [(wtxid: Wtxid, peer: PeerID)] {
        (children[txid] ?? []).sorted().compactMap { wtxid in
            orphans[wtxid]?.peers.min().map { (wtxid, $0) }
        }
    }

    mutating func remove(_ wtxid: Wtxid) {
        guard let orphan = orphans.removeValue(forKey: wtxid) else { return }
        order.removeAll { $0 == wtxid }
        for input in orphan.transaction.inputs {
            let parent = input.outPoint.txid
            children[parent]?.remove(wtxid)
            if children[parent]?.isEmpty == true { children[parent] = nil }
        }
    }

    mutating func forget(_ peer: PeerID) {
        for wtxid in order where orphans[wtxid]?.peers.contains(peer) == true {
            orphans[wtxid]?.peers.remove(peer)
            if orphans[wtxid]?.peers.isEmpty == true { remove(wtxid) }
        }
    }
}
