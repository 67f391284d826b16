import Consensus
import Cryptography
import Genesis
import Primitives
import Wire

/// A header and its hash, which was reckoned already.
typealias HashedHeader = (header: BlockHeader, hash: BlockHash)

extension Swarm {
    /// A peer has no longer than this to answer `getheaders`, then others may be sent again.
    static let headersAnswerTime = Duration.seconds(120)

    /// What a chain of headers must weigh before it is kept: anyone can make light ones.
    var workThreshold: UInt256 {
        let tip = tree.tip
        let work = tree.chainWork(tip)
        let slack = tree.work(tip) &* UInt64(144)
        return max(work &- min(slack, work), settings.minimumChainWork)
    }

    mutating func takeHeaders(_ headers: [BlockHeader], from id: PeerID, at now: Duration) {
        guard !headers.isEmpty else {
            // The peer has nothing to give, be it that it turned to our own chain.
            peers[id]?.headersSync = nil
            peers[id]?.sync.lastGetHeaders = nil
            return
        }
        guard let pairs = checked(headers, from: id) else { return }
        let isFull = headers.count >= WireLimits.maximumHeaders
        guard let proven = advanceSync(pairs, isFull: isFull, of: id, at: now) else {
            takeUnproven(pairs, isFull: isFull, from: id, at: now)
            return
        }
        guard !proven.isEmpty else { return }
        submit(proven, isFull: isFull, of: id)
    }

    /// Headers of which it is not known whether their chain has work enough.
    private mutating func takeUnproven(
        _ pairs: [HashedHeader], isFull: Bool, from id: PeerID, at now: Duration
    ) {
        guard let first = pairs.first, let last = pairs.last else { return }
        guard let parent = tree.find(first.header.previous) else {
            // An announcement that came before what it builds on.
            if askForHeaders(id, from: tree.best, at: now) {
                log(
                    "received header \(first.hash.displayHex): missing prev block "
                        + "\(first.header.previous.displayHex), sending getheaders "
                        + "(\(tree.height(tree.best))) to end (peer=\(id))")
            }
            noteAvailable(last.hash, of: id)
            return
        }
        peers[id]?.sync.lastGetHeaders = nil
        let isKnownGood = tree.find(last.hash).map {
            tree.isAncestor($0, of: tree.best) || tree.isActive($0)
        }
        let headers = pairs.map(\.header)
        if isKnownGood != true, peers[id]?.isNoBan != true,
            claimedWork(of: headers, on: parent) < workThreshold
        {
            guard isFull else {
                log(
                    "Ignoring low-work chain (height=\(tree.height(parent) + headers.count)) "
                        + "from peer=\(id)")
                return
            }
            beginSync(from: parent, of: id, at: now)
            _ = advanceSync(pairs, isFull: isFull, of: id, at: now)
            return
        }
        submit(headers, isFull: isFull, of: id)
    }

    /// The work of a chain, were its headers to keep all rules.
    func claimedWork(of headers: [BlockHeader], on parent: HeaderTree.Node) -> UInt256 {
        headers.reduce(tree.chainWork(parent)) {
            let (sum, overflow) = $0.addingReportingOverflow(ProofOfWork.work(bits: $1.bits))
            return overflow ? .max : sum
        }
    }

    private mutating func submit(_ headers: [BlockHeader], isFull: Bool, of id: PeerID) {
        let isFollowed = peers[id]?.headersSync != nil
        peers[id]?.pending = Peer.PendingHeaders(
            isFull: isFull, isFollowed: isFollowed, best: tree.best)
        ask(.submitHeaders(headers), for: id)
    }

    /// Checks what costs work to forge, before anything else is done: proof of work and order.
    private mutating func checked(_ headers: [BlockHeader], from id: PeerID) -> [HashedHeader]? {
        var pairs: [HashedHeader] = []
        pairs.reserveCapacity(headers.count)
        for header in headers {
            let hash = header.hash
            guard
                ProofOfWork.check(
                    hash: hash, bits: header.bits, limit: settings.network.consensus.powLimit)
            else {
                misbehave(id, "header with invalid proof of work")
                return nil
            }
            if let last = pairs.last, header.previous != last.hash {
                misbehave(id, "non-continuous headers sequence")
                return nil
            }
            pairs.append((header, hash))
        }
        return pairs
    }

    /// The chain has judged the headers.
    mutating func judged(_ verdict: HeadersVerdict, of id: PeerID, at now: Duration) {
        if let block = peers[id]?.compact {
            peers[id]?.compact = nil
            judged(verdict, headerOf: block, of: id, at: now)
            return
        }
        guard let pending = peers[id]?.pending else { return }
        peers[id]?.pending = nil
        if let rejection = verdict.rejection {
            blame(verdict.blame, id, "invalid header received: \(rejection)")
            return
        }
        guard let hash = verdict.last, let last = tree.find(hash) else { return }
        if isInitialDownload, last == tree.best, last != pending.best {
            tellProgress("Synchronizing", tree.height(last), tree.time(last), at: now)
        }
        if pending.isFull, !pending.isFollowed, askForHeaders(id, from: last, at: now) {
            log("more getheaders (\(tree.height(last))) to end to peer=\(id)")
        }
        noteAvailable(hash, of: id)
        if isInitialDownload, !pending.isFull { leaveIfTooLight(id) }
        protectIfGood(id)
        fetchDirectly(toward: last, from: id, at: now)
    }

