import Cryptography
import Primitives
import Wire

extension Swarm {
    /// A socket is open. Decides whether it may stay, and begins the handshake.
    ///
    /// - Returns: the peer's number; nil for a connection that is to be closed at once.
    public mutating func connect(
        _ connection: Connection, at now: Duration
    ) -> (id: PeerID?, actions: [SwarmAction]) {
        let permissions = grants(for: connection)
        guard isActive, admits(connection, permissions, at: now) else { return (nil, flush()) }
        lastID += 1
        let id = PeerID(rawValue: lastID)
        peers[id] = Peer(
            id: id, connection: connection, permissions: permissions,
            isDiscouraged: bans.isDiscouraged(connection.endpoint.address),
            nonce: random.nonzero(), at: now)
        log("Added connection peer=\(id)")
        if !connection.isInbound {
            dialing.finished(connection, at: now)
            introduce(id, at: now)
        }
        return (id, flush())
    }

    private func grants(for connection: Connection) -> Permissions {
        var permissions = connection.permissions
        for grant in settings.whitelist
        where connection.isInbound ? grant.isForInbound : grant.isForOutbound {
            if grant.subnet.contains(connection.endpoint.address) {
                permissions.formUnion(grant.permissions)
            }
        }
        return permissions
    }

    private mutating func admits(
        _ connection: Connection, _ permissions: Permissions, at now: Duration
    ) -> Bool {
        guard connection.isInbound else { return true }
        let address = connection.endpoint.address
        let inbound = peers.values.count { $0.isInbound && !$0.isLeaving }
        if !permissions.contains(.noBan) {
            if bans.isBanned(address, at: now.components.seconds) {
                log("connection from \(connection.endpoint) dropped (banned)")
                return false
            }
            if inbound + 1 >= settings.inboundLimit, bans.isDiscouraged(address) {
                log("connection from \(connection.endpoint) dropped (discouraged)")
                return false
            }
        }
        if inbound >= settings.inboundLimit, !evictInbound() {
            log("failed to find an eviction candidate - connection dropped (full)")
            return false
        }
        return true
    }

    /// Makes room for a newcomer.
    private mutating func evictInbound() -> Bool {
        let candidates = peers.values.filter { $0.isInbound && !$0.isNoBan && !$0.isLeaving }
        guard let chosen = candidates.map({ weigh($0) }).chosen() else { return false }
        leave(chosen, "selected inbound connection for eviction")
        return true
    }

    private func weigh(_ peer: Peer) -> EvictionCandidate {
        let group = peer.connection.endpoint.address.group
        var candidate = EvictionCandidate(
            id: peer.id, connectedAt: peer.connectedAt,
            group: SipHash24.hash(random.secret.0, random.secret.1, group.span),
            origin: EvictionCandidate.Origin(peer.connection))
        candidate.minimumPing = peer.session.minimumPing
        candidate.lastBlock = peer.traffic.lastBlock
        candidate.lastTransaction = peer.traffic.lastTransaction
        candidate.isUseful = peer.services.isSuperset(of: desiredServices(given: peer.services))
        candidate.relaysTransactions = peer.relay != nil
        candidate.isDiscouraged = peer.isDiscouraged
        return candidate
    }

    // MARK: - Handshake

