import Consensus
import Cryptography
import Genesis
import Primitives
import Wire

extension Swarm {
    /// Blocks asked of one peer at a time.
    static let inFlightLimit = 16
    /// Of the next blocks more are asked for when no more than so many are on their way: many small
    /// blocks then come, and are judged, together.
    static let inFlightRefill = 8
    /// Bytes of blocks that may be judged at a time, of all peers; one of each may in any case.
    static let judgingLimit = 8 << 20
    /// How far beyond the last block in common blocks are fetched.
    static let window = 1024
    /// Blocks of which it is remembered who sent them.
    static let senderLimit = 1024
    static let stallLimits = Duration.seconds(2)...Duration.seconds(64)
    /// What we serve as a limited peer, and two for the way.
    static let limitedServiceDepth = 288 + 2
    /// What a limited peer serves, less two for the way.
    static let limitedDepth = 288 - 2

    // MARK: - Receiving

    mutating func takeBlock(_ block: Block, from id: PeerID, at now: Duration) {
        log("received block \(block.hash.displayHex) peer=\(id)")
        let node = tree.find(block.hash)
        do {
            try checkMutation(of: block)
        } catch {
            log("Block mutated: \(error)")
            if let node { finishDownload(node, from: id, at: now) }
            misbehave(id, "mutated block")
            return
        }
        let wasRequested = node.map { downloads.source[$0] != nil } ?? false
        if let node { finishDownload(node, from: id, at: now) }
        let parent = tree.find(block.header.previous)
        let isWorkChecked = parent.map {
            claimedWork(of: [block.header], on: $0) >= workThreshold
        }
        submit(
            block, node, from: id, wasRequested: wasRequested,
            isWorkChecked: isWorkChecked ?? false)
    }

    /// Hands a block to the chain.
    mutating func submit(
        _ block: Block, _ node: HeaderTree.Node?, from id: PeerID, wasRequested: Bool,
        isWorkChecked: Bool
    ) {
        // Until it is judged nobody else need be asked for it.
        if let node, !tree.hasData(node), downloads.judging[node] == nil {
            downloads.judging[node] = id
        }
        peers[id]?.inbox.judging[block.hash] = block.totalSize
        actions.append(
            .submit(id, block, wasRequested: wasRequested, isWorkChecked: isWorkChecked))
    }

    /// Whether a block may be handled while others of its peer are judged: if this very peer was
    /// asked for it and has not sent it already, and not too many wait. Judged side by side they take
    /// less time than one after the other.
    func mayBeJudged(_ hash: BlockHash, from id: PeerID) -> Bool {
        guard let node = tree.find(hash), downloads.source[node] == id,
            peers[id]?.inbox.judging[hash] == nil
        else { return false }
        let waiting = peers.values.reduce(0) { $0 + $1.inbox.judging.values.reduce(0, +) }
        return waiting < Self.judgingLimit
    }

    /// Throws where a block is not the one its header was mined for. It is told before anything is
    /// made of it, so that no peer can stand between us and the true one; where its parent is
    /// unknown it cannot be told whether witnesses count.
    func checkMutation(of block: Block) throws(BlockError) {
        guard let parent = tree.find(block.header.previous) else { return }
        let height = tree.height(parent) + 1
        try block.checkMutation(
            checkingWitness: settings.network.consensus.isActive(.segwit, at: height))
    }

    mutating func judged(_ verdict: BlockVerdict, of id: PeerID, at now: Duration) {
        let node = tree.find(verdict.hash)
        if let node { downloads.judging[node] = nil }
        let isCompact = peers[id]?.sync.rebuilt.remove(verdict.hash) != nil
        if let rejection = verdict.rejection {
            blame(
                verdict.blame, id, "invalid block received: \(rejection)", isCompact: isCompact)
            return
        }
        if verdict.isNew {
            peers[id]?.traffic.lastBlock = now
            remember(Downloads.Sender(peer: id, isCompact: isCompact), of: verdict.hash)
            // Near the tip, and the best there is, since nothing else is under way.
            if !isInitialDownload, downloads.source.isEmpty, let node, tree.isActive(node) {
                chooseAnnouncer(id)
            }
        }
        noteAvailable(verdict.hash, of: id)
    }

