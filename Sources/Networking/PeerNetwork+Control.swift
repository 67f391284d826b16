public import Cryptography
import Genesis
public import Peers
public import Primitives
public import Wire

/// What RPC asks and commands.
extension PeerNetwork {
    // MARK: - Looking

    /// Every connection, in order of their making.
    public func peers() -> [PeerInfo] { swarm.peerInfos(at: now) }

    /// The transactions whose parents are not known.
    public func orphans() -> [OrphanInfo] { swarm.orphans }

    public func connectionCounts() -> ConnectionCounts {
        let counts = swarm.counts
        return ConnectionCounts(inbound: counts.inbound, outbound: counts.outbound)
    }

    /// What `getnetworkinfo` shows.
    public func summary() -> NetworkSummary {
        NetworkSummary(
            userAgent: userAgent, protocolVersion: WireLimits.protocolVersion,
            services: swarm.services.rawValue,
            serviceNames: swarm.services.names,
            relaysTransactions: !swarm.settings.isBlocksOnly, timeOffset: swarm.timeOffset,
            isActive: swarm.isNetworkActive, counts: connectionCounts(),
            networks: NetworkAddress.Kind.allCases.map { kind in
                let isReachable = kind == .ipv4 || kind == .ipv6
                return ReachableNetwork(
                    name: kind.name, isLimited: !isReachable, isReachable: isReachable, proxy: "",
                    randomizesCredentials: false)
            },
            localAddresses: swarm.localAddresses.map {
                LocalAddress(
                    address: $0.endpoint.address.description, port: $0.endpoint.port,
                    score: $0.score)
            })
    }

    public func totals() -> (received: UInt64, sent: UInt64, timeMillis: Int64) {
        let totals = swarm.networkTotals
        return (totals.received, totals.sent, now.nanoseconds / 1_000_000)
    }

    public func addedNodes() -> [AddedNode] { swarm.addedNodes }

    /// Known addresses in random order.
    ///
    /// - Parameter limit: 0 for all.
    public func nodeAddresses(limit: Int, kind: NetworkAddress.Kind? = nil) -> [KnownAddress] {
        swarm.addresses(limit: limit, kind: kind, at: now)
    }

    // MARK: - Commanding

    /// - Returns: false when the node was added before.
    public func addNode(_ name: String, isEncrypted: Bool) -> Bool {
        swarm.addNode(name, isEncrypted: isEncrypted)
    }

    /// - Returns: false when the node was not added.
    public func removeNode(_ name: String) -> Bool { swarm.removeNode(name) }

    /// Dials once. Returns when the attempt has begun.
    public func tryNode(_ name: String, kind: ConnectionKind = .manual, isEncrypted: Bool) {
        perform(swarm.tryNode(name, kind: kind, isEncrypted: isEncrypted, at: now))
    }

    /// - Returns: false when there is no such connection.
    public func disconnect(id: Int64) -> Bool {
        guard let actions = swarm.disconnect(PeerID(rawValue: id)) else { return false }
        perform(actions)
        return true
    }

    public func disconnect(address: String) -> Bool {
        guard let actions = swarm.disconnect(named: address) else { return false }
        perform(actions)
        return true
    }

    /// Asks a peer for a block.
    ///
    /// - Returns: why that cannot be, in Core's words; nil where it is done.
    public func fetchBlock(_ hash: BlockHash, from id: Int64) async -> String? {
        await readIndex()
        let (problem, actions) = swarm.fetchBlock(
            hash, from: PeerID(rawValue: id), at: now)
        perform(actions)
        return problem
    }

    public func setActive(_ isActive: Bool) { perform(swarm.setActive(isActive)) }

    /// Sends a ping to every peer, to be measured.
    public func ping() {
        swarm.ping()
        handle(.timePassed)
    }

    /// Announces a transaction that the pool has just accepted from us.
    public func relay(txid: Txid, wtxid: Wtxid) {
        handle(.relay(TransactionName(txid: txid, wtxid: wtxid)))
    }

    public func addAddress(_ endpoint: Endpoint, isTried: Bool) -> Bool {
        swarm.addAddress(endpoint, isTried: isTried, at: now)
    }

    // MARK: - Bans

    /// Bans, and closes what connections there are.
    ///
    /// - Parameter until: seconds since 1970; nil for the default duration from now.
    /// - Returns: false when it is banned already.
    public func ban(_ subnet: Subnet, until: Int64?) -> Bool {
        guard let actions = swarm.ban(subnet, until: until, at: now) else { return false }
        perform(actions)
        return true
    }

    /// - Returns: false when it was not banned.
    public func unban(_ subnet: Subnet) -> Bool {
        guard swarm.unban(subnet) else { return false }
        saveBans()
        return true
    }

    public func bannedSubnets() -> [Ban] { swarm.bannedSubnets(at: now) }

    public func clearBans() {
        swarm.clearBans()
        saveBans()
    }

    /// The node's time in seconds since 1970.
    public nonisolated var seconds: Int64 { now.components.seconds }
}

public struct ConnectionCounts: Hashable, Sendable {
    public var inbound: Int
    public var outbound: Int
    public var total: Int { inbound + outbound }
}

/// What `getnetworkinfo` shows.
public struct NetworkSummary: Hashable, Sendable {
    public var userAgent: String
    public var protocolVersion: Int32
    public var services: UInt64
    public var serviceNames: [String]
    public var relaysTransactions: Bool
    /// Seconds.
    public var timeOffset: Int64
    public var isActive: Bool
    public var counts: ConnectionCounts
    public var networks: [ReachableNetwork]
    public var localAddresses: [LocalAddress]
}

public struct ReachableNetwork: Hashable, Sendable {
    public var name: String
    public var isLimited: Bool
    public var isReachable: Bool
    public var proxy: String
    public var randomizesCredentials: Bool
}

public struct LocalAddress: Hashable, Sendable {
    public var address: String
    public var port: UInt16
    public var score: Int
}
