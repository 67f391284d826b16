import Cryptography
import Genesis
import Wire

extension Swarm {
    /// Whom to dial, and who is being dialled.
    struct Dialing: Sendable {
        /// What the operator asked for with `-addnode` or `addnode add`.
        var added: [String] = []
        /// Those of them that are dialled in the clear.
        var plain: Set<String> = []
        var pending: Set<DialRequest> = []
        /// When a named node may be dialled again.
        var retry: [String: Duration] = [:]
        var nextAutomatic = Duration.zero
        var nextFeeler: Duration?
        var startedAt: Duration?
        var hasAskedSeeds = false
        var hasAskedSeedNodes = false

        mutating func finished(_ connection: Connection, at now: Duration) {
            pending.remove(connection.request)
        }
    }

    static let automaticInterval = Duration.milliseconds(500)
    static let feelerInterval = Duration.seconds(120)
    /// Between two attempts at a node the operator named.
    static let namedInterval = Duration.seconds(60)
    static let onlyInterval = Duration.milliseconds(500)
    static let addedLimit = 8

    /// Dials whom it is time to dial.
    mutating func dialMore(at now: Duration) {
        guard isActive else { return }
        let startedAt = dialing.startedAt ?? now
        dialing.startedAt = startedAt
        dialNamed(settings.connect, every: Self.onlyInterval, at: now)
        dialNamed(dialing.added, every: Self.namedInterval, at: now)
        guard settings.dialsAutomatically else { return }
        askSeeds(since: startedAt, at: now)
        guard now >= dialing.nextAutomatic else { return }
        dialing.nextAutomatic = now + Self.automaticInterval
        dialAutomatically(at: now)
    }

    private mutating func dialNamed(_ names: [String], every interval: Duration, at now: Duration) {
        for name in names {
            guard dialing.retry[name].map({ $0 <= now }) ?? true, !isConnected(name) else {
                continue
            }
            let manual = peers.values.count { $0.connection.kind == .manual }
            guard manual < Self.addedLimit || names == settings.connect else { return }
            dialing.retry[name] = now + interval
            let isEncrypted = settings.isEncrypted && !dialing.plain.contains(name)
            dial(DialRequest(target: name, kind: .manual, isEncrypted: isEncrypted))
        }
    }

    mutating func dial(_ request: DialRequest) {
        guard dialing.pending.insert(request).inserted else { return }
        log(
            "trying \(request.isEncrypted ? "v2" : "v1") connection (\(request.kind.rawValue)) to "
                + "\(request.target)")
        actions.append(.dial(request))
    }

    mutating func dialFailed(_ request: DialRequest, at now: Duration) {
        dialing.pending.remove(request)
    }

    /// Whether a node is connected already, by its name or its address.
    func isConnected(_ name: String) -> Bool {
        let endpoint = Endpoint(name, defaultPort: settings.network.port)
        return peers.values.contains {
            $0.connection.name == name || (endpoint != nil && $0.connection.endpoint == endpoint)
        }
    }

    private mutating func dialAutomatically(at now: Duration) {
        let kinds =
            peers.values.filter { !$0.isLeaving }.map(\.connection.kind)
            + dialing.pending.map(\.kind)
        let full = kinds.count { $0 == .fullRelay }
        let blocks = kinds.count { $0 == .blockRelay }
        if full < settings.fullRelayLimit {
            dialOne(.fullRelay, at: now)
        } else if blocks < settings.blockRelayLimit {
            dialOne(.blockRelay, at: now)
        } else if !kinds.contains(.feeler) {
            let due = dialing.nextFeeler ?? now + random.exponential(mean: Self.feelerInterval)
            dialing.nextFeeler = due
            guard now >= due else { return }
            dialing.nextFeeler = now + random.exponential(mean: Self.feelerInterval)
            dialOne(.feeler, at: now)
        }
    }

    private mutating func dialOne(_ kind: ConnectionKind, at now: Duration) {
        let lasting = peers.values.map(\.connection).filter(\.kind.isLastingOutbound)
        let groups = Set(lasting.map { dialGroup($0.endpoint) })
        let own = settings.externalEndpoints
        let seconds = now.components.seconds
        let pending = Set(dialing.pending.map(\.target))
        let connected = Set(peers.values.map(\.connection.endpoint))
        let isSuitable = { (entry: KnownAddress) in
            let endpoint = entry.address.endpoint
            guard !connected.contains(endpoint), !own.contains(endpoint),
                !pending.contains(endpoint.description),
                !groups.contains(dialGroup(endpoint)), seconds - entry.lastTry >= 600
            else { return false }
            let address = endpoint.address
            guard address.kind == .ipv4 || address.kind == .ipv6 else { return false }
            if bans.isBanned(address, at: seconds) || bans.isDiscouraged(address) { return false }
            if kind == .feeler { return true }
            return entry.address.services.isSuperset(
                of: desiredServices(given: entry.address.services))
        }
        var dice = random
        let chosen = book.select(
            using: &dice, at: seconds, wantsNew: kind == .feeler, where: isSuitable)
        random = dice
        guard let address = chosen?.address else { return }
        // Where hardly anybody is reached the fault is likely our own network's.
        let counts = groups.count >= min(settings.maximumConnections - 1, 2)
        book.attempted(address.endpoint, counts: counts, at: seconds)
        dial(
            DialRequest(
                target: address.endpoint.description, kind: kind,
                isEncrypted: settings.isEncrypted && address.services.contains(.v2Transport)))
    }

    /// Connections of our own choice go to different groups of addresses; on a private network
    /// each node is one.
    private func dialGroup(_ endpoint: Endpoint) -> [UInt8] {
        guard endpoint.address.isRoutable else {
            return endpoint.address.bytes + [
                UInt8(endpoint.port >> 8), UInt8(endpoint.port & 0xFF),
            ]
        }
        return endpoint.address.group
    }

    // MARK: - Seeds

    /// Asks the seeds when the book alone has not found enough peers in eleven seconds.
    private mutating func askSeeds(since start: Duration, at now: Duration) {
        if !dialing.hasAskedSeedNodes, !settings.seedNodes.isEmpty {
            dialing.hasAskedSeedNodes = true
            for node in settings.seedNodes {
                dial(
                    DialRequest(
                        target: node, kind: .addressFetch, isEncrypted: settings.isEncrypted))
            }
        }
        guard settings.usesSeeds, !dialing.hasAskedSeeds, !settings.network.seeds.isEmpty else {
            return
        }
        guard book.count == 0 || now - start >= .seconds(11) else { return }
        dialing.hasAskedSeeds = true
        let ready = peers.values.count {
            $0.connection.kind.isAutomaticSync && $0.session.isReady
        }
        guard ready < 2 else { return }
        actions.append(.resolveSeeds(settings.network.seeds))
    }

    mutating func takeSeeds(_ endpoints: [Endpoint], at now: Duration) {
        let seconds = now.components.seconds
        for endpoint in endpoints.prefix(1024) {
            // Seeds do not say when they saw an address: three to seven days ago.
            let age = 3 * 86_400 + Int64(random.next() % (4 * 86_400))
            book.add(
                PeerAddress(
                    endpoint, services: [.network, .witness],
                    time: UInt32(clamping: seconds - age)),
                from: endpoint.address, at: seconds)
        }
    }
}
