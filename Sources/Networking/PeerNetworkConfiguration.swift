public import Genesis
import Notation
import Peers
public import Primitives
import Wire

extension PeerNetwork {
    /// What the operator decided about peers, as the options of Bitcoin Core name it.
    public struct Configuration: Sendable {
        public var network: Network
        /// The network's data directory: `peers.dat` and `banlist.json` lie here.
        public var directory: String

        /// `-uacomment`, already found harmless.
        public var userAgentComments: [String] = []
        /// `-listen`.
        public var listens = true
        /// `-port`; nil for the network's own.
        public var port: UInt16?
        /// `-bind`, `addr[:port][=onion]`; empty for all addresses of the machine.
        public var binds: [String] = []
        /// `-whitebind`, `[permissions@]addr:port`.
        public var whiteBinds: [String] = []
        /// `-whitelist`, `[permissions@]subnet`.
        public var whitelist: [String] = []
        /// `-whitelistrelay` and `-whitelistforcerelay`: what such an entry grants that names nothing.
        public var whitelistRelays = true
        public var whitelistForcesRelay = false
        /// `-connect`: these nodes and no others; an empty list for none.
        public var connect: [String]?
        /// `-addnode`.
        public var addedNodes: [String] = []
        /// `-seednode`.
        public var seedNodes: [String] = []
        /// `-externalip`.
        public var externalAddresses: [String] = []
        /// `-dns`: nodes to dial may be given by name.
        public var looksUpNames = true
        /// `-dnsseed`.
        public var usesDNSSeeds = true
        /// `-maxconnections`.
        public var maximumConnections = 125
        /// `-blocksonly`.
        public var blocksOnly = false
        /// `-peerblockfilters`.
        public var servesFilters = false
        /// `-v2transport`: the encrypted transport (BIP324) is offered and tried.
        public var isEncrypted = true
        /// `-prune`: old blocks cannot be had of us.
        public var isPruned = false
        /// `-networkactive`.
        public var isActive = true
        /// `-bantime`, seconds.
        public var banTime: Int64 = 86_400
        /// `-timeout`: how long dialling may take.
        public var connectTimeout = Duration.milliseconds(5000)
        /// `-peertimeout`, seconds.
        public var peerTimeout: Int64 = 60
        /// `-minrelaytxfee`: peers are not asked for cheaper transactions.
        public var minimumRelayFeeRate = FeeRate(satoshisPerKvB: 100)
        /// `-minimumchainwork`.
        public var minimumChainWork: UInt256

        public init(network: Network, directory: String) {
            self.network = network
            self.directory = directory
            minimumChainWork = network.consensus.minimumChainWork
        }

        /// What is wrong with the options, in Bitcoin Core's words; nil for nothing.
        public func problem() -> String? {
            do {
                _ = try parsed()
                return nil
            } catch {
                return error.description
            }
        }

        /// `/Cellblock:0.1.0(comment; comment)/` (BIP14).
        public var userAgent: String {
            let comments = userAgentComments.joined(separator: "; ")
            return "/Cellblock:\(Version.text)\(comments.isEmpty ? "" : "(\(comments))")/"
        }

        var listeningPort: UInt16 { port ?? network.port }
    }

    /// An address to listen at.
    struct Listening: Sendable {
        var endpoint: Endpoint
        var permissions: Permissions
        /// Whether our onion service leads here.
        var isOnion = false
        /// Whether the node starts even when this address cannot be had.
        var isOptional: Bool
    }
}

/// The peer network cannot start, or not as it was asked to.
public enum NetworkingError: Error, Hashable, Sendable, CustomStringConvertible {
    case configuration(String)
    case bind(String)
    case storage(String)

    public var description: String {
        switch self {
        case .configuration(let text), .bind(let text), .storage(let text): text
        }
    }
}

extension PeerNetwork.Configuration {
    /// The options once read.
    func parsed() throws(NetworkingError) -> (
        settings: SwarmSettings, listening: [PeerNetwork.Listening]
    ) {
        var settings = SwarmSettings(network: network, userAgent: userAgent)
        settings.maximumConnections = max(0, maximumConnections)
        settings.isBlocksOnly = blocksOnly
        if isPruned { settings.services.remove(.network) }
        if isEncrypted { settings.services.insert(.v2Transport) }
        if servesFilters { settings.services.insert(.compactFilters) }
        settings.dialsAutomatically = connect == nil
        settings.connect = connect ?? []
        settings.addedNodes = addedNodes
        settings.seedNodes = seedNodes
        settings.usesSeeds = usesDNSSeeds && connect == nil
        settings.banTime = banTime
        settings.peerTimeout = .seconds(max(0, peerTimeout))
        settings.minimumRelayFeeRate = minimumRelayFeeRate
        settings.minimumChainWork = minimumChainWork
        settings.isActive = isActive
        do {
            for text in whitelist {
                settings.whitelist.append(try Grant(parsing: text, implicit: implicitPermissions))
            }
        } catch {
            throw .configuration(error.description)
        }
        for text in externalAddresses {
            guard let endpoint = Endpoint(text, defaultPort: listeningPort) else {
                throw .configuration("Cannot resolve -externalip address: '\(text)'")
            }
            settings.externalEndpoints.append(endpoint)
        }
        let listening = listens ? try addresses() : []
        settings.listeningPort = listening.first?.endpoint.port
        return (settings, listening)
    }

    private var implicitPermissions: Permissions {
        .implicit(relays: whitelistRelays, forcesRelay: whitelistForcesRelay)
    }

    private func addresses() throws(NetworkingError) -> [PeerNetwork.Listening] {
        var list: [PeerNetwork.Listening] = []
        for text in binds {
            let parts = text.split(separator: "=", maxSplits: 1)
            let address = parts.first.map(String.init) ?? text
            guard let endpoint = Endpoint(address, defaultPort: listeningPort) else {
                throw .configuration("Cannot resolve -bind address: '\(text)'")
            }
            list.append(
                .init(
                    endpoint: endpoint, permissions: [], isOnion: parts.last == "onion",
                    isOptional: false))
        }
        for text in whiteBinds {
            do {
                let (permissions, target, _, _) = try Grant.split(
                    text, implicit: implicitPermissions, allowsOut: false)
                guard let endpoint = Endpoint(target, defaultPort: 0), endpoint.port != 0 else {
                    throw NetworkingError.configuration(
                        "Need to specify a port with -whitebind: '\(target)'")
                }
                list.append(
                    .init(endpoint: endpoint, permissions: permissions, isOptional: false))
            } catch let error as GrantError {
                throw .configuration(error.description)
            } catch let error as NetworkingError {
                throw error
            } catch {
                preconditionFailure("no other error is thrown: \(error)")
            }
        }
        guard list.isEmpty else { return list }
        return [
            .init(
                endpoint: Endpoint(.unspecified, port: listeningPort), permissions: [],
                isOptional: true),
            .init(
                endpoint: Endpoint(.ipv4(0, 0, 0, 0), port: listeningPort), permissions: [],
                isOptional: true),
        ]
    }
}
