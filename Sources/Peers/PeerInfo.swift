public import Primitives

/// What `getpeerinfo` shows of a connection.
public struct PeerInfo: Hashable, Sendable {
    public var id: Int64
    public var address: String
    public var boundAddress: String?
    /// Our address as the peer sees it.
    public var localAddress: String?
    /// `ipv4`, `ipv6`, `onion`, `i2p`, `cjdns` or `not_publicly_routable`.
    public var network: String
    public var services: UInt64
    public var relaysTransactions: Bool
    public var lastInvSequence: UInt64
    public var invToSend: Int
    /// Seconds since 1970; 0 for never.
    public var lastSend: Int64
    public var lastReceive: Int64
    public var lastTransaction: Int64
    public var lastBlock: Int64
    public var bytesSent: UInt64
    public var bytesReceived: UInt64
    public var connectedAt: Int64
    /// Seconds its clock is ahead of ours.
    public var timeOffset: Int64
    public var pingTime: Duration?
    public var minimumPing: Duration?
    /// How long a ping has been without answer.
    public var pingWait: Duration?
    public var version: Int32
    public var userAgent: String
    public var isInbound: Bool
    /// We asked it to announce blocks by compact block.
    public var isHighBandwidthTo: Bool
    /// It asked us to.
    public var isHighBandwidthFrom: Bool
    public var startHeight: Int32
    public var presyncedHeaders: Int
    /// Heights; -1 for unknown.
    public var syncedHeaders: Int
    public var syncedBlocks: Int
    public var inFlight: [Int]
    public var relaysAddresses: Bool
    public var addressesProcessed: UInt64
    public var addressesRateLimited: UInt64
    public var permissions: [String]
    public var minimumFeeRate: FeeRate
    /// Bytes by command, in alphabetical order; `*other*` for what is not known.
    public var sentByMessage: [MessageTraffic]
    public var receivedByMessage: [MessageTraffic]
    public var connectionType: String
    public var transport: String
    public var sessionID: String
}

/// The bytes that messages of one command took, headers included.
public struct MessageTraffic: Hashable, Sendable {
    public var command: String
    public var bytes: UInt64

    public init(command: String, bytes: UInt64) {
        self.command = command
        self.bytes = bytes
    }
}

/// A transaction whose parents are not known, and the peers that sent it.
public struct OrphanInfo: Sendable {
    public var transaction: Transaction
    public var peers: [PeerID]
}
