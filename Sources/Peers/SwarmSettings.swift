public import Genesis
public import Primitives
public import Wire

/// What the operator decided about peers.
public struct SwarmSettings: Sendable {
    public var network: Network
    public var userAgent: String
    public var services: Services = [.network, .witness, .networkLimited]
    /// The port others reach us at; nil when we do not listen.
    public var listeningPort: UInt16?
    /// Addresses of ours that are told to others.
    public var externalEndpoints: [Endpoint] = []
    /// All connections, but those asked for by the operator.
    public var maximumConnections = 125
    /// `-blocksonly`: no transactions are wanted.
    public var isBlocksOnly = false
    /// Whether addresses are dialled that the operator did not name.
    public var dialsAutomatically = true
    /// `-connect`: these and no others; `-addnode`: these besides others.
    public var connect: [String] = []
    public var addedNodes: [String] = []
    public var seedNodes: [String] = []
    public var usesSeeds = true
    public var whitelist: [Grant] = []
    public var banTime: Int64 = 86_400
    /// How long a new connection may take until it is inspected at all.
    public var peerTimeout = Duration.seconds(60)
    public var minimumRelayFeeRate = FeeRate(satoshisPerKvB: 100)
    public var isActive = true
    public var minimumChainWork: UInt256

    public init(network: Network, userAgent: String) {
        self.network = network
        self.userAgent = userAgent
        minimumChainWork = network.consensus.minimumChainWork
    }

    /// Whether the encrypted transport is spoken: as in Bitcoin Core, who does says so.
    public var isEncrypted: Bool { services.contains(.v2Transport) }

    /// Outbound connections that relay everything.
    public var fullRelayLimit: Int { min(8, maximumConnections) }
    /// Outbound connections that relay blocks alone.
    public var blockRelayLimit: Int { min(2, maximumConnections - fullRelayLimit) }
    /// Inbound connections; one place is kept for a feeler.
    public var inboundLimit: Int {
        max(0, maximumConnections - fullRelayLimit - blockRelayLimit - 1)
    }
}
