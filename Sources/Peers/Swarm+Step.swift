import Primitives
import Wire

extension Swarm {
    /// Sends a peer what is due: between two of its messages, and as time passes.
    mutating func step(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id], !peer.isLeaving else { return }
        keepAlive(id, at: now)
        guard peers[id]?.isLeaving == false, peers[id]?.session.isReady == true else { return }
        if peer.connection.kind == .addressFetch, now - peer.connectedAt > .seconds(300) {
            leave(id, "addrfetch connection timeout")
            return
        }
        sendAddresses(id, at: now)
        sendSendHeaders(id)
        let isSyncPeer = isSyncPeer(id)
        startSync(id, isSyncPeer: isSyncPeer, at: now)
        announceBlocks(id)
        announceByInventory(id)
        announceTransactions(id, at: now)
        checkDownload(id, at: now)
        guard peers[id]?.isLeaving == false else { return }
        checkLag(id, at: now)
        guard peers[id]?.isLeaving == false else { return }
        fetchBlocks(id, isSyncPeer: isSyncPeer, at: now)
        fetchTransactions(id, at: now)
        sendFeeFilter(id, at: now)
    }

    private mutating func keepAlive(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id] else { return }
        let (traffic, isDetecting) = (peer.traffic, peer.transport.kind == .detecting)
        let steps = peers[id]?.session.pass(
            to: now, traffic: (traffic.lastSend, traffic.lastReceive),
            isDetecting: isDetecting, grace: settings.peerTimeout,
            nonce: random.nonzero())
        for step in steps ?? [] { follow(step, of: id, at: now) }
    }

    /// Whether headers and blocks are fetched from a peer during the initial download: from
    /// those we chose, and from others only when there are no better ones.
    private func isSyncPeer(_ id: PeerID) -> Bool {
        guard let peer = peers[id] else { return false }
        if peer.sync.isPreferred { return true }
        guard peer.servesBlocks, peer.connection.kind != .addressFetch else { return false }
        return downloads.source.isEmpty || !peers.values.contains { $0.sync.isPreferred }
    }

    /// Asks for announcements by header, once the first headers have come: before, they would
    /// only disturb.
    private mutating func sendSendHeaders(_ id: PeerID) {
        guard let peer = peers[id], !peer.announcing.hasSentSendHeaders,
            peer.session.commonVersion >= WireLimits.sendHeadersVersion,
            let best = peer.sync.bestKnown, tree.chainWork(best) > settings.minimumChainWork
        else { return }
        send(.sendHeaders, to: id)
        peers[id]?.announcing.hasSentSendHeaders = true
    }

    // MARK: - Fee filter

    static let feeFilterInterval = Duration.seconds(600)
    static let feeFilterChangeDelay = Duration.seconds(300)

    private mutating func sendFeeFilter(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id], !settings.isBlocksOnly,
            peer.session.commonVersion >= WireLimits.feeFilterVersion,
            !peer.permissions.contains(.forceRelay), peer.connection.kind.relaysTransactions
        else { return }
        let floor = settings.minimumRelayFeeRate.satoshisPerKvB
        let current = isInitialDownload ? Amount.max.satoshis : poolMinimum.satoshisPerKvB
        let highest = FeeSteps.highest(atMost: Amount.max.satoshis)
        if !isInitialDownload, peer.fees.sent == highest { peers[id]?.fees.nextSend = .zero }
        let next = peers[id]?.fees.nextSend ?? .zero
        if now > next {
            let rate = max(FeeSteps.round(current, using: &random), floor)
            if rate != peer.fees.sent {
                send(.feeFilter(rate), to: id)
                peers[id]?.fees.sent = rate
            }
            peers[id]?.fees.nextSend = now + random.exponential(mean: Self.feeFilterInterval)
        } else if now + Self.feeFilterChangeDelay < next,
            current < peer.fees.sent / 4 * 3 || current > peer.fees.sent / 3 * 4
        {
            peers[id]?.fees.nextSend = now + Self.feeFilterChangeDelay * random.uniform()
        }
    }
}

/// The fee rates that are told to peers: few, so that no node is known by its own.
enum FeeSteps {
    /// Rates rise by a tenth a step, from half the least that is relayed by default.
    private static let steps: [Double] = {
        var steps = [0.0]
        var rate = 50.0
        while rate <= 1e7 {
            steps.append(rate)
            rate *= 1.1
        }
        return steps
    }()

    static func highest(atMost rate: Int64) -> Int64 {
        Int64(steps.last { $0 <= Double(rate) } ?? 0)
    }

    /// A step near a rate: mostly the one below it.
    static func round(_ rate: Int64, using random: inout Randomness) -> Int64 {
        let above = steps.firstIndex { $0 >= Double(rate) } ?? steps.count
        guard above < steps.count else { return Int64(steps[steps.count - 1]) }
        let isLowered = above > 0 && random.next() % 3 != 0
        return Int64(steps[isLowered ? above - 1 : above])
    }
}