    private mutating func remember(_ sender: Downloads.Sender, of hash: BlockHash) {
        guard downloads.senders.updateValue(sender, forKey: hash) == nil else { return }
        downloads.senderOrder.append(hash)
        if downloads.senderOrder.count > Self.senderLimit {
            downloads.senders[downloads.senderOrder.removeFirst()] = nil
        }
    }

    /// Blames whoever sent a block that was found invalid later, as Bitcoin Core's `mapBlockSource`
    /// does.
    mutating func blockFailed(_ verdict: BlockVerdict) {
        guard let sender = downloads.senders[verdict.hash], peers[sender.peer] != nil,
            let rejection = verdict.rejection
        else { return }
        blame(
            verdict.blame, sender.peer, "invalid block received: \(rejection)",
            isCompact: sender.isCompact)
        // No message of its own is under way, after which it would be punished.
        punish(sender.peer)
    }

    // MARK: - What is under way

    private func isUnderWay(_ node: HeaderTree.Node) -> Bool {
        downloads.source[node] != nil || downloads.judging[node] != nil
    }

    mutating func startDownload(_ node: HeaderTree.Node, from id: PeerID, at now: Duration) {
        guard downloads.source[node] == nil else { return }
        downloads.source[node] = id
        if peers[id]?.sync.inFlight.isEmpty == true {
            peers[id]?.sync.downloadingSince = now
            downloads.peerCount += 1
        }
        peers[id]?.sync.inFlight.append(node)
    }

    /// The block came, from the peer that was asked or another.
    mutating func finishDownload(_ node: HeaderTree.Node, from sender: PeerID?, at now: Duration) {
        downloads.compact.forget(node, of: sender)
        guard let id = downloads.source[node], sender == nil || sender == id else { return }
        downloads.source[node] = nil
        guard let place = peers[id]?.sync.inFlight.firstIndex(of: node) else { return }
        if place == 0 { peers[id]?.sync.downloadingSince = now }
        peers[id]?.sync.inFlight.remove(at: place)
        if peers[id]?.sync.inFlight.isEmpty == true { downloads.peerCount -= 1 }
        peers[id]?.sync.stallingSince = nil
    }

    // MARK: - Choosing what to fetch

    /// Near the tip new blocks are asked for at once from whoever announced them.
    func canFetchDirectly(at now: Duration) -> Bool {
        let spacing = settings.network.consensus.spacing
        let age = now.components.seconds - Int64(tree.time(tree.tip))
        return age < spacing.multipliedReportingOverflow(by: 20).partialValue
    }

    mutating func fetchDirectly(
        toward last: HeaderTree.Node, from id: PeerID, at now: Duration
    ) {
        guard canFetchDirectly(at: now), !tree.isInvalid(last), let peer = peers[id],
            tree.chainWork(tree.tip) <= tree.chainWork(last), peer.servesWitnesses
        else { return }
        var wanted: [HeaderTree.Node] = []
        var at = last
        while !tree.isActive(at), wanted.count <= Self.inFlightLimit {
            if !tree.hasData(at), !isUnderWay(at) { wanted.append(at) }
            guard let parent = tree.parent(at) else { return }
            at = parent
        }
        guard tree.isActive(at) else {
            log("Large reorg, won't direct fetch to \(tree.hash(last).displayHex)")
            return
        }
        let room = Self.inFlightLimit - peer.sync.inFlight.count
        let chosen = wanted.reversed().prefix(max(room, 0))
        // What builds on the tip is mostly in the pool already.
        let isCompact =
            chosen.count == 1 && downloads.source.isEmpty && !settings.isBlocksOnly
            && peer.announcing.providesCompact
            && (tree.parent(last).map { tree.isActive($0) } ?? false)
        request(Array(chosen), isCompact ? .compactBlock : .witnessBlock, from: id, at: now)
    }

    private mutating func request(
        _ nodes: [HeaderTree.Node], _ kind: InventoryItem.Kind = .witnessBlock, from id: PeerID,
        at now: Duration
    ) {
        guard !nodes.isEmpty else { return }
        for node in nodes {
            startDownload(node, from: id, at: now)
            log("Requesting block \(tree.hash(node).displayHex) (\(tree.height(node))) peer=\(id)")
        }
        send(.getData(nodes.map { InventoryItem(kind, tree.hash($0)) }), to: id)
    }

