public import Cryptography
import Genesis
public import Primitives
public import Wire

/// What the operator asks and commands.
extension Swarm {
    /// - Parameter isEncrypted: whether the encrypted transport is tried.
    public mutating func addNode(_ name: String, isEncrypted: Bool) -> Bool {
        guard !dialing.added.contains(name) else { return false }
        dialing.added.append(name)
        if !isEncrypted { dialing.plain.insert(name) }
        return true
    }

    public mutating func removeNode(_ name: String) -> Bool {
        guard let place = dialing.added.firstIndex(of: name) else { return false }
        dialing.added.remove(at: place)
        dialing.plain.remove(name)
        dialing.retry[name] = nil
        return true
    }

    /// Dials a node once, unless it is connected.
    public mutating func tryNode(
        _ name: String, kind: ConnectionKind = .manual, isEncrypted: Bool, at now: Duration
    ) -> [SwarmAction] {
        if isActive, !isConnected(name) {
            dial(DialRequest(target: name, kind: kind, isEncrypted: isEncrypted))
        }
        return flush()
    }

    /// The nodes asked for, and where they are connected.
    public var addedNodes: [AddedNode] {
        dialing.added.map { name in
            let endpoint = Endpoint(name, defaultPort: settings.network.port)
            let peer = ids.lazy.compactMap { peers[$0] }.first {
                $0.connection.name == name
                    || (endpoint != nil && $0.connection.endpoint == endpoint)
            }
            return AddedNode(
                name: name, connected: peer?.connection.endpoint.description,
                isInbound: peer?.isInbound ?? false)
        }
    }

    /// - Returns: nil when no such peer is connected.
    public mutating func disconnect(_ id: PeerID) -> [SwarmAction]? {
        guard peers[id]?.isLeaving == false else { return nil }
        leave(id, "disconnect by id requested")
        return flush()
    }

    public mutating func disconnect(named name: String) -> [SwarmAction]? {
        let found = ids.first {
            peers[$0]?.isLeaving == false
                && (peers[$0]?.connection.name == name
                    || peers[$0]?.connection.endpoint.description == name)
        }
        return found.flatMap { disconnect($0) }
    }

    /// Asks a peer for a block, whoever else was asked for it before.
    ///
    /// - Returns: why that cannot be, in Core's words; nil where it is done.
    public mutating func fetchBlock(
        _ hash: BlockHash, from id: PeerID, at now: Duration
    ) -> (problem: String?, actions: [SwarmAction]) {
        guard let peer = peers[id], !peer.isLeaving else { return ("Peer does not exist", []) }
        guard peer.servesWitnesses else { return ("Pre-SegWit peer", []) }
        guard peer.session.isReady else { return ("Peer not fully connected", []) }
        guard let node = tree.find(hash) else { return ("Block header missing", []) }
        finishDownload(node, from: nil, at: now)
        startDownload(node, from: id, at: now)
        send(.getData([InventoryItem(.witnessBlock, hash)]), to: id)
        log("Requesting block \(hash.displayHex) from peer=\(id)")
        return (nil, flush())
    }

    public mutating func setActive(_ isActive: Bool) -> [SwarmAction] {
        guard self.isActive != isActive else { return [] }
        self.isActive = isActive
        log(.info, "SetNetworkActive: \(isActive)")
        if !isActive { for id in ids { leave(id, "network inactive") } }
        return flush()
    }

    public var isNetworkActive: Bool { isActive }

    public mutating func ping() { for id in ids { peers[id]?.session.isPingWanted = true } }

    /// The peer did wrong in what only the driver could see.
    public mutating func report(_ id: PeerID, _ offence: String) -> [SwarmAction] {
        misbehave(id, offence)
        punish(id)
        return flush()
    }

    public mutating func restore(_ addresses: [KnownAddress]) { book.restore(addresses) }
    public mutating func restore(_ list: [Ban]) { bans.restore(list) }

    /// Where the swarm believes the chain to stand.
    public var tipHash: BlockHash { tree.hash(tree.tip) }
    public var isInInitialDownload: Bool { isInitialDownload }

    /// Whether the header of a block is known.
    public func knows(_ hash: BlockHash) -> Bool { tree.find(hash) != nil }

    // MARK: - Bans

    /// - Parameters:
    ///   - until: seconds since 1970; nil for the default duration from now.
    /// - Returns: nil when it is banned already.
    public mutating func ban(
        _ subnet: Subnet, until: Int64?, at now: Duration
    ) -> [SwarmAction]? {
        let seconds = now.components.seconds
        guard !bans.isBanned(subnet, at: seconds) else { return nil }
        bans.ban(subnet, at: seconds, until: until ?? seconds + settings.banTime)
        for id in ids
        where peers[id].map({ subnet.contains($0.connection.endpoint.address) }) == true {
            leave(id, "banned")
        }
        actions.append(.storeBans)
        return flush()
    }

    public mutating func unban(_ subnet: Subnet) -> Bool { bans.unban(subnet) }
    public mutating func clearBans() { bans.clear() }
    public mutating func bannedSubnets(at now: Duration) -> [Ban] {
        bans.all(at: now.components.seconds)
    }

    // MARK: - Addresses

    /// Addresses for the operator: any number, without the share told to peers.
    public mutating func addresses(
        limit: Int, kind: NetworkAddress.Kind?, at now: Duration
    ) -> [KnownAddress] {
        book.sample(
            limit: limit, share: 0, kind: kind, using: &random, at: now.components.seconds)
    }

    public mutating func addAddress(_ endpoint: Endpoint, isTried: Bool, at now: Duration) -> Bool {
        let seconds = now.components.seconds
        let address = PeerAddress(
            endpoint, services: [.network, .witness], time: UInt32(clamping: seconds))
        guard book.add(address, from: endpoint.address, at: seconds) else { return false }
        if isTried { book.succeeded(endpoint, services: address.services, at: seconds) }
        return true
    }

    /// Our own addresses: four for being the operator's word, and one for each peer that named it.
    public var localAddresses: [(endpoint: Endpoint, score: Int)] {
        settings.externalEndpoints.map { ($0, 4 + ownScores[$0, default: 0]) }
    }

    public var networkTotals: NetworkTotals { totals }

    public var counts: (inbound: Int, outbound: Int) {
        let inbound = peers.values.count { $0.isInbound }
        return (inbound, peers.count - inbound)
    }

    /// The median of outbound peers' clocks against ours, in seconds.
    public var timeOffset: Int64 {
        let offsets = peers.values.filter { !$0.isInbound && $0.session.isIntroduced }
            .map(\.session.timeOffset).sorted()
        return offsets.count >= 5 ? offsets[offsets.count / 2] : 0
    }
}

/// A node that was asked for by name.
public struct AddedNode: Hashable, Sendable {
    public var name: String
    /// Where it is connected; nil when it is not.
    public var connected: String?
    public var isInbound: Bool
}
