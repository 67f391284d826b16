import Cryptography
import Primitives
import Wire

extension Swarm {
    /// Blocks told of after one change of the tip; a peer that lacks more syncs by itself.
    static let announcedLimit = 8

    /// Takes over what changed in the chain, and queues what is to be told of it.
    mutating func follow(_ update: ChainUpdate, at now: Duration) {
        for record in update.records {
            tree.update(record)
            if record.hasData, let node = tree.find(record.hash) {
                finishDownload(node, from: nil, at: now)
            }
        }
        let old = tree.tip
        let wasInitialDownload = isInitialDownload
        tree.setTip(update.tip)
        history = update.history
        isInitialDownload = update.isInitialDownload
        guard tree.tip != old || wasInitialDownload != isInitialDownload else { return }
        if tree.tip != old {
            rejected.removeAll()
            underpaying.removeAll()
            chain.tipChangedAt = now
            shortenStallLimit(after: max(1, tree.height(tree.tip) - tree.height(old)))
            // What a block confirmed that is no longer of the chain may be announced again.
            if tree.lastCommonAncestor(old, tree.tip) != old { confirmed.removeAll() }
            for block in update.connected { settle(block) }
            if !isInitialDownload { queueAnnouncement(from: old) }
        }
        for id in ids { step(id, at: now) }
    }

    /// Drops what a block confirmed from what is waited for.
    private mutating func settle(_ block: ConnectedBlock) {
        chain.recentHeaders[block.hash] = block.header
        chain.recentOrder.append(block.hash)
        if chain.recentOrder.count > 4 * Self.announcedLimit {
            chain.recentHeaders[chain.recentOrder.removeFirst()] = nil
        }
        for name in block.transactions {
            confirmed.insert(name.txid)
            confirmed.insert(name.wtxid)
            requests.forget(name.txid)
            requests.forget(name.wtxid)
        }
        let count = orphanage.remove(spending: block.spends)
        if count > 0 {
            log("Erased \(count) orphan transaction(s) included or conflicted by block")
        }
    }

    private mutating func queueAnnouncement(from old: HeaderTree.Node) {
        let fork = tree.lastCommonAncestor(old, tree.tip)
        var hashes: [BlockHash] = []
        var at = tree.tip
        while at != fork, hashes.count < Self.announcedLimit, let parent = tree.parent(at) {
            hashes.append(tree.hash(at))
            at = parent
        }
        for id in ids { peers[id]?.announcing.byHeaders += hashes.reversed() }
    }

    // MARK: - Telling of blocks

    /// Announces new blocks to a peer: by header where it knows the one before, else by hash.
    mutating func announceBlocks(_ id: PeerID) {
        guard let hashes = peers[id]?.announcing.byHeaders, !hashes.isEmpty else { return }
        peers[id]?.announcing.byHeaders = []
        resolveUnknown(id)
        guard let peer = peers[id] else { return }
        if let found = newHeaders(for: peer, hashes) {
            guard let last = found.last else { return }
            if found.count == 1, peer.announcing.wantsCompact {
                actions.append(.ask(id, .announceCompact(tree.hash(last))))
                peers[id]?.announcing.lastSent = last
                return
            }
            let headers = found.compactMap { chain.recentHeaders[tree.hash($0)] }
            if peer.announcing.prefersHeaders, headers.count == found.count {
                send(.headers(headers), to: id)
                peers[id]?.announcing.lastSent = last
                return
            }
        }
        // The tip alone by its hash: the peer will ask for what lies before it.
        if let hash = hashes.last, let node = tree.find(hash), !has(peer, node) {
            peers[id]?.announcing.byInventory.append(hash)
        }
    }

    /// The headers a peer lacks, where they join what it has; nil where they do not.
    private func newHeaders(for peer: Peer, _ hashes: [BlockHash]) -> [HeaderTree.Node]? {
        let announcing = peer.announcing
        guard announcing.prefersHeaders || (announcing.wantsCompact && hashes.count == 1),
            hashes.count <= Self.announcedLimit
        else { return nil }
        var found: [HeaderTree.Node] = []
        var last: HeaderTree.Node?
        for hash in hashes {
            guard let node = tree.find(hash), tree.isActive(node) else { return nil }
            let parent = tree.parent(node)
            if let last, parent != last { return nil }
            last = node
            if !found.isEmpty {
                found.append(node)
            } else if has(peer, node) {
                continue
            } else if let parent, has(peer, parent) {
                found.append(node)
            } else {
                return nil
            }
        }
        return found
    }

    mutating func announceByInventory(_ id: PeerID) {
        guard let hashes = peers[id]?.announcing.byInventory, !hashes.isEmpty else { return }
        peers[id]?.announcing.byInventory = []
        send(.inventory(hashes.map { InventoryItem(.block, $0) }), to: id)
    }
}