    /// Asks a peer for the next blocks it has and we lack, side by side with other peers.
    mutating func fetchBlocks(_ id: PeerID, isSyncPeer: Bool, at now: Duration) {
        guard let peer = peers[id], peer.servesBlocks, peer.servesWitnesses,
            (isSyncPeer && !peer.isLimited) || !isInitialDownload
        else { return }
        guard peer.sync.inFlight.count <= Self.inFlightRefill else { return }
        let room = Self.inFlightLimit - peer.sync.inFlight.count
        let (nodes, staller) = nextBlocks(for: id, limit: room)
        request(nodes, from: id, at: now)
        request(nextHistory(for: id, limit: room - nodes.count), from: id, at: now)
        if peers[id]?.sync.inFlight.isEmpty == true, let staller,
            peers[staller]?.sync.stallingSince == nil
        {
            peers[staller]?.sync.stallingSince = now
            log("Stall started peer=\(staller)")
        }
    }

    /// The next blocks toward the best a peer has, and the peer that holds up the window if
    /// there is none.
    private mutating func nextBlocks(
        for id: PeerID, limit: Int
    ) -> (nodes: [HeaderTree.Node], staller: PeerID?) {
        resolveUnknown(id)
        guard let peer = peers[id], let best = peer.sync.bestKnown,
            tree.chainWork(best) >= tree.chainWork(tree.tip),
            tree.chainWork(best) >= settings.minimumChainWork
        else { return ([], nil) }
        var common = commonBlock(of: peer, best)
        defer { peers[id]?.sync.lastCommon = common }
        guard common != best else { return ([], nil) }

        let end = tree.height(common) + Self.window
        let top = min(tree.height(best), end + 1)
        var nodes: [HeaderTree.Node] = []
        var waitingFor: PeerID?
        var height = tree.height(common)
        while height < top {
            // Read in runs: to find an ancestor costs about as much as a hundred steps back.
            let run = path(to: best, from: height + 1, count: min(top - height, 128))
            for node in run {
                if tree.isInvalid(node) { return (nodes, nil) }
                if tree.hasData(node) || tree.isActive(node) {
                    if tree.isConnectable(node) { common = node }
                    continue
                }
                if isUnderWay(node) {
                    waitingFor = waitingFor ?? downloads.source[node]
                    continue
                }
                if tree.height(node) > end {
                    return (nodes, nodes.isEmpty && waitingFor != id ? waitingFor : nil)
                }
                if peer.isLimited, tree.height(best) - tree.height(node) >= Self.limitedDepth {
                    continue
                }
                nodes.append(node)
                if nodes.count == limit { return (nodes, nil) }
            }
            height += run.count
            if run.isEmpty { break }
        }
        return (nodes, nil)
    }

    /// The next blocks that are missing below coins from outside, which come after all others.
    private func nextHistory(for id: PeerID, limit: Int) -> [HeaderTree.Node] {
        guard limit > 0, let history, let peer = peers[id], !peer.isLimited,
            let base = tree.find(history.base), let tip = tree.find(history.tip),
            let best = peer.sync.bestKnown, tree.isAncestor(base, of: best)
        else { return [] }
        let start = tree.height(tree.lastCommonAncestor(tip, base))
        let top = min(tree.height(base), start + Self.window)
        var nodes: [HeaderTree.Node] = []
        var height = start
        while height < top {
            let run = path(to: base, from: height + 1, count: min(top - height, 128))
            for node in run where !tree.hasData(node) && !isUnderWay(node) {
                if tree.isInvalid(node) { return nodes }
                nodes.append(node)
                if nodes.count == limit { return nodes }
            }
            height += run.count
            if run.isEmpty { break }
        }
        return nodes
    }

    private func commonBlock(of peer: Peer, _ best: HeaderTree.Node) -> HeaderTree.Node {
        let fork = tree.lastCommonAncestor(best, tree.tip)
        guard let last = peer.sync.lastCommon, tree.isAncestor(last, of: best),
            tree.chainWork(fork) <= tree.chainWork(last)
        else { return fork }
        return last
    }

    /// Headers of a chain in order, from a height on.
    func path(to best: HeaderTree.Node, from height: Int, count: Int) -> [HeaderTree.Node] {
        guard var at = tree.ancestor(of: best, height: height + count - 1) else { return [] }
        var nodes = [at]
        while nodes.count < count, let parent = tree.parent(at) {
            nodes.append(parent)
            at = parent
        }
        return nodes.reversed()
    }

