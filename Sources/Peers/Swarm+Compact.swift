import Consensus
import Cryptography
import Primitives
import Wire

/// Blocks that are put together from what the pool holds (BIP152).
extension Swarm {
    /// How many peers announce blocks by compact block, without being asked.
    static let announcerLimit = 3
    /// How many peers may be asked for what is missing of one block.
    static let rebuildLimit = 3
    /// How far above the tip a block may be that the pool is thought to be of use for.
    static let compactReach = 2

    /// What is known of blocks in compact form.
    struct CompactDownloads: Sendable {
        enum State: Sendable {
            /// The peer was asked for what is missing.
            case asked(PartialBlock)
            /// What came together was not the block; it was asked for as a whole.
            case failed
        }

        /// The peers that announce by compact block, who was of use last at the end.
        var announcers: [PeerID] = []
        var states: [HeaderTree.Node: [PeerID: State]] = [:]

        mutating func forget(_ node: HeaderTree.Node, of id: PeerID?) {
            guard let id else {
                states[node] = nil
                return
            }
            states[node]?[id] = nil
            if states[node]?.isEmpty == true { states[node] = nil }
        }

        mutating func forget(_ id: PeerID) {
            announcers.removeAll { $0 == id }
            for node in states.keys { forget(node, of: id) }
        }
    }

    // MARK: - Received

    mutating func takeCompact(_ block: CompactBlock, from id: PeerID, at now: Duration) {
        guard !settings.isBlocksOnly else {
            log("peer=\(id) sent us a compact block even though we are blocksonly!")
            return
        }
        guard peers[id]?.announcing.providesCompact == true else {
            log("peer=\(id) sent us a compact block despite never having sent us a SENDCMPCT!")
            return
        }
        guard let parent = tree.find(block.header.previous) else {
            if !isInitialDownload { askForHeaders(id, from: tree.best, at: now) }
            return
        }
        guard claimedWork(of: [block.header], on: parent) >= workThreshold else {
            log("Ignoring low-work compact block from peer \(id)")
            return
        }
        peers[id]?.compact = block
        ask(.submitHeaders([block.header]), for: id)
    }

    /// The chain has judged the header of a block in compact form.
    mutating func judged(
        _ verdict: HeadersVerdict, headerOf block: CompactBlock, of id: PeerID, at now: Duration
    ) {
        if let rejection = verdict.rejection {
            let offence = "invalid header via cmpctblock: \(rejection)"
            blame(verdict.blame, id, offence, isCompact: true)
            return
        }
        guard let hash = verdict.last, let node = tree.find(hash) else { return }
        noteAvailable(hash, of: id)
        guard !tree.hasData(node), downloads.judging[node] == nil else {
            // Nothing more is asked of it.
            return finishDownload(node, from: id, at: now)
        }
        let isRequested = downloads.source[node] == id
        guard isRequested || downloads.compact.announcers.contains(id) else {
            log(
                "peer=\(id), not marked as high-bandwidth, sent us an unsolicited compact block!")
            return
        }
        guard tree.chainWork(node) > tree.chainWork(tree.tip), !tree.wasReceived(node) else {
            if isRequested { requestWhole(node, from: id) }
            return
        }
        guard downloads.source[node] != nil || canFetchDirectly(at: now) else { return }
        if tree.height(node) <= tree.height(tree.tip) + Self.compactReach {
            rebuild(block, node, from: id, at: now)
        } else if isRequested {
            requestWhole(node, from: id)
        } else {
            fetchDirectly(toward: node, from: id, at: now)
        }
    }

    /// Looks what is at hand of a block.
    private mutating func rebuild(
        _ block: CompactBlock, _ node: HeaderTree.Node, from id: PeerID, at now: Duration
    ) {
        guard downloads.compact.states[node]?[id] == nil else {
            log("Peer sent us compact block we were already syncing!")
            return
        }
        // Where no more may be asked of anybody, what the pool holds may still be all of it.
        let mayAsk = mayDownload(node, from: id)
        guard block.isWhole else {
            guard mayAsk else { return }
            finishDownload(node, from: id, at: now)
            misbehave(id, "invalid compact block")
            return
        }
        if mayAsk, downloads.source[node] == nil { startDownload(node, from: id, at: now) }
        guard CompactBlockMatcher(block) != nil else {
            if mayAsk, downloads.source[node] == id { requestWhole(node, from: id) }
            return
        }
        peers[id]?.compact = block
        ask(.findTransactions(block), for: id)
    }

    /// The pool has given what it holds of a block.
    mutating func takeFound(_ found: [Int: Transaction], of id: PeerID, at now: Duration) {
        guard let block = peers[id]?.compact, let node = tree.find(block.header.hash) else {
            return
        }
        peers[id]?.compact = nil
        // It may have come from another meanwhile.
        guard !tree.hasData(node), downloads.judging[node] == nil else {
            return finishDownload(node, from: id, at: now)
        }
        let partial = PartialBlock(block, found)
        let missing = partial.missing
        if missing.isEmpty {
            complete(partial, by: [], node, from: id, at: now)
        } else if downloads.source[node] == id || mayAskBeside(node, id) {
            downloads.compact.states[node, default: [:]][id] = .asked(partial)
            let request = BlockTransactionsRequest(block: block.header.hash, indexes: missing)
            send(.getBlockTransactions(request), to: id)
        }
    }