    /// - Parameter isCompact: whether a block in compact form is at fault, which a peer may pass on
    ///   before it has judged it (BIP152).
    mutating func blame(
        _ blame: Blame, _ id: PeerID, _ offence: String, isCompact: Bool = false
    ) {
        switch blame {
        case .peer: misbehave(id, offence)
        case .peerUnlessCompact where !isCompact: misbehave(id, offence)
        case .outboundPeer where !isCompact && peers[id]?.isInbound == false:
            misbehave(id, offence)
        case .peerUnlessCompact, .outboundPeer, .nobody: log("peer=\(id): \(offence)")
        }
    }

    private mutating func leaveIfTooLight(_ id: PeerID) {
        guard let peer = peers[id], peer.connection.kind.isAutomaticSync,
            let best = peer.sync.bestKnown, tree.chainWork(best) < settings.minimumChainWork
        else { return }
        leave(id, "outbound peer headers chain has insufficient work", level: .info)
    }

    /// A few outbound peers with a good chain are never left for lagging later.
    private mutating func protectIfGood(_ id: PeerID) {
        guard let peer = peers[id], peer.connection.kind == .fullRelay, !peer.sync.isProtected,
            let best = peer.sync.bestKnown, tree.chainWork(best) >= tree.chainWork(tree.tip),
            peers.values.count(where: { $0.sync.isProtected }) < 4
        else { return }
        peers[id]?.sync.isProtected = true
    }

    // MARK: - Asking

    /// Sends `getheaders`, unless one is out already.
    @discardableResult
    mutating func askForHeaders(
        _ id: PeerID, from node: HeaderTree.Node, at now: Duration
    ) -> Bool {
        guard let peer = peers[id] else { return false }
        if let last = peer.sync.lastGetHeaders, now - last <= Self.headersAnswerTime {
            return false
        }
        askForHeaders(id, after: tree.locator(from: node), at: now)
        return true
    }

    mutating func askForHeaders(_ id: PeerID, after locator: [BlockHash], at now: Duration) {
        peers[id]?.sync.lastGetHeaders = now
        send(.getHeaders(locator: locator, stop: .zero), to: id)
    }

    /// Begins to sync headers with a peer: with one at first, with all when near the present.
    mutating func startSync(_ id: PeerID, isSyncPeer: Bool, at now: Duration) {
        guard let peer = peers[id], !peer.sync.isStarted, peer.servesBlocks else { return }
        let others = peers.values.count { $0.sync.isStarted }
        let age = now - .seconds(Int64(tree.time(tree.best)))
        guard (others == 0 && isSyncPeer) || age < .seconds(86_400) else { return }
        // From the one before the best, so that an up-to-date peer answers with at least one
        // header and shows what it has.
        let start = tree.parent(tree.best) ?? tree.best
        guard askForHeaders(id, from: start, at: now) else { return }
        log("initial getheaders (\(tree.height(start))) to peer=\(id)")
        peers[id]?.sync.isStarted = true
        let missing =
            max(age, .zero).components.seconds / max(settings.network.consensus.spacing, 1)
        peers[id]?.sync.headersDeadline = now + .seconds(15 * 60) + .milliseconds(missing)
    }

    // MARK: - What a peer has

    /// Takes note that a peer has a block.
    mutating func noteAvailable(_ hash: BlockHash, of id: PeerID) {
        resolveUnknown(id)
        guard let node = tree.find(hash) else {
            peers[id]?.sync.lastUnknown = hash
            return
        }
        raise(id, to: node)
    }

    /// A header that was unknown when it was announced may have come from elsewhere since.
    mutating func resolveUnknown(_ id: PeerID) {
        guard let hash = peers[id]?.sync.lastUnknown, let node = tree.find(hash) else { return }
        peers[id]?.sync.lastUnknown = nil
        raise(id, to: node)
    }

    private mutating func raise(_ id: PeerID, to node: HeaderTree.Node) {
        if let best = peers[id]?.sync.bestKnown, tree.chainWork(node) < tree.chainWork(best) {
            return
        }
        peers[id]?.sync.bestKnown = node
    }

    /// Whether a peer knows a header for sure.
    func has(_ peer: Peer, _ node: HeaderTree.Node) -> Bool {
        if let best = peer.sync.bestKnown, tree.isAncestor(node, of: best) { return true }
        if let sent = peer.announcing.lastSent, tree.isAncestor(node, of: sent) { return true }
        return false
    }

    // MARK: - Serving

    mutating func serveHeaders(_ locator: [BlockHash], _ stop: BlockHash, to id: PeerID) {
        let isTooLight = tree.chainWork(tree.tip) < settings.minimumChainWork
        if isTooLight, peers[id]?.permissions.contains(.download) != true {
            // An empty answer, so that we do not seem dead.
            send(.headers([]), to: id)
            return
        }
        if locator.isEmpty {
            guard let node = tree.find(stop), mayServe(node) else { return }
        }
        ask(.serveHeaders(locator: locator, stop: stop), for: id)
    }

    /// Old blocks off the chain are not shown: who has them could be told apart by them.
    func mayServe(_ node: HeaderTree.Node) -> Bool {
        if tree.isActive(node) { return true }
        guard tree.isConnectable(node), !tree.isInvalid(node) else { return false }
        let month: Int64 = 30 * 86_400
        guard Int64(tree.time(tree.best)) - Int64(tree.time(node)) < month else { return false }
        let best = tree.chainWork(tree.best)
        let behind = best &- min(tree.chainWork(node), best)
        let perBlock = max(tree.work(tree.best), .one)
        let blocks = behind / perBlock
        return blocks < UInt256(UInt64(max(1, month / max(settings.network.consensus.spacing, 1))))
    }
}