    // MARK: - Patience

    /// Leaves a peer that holds up the download.
    mutating func checkDownload(_ id: PeerID, at now: Duration) {
        guard let sync = peers[id]?.sync else { return }
        if let since = sync.stallingSince, since < now - downloads.stallLimit {
            leave(id, "Peer is stalling block download", level: .info)
            // It may be our own line that is slow: be more patient with the next.
            let limit = min(downloads.stallLimit * 2, Self.stallLimits.upperBound)
            if limit != downloads.stallLimit {
                downloads.stallLimit = limit
                log(
                    "Increased stalling timeout temporarily to \(limit.components.seconds) seconds")
            }
            return
        }
        if let first = sync.inFlight.first {
            let spacing = Double(settings.network.consensus.spacing)
            let patience = spacing * (1 + 0.5 * Double(max(downloads.peerCount - 1, 0)))
            if now > sync.downloadingSince + .seconds(patience) {
                leave(id, "Timeout downloading block \(tree.hash(first).displayHex)", level: .info)
                return
            }
        }
        checkHeadersDeadline(id, sync, at: now)
    }

    private mutating func checkHeadersDeadline(
        _ id: PeerID, _ sync: Peer.Sync, at now: Duration
    ) {
        guard sync.isStarted, let deadline = sync.headersDeadline else { return }
        guard now - .seconds(Int64(tree.time(tree.best))) >= .seconds(86_400) else {
            peers[id]?.sync.headersDeadline = nil
            return
        }
        let preferred = peers.values.count { $0.sync.isPreferred && $0.id != id }
        let started = peers.values.count { $0.sync.isStarted }
        guard now > deadline, started == 1, preferred >= 1 else { return }
        if peers[id]?.isNoBan == true {
            log(
                .info,
                "Timeout downloading headers from noban peer, not disconnecting peer=\(id)")
            // Another may be asked now, and this one again by and by.
            peers[id]?.sync.isStarted = false
            peers[id]?.sync.headersDeadline = nil
        } else {
            leave(id, "Timeout downloading headers", level: .info)
        }
    }

    /// Becomes less patient again with each block that is connected, in whole seconds.
    mutating func shortenStallLimit(after blocks: Int) {
        for _ in 0..<blocks where downloads.stallLimit > Self.stallLimits.lowerBound {
            let seconds = (downloads.stallLimit * 0.85).components.seconds
            downloads.stallLimit = max(.seconds(seconds), Self.stallLimits.lowerBound)
            log(
                "Decreased stalling timeout to \(downloads.stallLimit.components.seconds) seconds")
        }
    }

    /// Leaves an outbound peer whose chain stays behind ours.
    mutating func checkLag(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id], peer.connection.kind.isAutomaticSync, peer.sync.isStarted,
            !peer.sync.isProtected
        else { return }
        let best = peer.sync.bestKnown.map { tree.chainWork($0) } ?? .zero
        if peer.sync.bestKnown != nil, best >= tree.chainWork(tree.tip) {
            peers[id]?.sync.lagDeadline = nil
            peers[id]?.sync.lagBenchmark = nil
            peers[id]?.sync.hasAskedLaggard = false
            return
        }
        let hasCaughtUp = peer.sync.lagBenchmark.map {
            peer.sync.bestKnown != nil && best >= tree.chainWork($0)
        }
        guard let deadline = peer.sync.lagDeadline, hasCaughtUp != true else {
            peers[id]?.sync.lagDeadline = now + .seconds(20 * 60)
            peers[id]?.sync.lagBenchmark = tree.tip
            peers[id]?.sync.hasAskedLaggard = false
            return
        }
        guard now > deadline else { return }
        if peer.sync.hasAskedLaggard {
            leave(id, "Outbound peer has old chain", level: .info)
        } else {
            let benchmark = peer.sync.lagBenchmark ?? tree.tip
            askForHeaders(id, from: tree.parent(benchmark) ?? benchmark, at: now)
            peers[id]?.sync.hasAskedLaggard = true
            peers[id]?.sync.lagDeadline = now + Self.headersAnswerTime
        }
    }
}