    private mutating func introduce(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id] else { return }
        let endpoint = peer.connection.endpoint
        let isTellable = book.accepts(endpoint) && endpoint.address.fitsAddressV1
        send(
            .version(
                VersionMessage(
                    version: WireLimits.protocolVersion, services: services,
                    time: now.components.seconds,
                    receiverServices: peer.isInbound ? [] : book[endpoint]?.address.services ?? [],
                    receiver: isTellable ? endpoint : .unspecified, nonce: peer.nonce,
                    userAgent: settings.userAgent,
                    startHeight: Int32(clamping: tree.height(tree.tip)),
                    relaysTransactions: acceptsTransactions(of: peer))), to: id)
    }

    /// Whether a peer may send us transactions.
    func acceptsTransactions(of peer: Peer) -> Bool {
        guard peer.connection.kind.relaysTransactions else { return false }
        return !settings.isBlocksOnly || peer.permissions.contains(.relay)
    }

    /// What speaks against a peer before the handshake goes on.
    mutating func mayMeet(_ version: VersionMessage, _ id: PeerID) -> Bool {
        guard let peer = peers[id], !peer.session.isIntroduced else { return true }
        let desired = desiredServices(given: version.services)
        if peer.connection.kind.expectsServices, !version.services.isSuperset(of: desired) {
            leave(
                id,
                "peer does not offer the expected services (\(version.services.hex) offered, "
                    + "\(desired.hex) expected)")
            return false
        }
        guard version.version >= WireLimits.minimumProtocolVersion else { return true }
        let isOwn = peers.values.contains {
            !$0.isInbound && !$0.session.isReady && $0.nonce == version.nonce
        }
        if peer.isInbound, isOwn {
            leave(id, "connected to self at \(peer.connection.endpoint)", level: .info)
            return false
        }
        return true
    }

    /// The services without which an outbound peer is of no use.
    func desiredServices(given offered: Services) -> Services {
        let isNearTip = chain.tipChangedAt != nil && !isInitialDownload
        return offered.contains(.networkLimited) && isNearTip
            ? [.networkLimited, .witness] : [.network, .witness]
    }

    /// - Parameter size: bytes of the payload of the message that led to this; 0 for none.
    mutating func follow(
        _ step: PeerSession.Action, of id: PeerID, size: Int = 0, at now: Duration
    ) {
        switch step {
        case .send(let message): send(message, to: id)
        case .introduce: introduce(id, at: now)
        case .met: meet(id, at: now)
        case .ready: becomeReady(id)
        case .disconnect(let reason): leave(id, "\(reason)")
        case .ignore(let neglect): log(neglect.text(of: id, size: size))
        }
    }

    private mutating func meet(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id], let version = peer.session.introduction else { return }
        let kind = peer.connection.kind
        if kind.relaysTransactions, version.relaysTransactions {
            peers[id]?.relay = Peer.Relay()
        }
        peers[id]?.sync.isPreferred =
            (!peer.isInbound || peer.isNoBan) && kind != .addressFetch && peer.servesBlocks
        log(
            "receive version message: \(version.sanitisedUserAgent): version \(version.version), "
                + "blocks=\(version.startHeight), us=\(version.receiver), "
                + "txrelay=\(version.relaysTransactions ? 1 : 0), peer=\(id)")
        guard !peer.isInbound else {
            noteOwnAddress(version.receiver.address)
            return
        }
        if enableGossip(id) {
            send(.getAddresses, to: id)
            peers[id]?.gossip.hasAsked = true
            peers[id]?.gossip.tokens += Double(WireLimits.maximumAddresses)
        }
        book.succeeded(
            peer.connection.endpoint, services: version.services, at: now.components.seconds)
        if kind == .feeler { leave(id, "feeler connection completed") }
    }

    private mutating func becomeReady(_ id: PeerID) {
        guard let peer = peers[id], let version = peer.session.introduction else { return }
        log(
            peer.isInbound ? .debug : .info,
            "New \(peer.connection.kind.rawValue) peer connected: transport: \(peer.transport.kind.rawValue), "
                + "version: \(version.version), blocks=\(version.startHeight) peer=\(id)")
    }

    // MARK: - The end

    mutating func forget(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id] else { return }
        for node in peer.sync.inFlight where downloads.source[node] == id {
            downloads.source[node] = nil
        }
        if !peer.sync.inFlight.isEmpty { downloads.peerCount -= 1 }
        downloads.judging = downloads.judging.filter { $0.value != id }
        downloads.compact.forget(id)
        requests.forget(id)
        orphanage.forget(id)
        if peer.session.isReady, !peer.isInbound, peer.connection.kind != .blockRelay {
            book.seen(peer.connection.endpoint, at: now.components.seconds)
        }
        peers[id] = nil
        askOthers(than: peer, at: now)
        log("Cleared nodestate for peer=\(id)")
        retryPlain(peer)
    }
}