    /// What was missing of a block came.
    mutating func takeMissing(
        _ answer: BlockTransactionsAnswer, from id: PeerID, at now: Duration
    ) {
        guard let node = tree.find(answer.block), let state = downloads.compact.states[node]?[id]
        else {
            log("Peer \(id) sent us block transactions for block we weren't expecting")
            return
        }
        switch state {
        case .asked(let partial):
            do {
                // One more than are missing shows that there are too many.
                let rest = try answer.transactions(limit: partial.missing.count + 1)
                complete(partial, by: rest, node, from: id, at: now)
            } catch {
                logMalformed("blocktxn", size: answer.payload.count, error, from: id)
            }
        case .failed:
            finishDownload(node, from: id, at: now)
            misbehave(id, "previous compact block reconstruction attempt failed")
        }
    }

    private mutating func complete(
        _ partial: PartialBlock, by rest: [Transaction], _ node: HeaderTree.Node,
        from id: PeerID, at now: Duration
    ) {
        guard let block = partial.completed(by: rest) else {
            finishDownload(node, from: id, at: now)
            misbehave(id, "invalid compact block/non-matching block transactions")
            return
        }
        do {
            try checkMutation(of: block)
        } catch {
            // Nobody need be to blame: short ids collide.
            downloads.compact.forget(node, of: id)
            guard downloads.source[node] == id else { return }
            downloads.compact.states[node, default: [:]][id] = .failed
            requestWhole(node, from: id)
            return
        }
        log("Successfully reconstructed block \(block.hash.displayHex)")
        finishDownload(node, from: id, at: now)
        peers[id]?.sync.rebuilt.insert(block.hash)
        // Its work was looked at before its transactions were.
        submit(block, node, from: id, wasRequested: true, isWorkChecked: true)
    }

    private mutating func requestWhole(_ node: HeaderTree.Node, from id: PeerID) {
        send(.getData([InventoryItem(.witnessBlock, tree.hash(node))]), to: id)
    }

    // MARK: - Whom to ask

    /// How many peers are asked for a block.
    private func sources(of node: HeaderTree.Node) -> Int {
        let source = downloads.source[node]
        let others = downloads.compact.states[node]?.keys.count { $0 != source } ?? 0
        return others + (source == nil ? 0 : 1)
    }

    private func mayDownload(_ node: HeaderTree.Node, from id: PeerID) -> Bool {
        if downloads.source[node] == id { return true }
        guard sources(of: node) < Self.rebuildLimit, let peer = peers[id] else { return false }
        let beside = downloads.compact.states.count {
            $0.value[id] != nil && downloads.source[$0.key] != id
        }
        return peer.sync.inFlight.count + beside < Self.inFlightLimit
    }

    /// Whether another than the first may be asked for what is missing. The last place is kept for
    /// a peer that we chose, while none is asked: those that chose us may be one and the same.
    private func mayAskBeside(_ node: HeaderTree.Node, _ id: PeerID) -> Bool {
        guard downloads.compact.announcers.contains(id), let peer = peers[id],
            mayDownload(node, from: id)
        else { return false }
        if !peer.isInbound || sources(of: node) < Self.rebuildLimit - 1 { return true }
        let asked =
            [downloads.source[node]].compactMap { $0 }
            + (downloads.compact.states[node].map { Array($0.keys) } ?? [])
        return asked.contains { peers[$0]?.isInbound == false }
    }

    // MARK: - Who announces

    /// Has a peer announce blocks by compact block from now on, since it was the first to send one
    /// that is now the tip. Of those that do, one that we chose is kept if there is but one.
    mutating func chooseAnnouncer(_ id: PeerID) {
        guard !settings.isBlocksOnly, let peer = peers[id], peer.announcing.providesCompact else {
            return
        }
        var announcers = downloads.compact.announcers
        if let place = announcers.firstIndex(of: id) {
            announcers.append(announcers.remove(at: place))
            downloads.compact.announcers = announcers
            return
        }
        let chosen = announcers.filter { peers[$0]?.isInbound == false }
        if peer.isInbound, announcers.count >= Self.announcerLimit, chosen.count == 1,
            announcers.first == chosen.first
        {
            announcers.swapAt(0, 1)
        }
        announcers.append(id)
        send(.sendCompact(announces: true, version: 2), to: id)
        if announcers.count > Self.announcerLimit {
            send(.sendCompact(announces: false, version: 2), to: announcers.removeFirst())
        }
        downloads.compact.announcers = announcers
    }
}
