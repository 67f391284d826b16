import Cryptography
import Primitives
import Wire

/// All that is kept of one connection.
struct Peer: Sendable {
    let id: PeerID
    let connection: Connection
    let permissions: Permissions
    /// Whether its address had misbehaved before it came.
    let isDiscouraged: Bool
    let connectedAt: Duration
    /// The number in our `version` to this peer.
    let nonce: UInt64
    var session: PeerSession
    var transport: Transport.Status
    var traffic = Traffic()
    var inbox = Inbox()
    var sync = Sync()
    var announcing = Announcing()
    /// nil until it is known that transactions pass.
    var relay: Relay?
    var fees = Fees()
    var gossip = Gossip()
    /// Headers the chain is judging.
    var pending: PendingHeaders?
    /// A block in compact form about which the chain or the pool is asked.
    var compact: CompactBlock?
    /// A chain of its that may be too light to be kept.
    var headersSync: HeadersSync?
    var announced = PendingAnnouncements()
    var isLeaving = false

    /// Transactions about which the chain is asked whether they are to be fetched.
    struct PendingAnnouncements: Sendable {
        /// What the peer announced.
        var names: [TransactionID] = []
        /// Parents of orphans, and others that may have them as well, since they announced the
        /// orphan.
        var parents: [(name: TransactionID, peers: [PeerID])] = []

        var all: [TransactionID] { names + parents.map(\.name) }
    }

    struct PendingHeaders: Sendable {
        /// Whether the peer may have more.
        var isFull: Bool
        /// Whether those after them are asked for already.
        var isFollowed: Bool
        /// The best header before them.
        var best: HeaderTree.Node
    }

    init(
        id: PeerID, connection: Connection, permissions: Permissions, isDiscouraged: Bool,
        nonce: UInt64, at now: Duration
    ) {
        self.id = id
        self.connection = connection
        self.permissions = permissions
        self.isDiscouraged = isDiscouraged
        self.nonce = nonce
        connectedAt = now
        gossip.tokensAt = now
        transport = connection.transport
        session = PeerSession(isInbound: connection.isInbound, at: now)
    }

    var isInbound: Bool { connection.isInbound }
    var isNoBan: Bool { permissions.contains(.noBan) }
    var services: Services { session.services }
    var servesBlocks: Bool {
        services.contains(.network) || services.contains(.networkLimited)
    }
    var servesWitnesses: Bool { services.contains(.witness) }
    /// Only the last 288 blocks can be had of it.
    var isLimited: Bool { !services.contains(.network) && services.contains(.networkLimited) }

    /// Bytes that went either way.
    struct Traffic: Sendable {
        var sent: UInt64 = 0
        var received: UInt64 = 0
        var sentByCommand: [String: UInt64] = [:]
        var receivedByCommand: [String: UInt64] = [:]
        var lastSend: Duration?
        var lastReceive: Duration?
        var lastTransaction: Duration?
        var lastBlock: Duration?
    }

    /// Messages that came and were not handled yet.
    struct Inbox: Sendable {
        /// Reading pauses above so many bytes (Bitcoin Core's -maxreceivebuffer).
        static let limit = 5_000_000

        /// What a message takes beyond its bytes: many small ones are not free.
        static let overhead = 256
        /// What a transaction of a compact block takes beyond its bytes, once it is read.
        static let transactionOverhead = 300

        private var messages: [Received] = []
        private var handled = 0
        private(set) var bytes = 0
        var isReadingPaused = false
        /// A question is out, on whose answer all later messages wait.
        var isWaiting = false
        /// Blocks that the chain is judging, and their bytes. Later messages wait for them, but for
        /// blocks that were asked for.
        var judging: [BlockHash: Int] = [:]
        /// The socket takes no more for now.
        var isBlocked = false
        /// What is still to be served of `getdata`, the next one last.
        var requests: [InventoryItem] = []
        /// Orphans whose parent came.
        var orphans: [Wtxid] = []
        /// What the peer misbehaved in; it is punished before its next message.
        var offence: String?

        /// What is to be done next for the peer.
        enum Task: Sendable { case nothing, serve, retry(Wtxid), read, readBlock(BlockHash) }

        var task: Task {
            if isWaiting || isBlocked { return .nothing }
            guard judging.isEmpty else {
                guard handled < messages.count,
                    case .message(.block(let block)) = messages[handled].content
                else { return .nothing }
                return .readBlock(block.hash)
            }
            if !requests.isEmpty { return .serve }
            if let orphan = orphans.first { return .retry(orphan) }
            return handled < messages.count ? .read : .nothing
        }

        /// Takes out the front of what is to be served: transactions together, a block alone.
        mutating func takeRequests(limit: Int) -> [InventoryItem] {
            guard let first = requests.popLast() else { return [] }
            var batch = [first]
            guard first.kind.isTransaction else { return batch }
            while batch.count < limit, let next = requests.last, next.kind.isTransaction {
                batch.append(next)
                requests.removeLast()
            }
            return batch
        }

        mutating func append(_ message: Received) {
            messages.append(message)
            bytes += Self.cost(of: message)
        }

        private static func cost(of message: Received) -> Int {
            var cost = message.size + overhead
            if case .message(.compactBlock(let block)) = message.content {
                cost += block.prefilled.count * transactionOverhead
            }
            return cost
        }

        /// Takes out the oldest. The room of those taken is given back now and then: one by one
        /// from the front of an array would take ever longer.
        mutating func next() -> Received? {
            guard handled < messages.count else { return nil }
            let message = messages[handled]
            handled += 1
            bytes -= Self.cost(of: message)
            if handled == messages.count || handled >= 1024 {
                messages.removeFirst(handled)
                handled = 0
            }
            return message
        }
    }

    /// Where the peer's chain stands, and what it is sending us of it.
    struct Sync: Sendable {
        var bestKnown: HeaderTree.Node?
        /// A block it announced whose header is not known here.
        var lastUnknown: BlockHash?
        var lastCommon: HeaderTree.Node?
        var isStarted = false
        var isPreferred = false
        /// When headers must have arrived; nil for no limit.
        var headersDeadline: Duration?
        var lastGetHeaders: Duration?
        var hasStartedByInventory = false
        var inFlight: [HeaderTree.Node] = []
        /// Blocks that are being judged and that came in compact form.
        var rebuilt: Set<BlockHash> = []
        var downloadingSince = Duration.zero
        var stallingSince: Duration?
        /// Watch over outbound peers whose chain lags behind.
        var isProtected = false
        var lagDeadline: Duration?
        var lagBenchmark: HeaderTree.Node?
        var hasAskedLaggard = false
    }

    /// What the peer is to be told of our chain.
    struct Announcing: Sendable {
        var prefersHeaders = false
        var hasSentSendHeaders = false
        var providesCompact = false
        var wantsCompact = false
        var lastSent: HeaderTree.Node?
        var byHeaders: [BlockHash] = []
        var byInventory: [BlockHash] = []
        /// When it asks for this block it is told our tip, to go on from there.
        var continuation: BlockHash?
    }

    /// What the peer is to be told of transactions.
    struct Relay: Sendable {
        var known = RecentSet(capacity: 50_000)
        var toSend: Set<Wtxid> = []
        var nextSend: Duration?
        /// What was in the pool by then may be asked for.
        var lastSequence: UInt64 = 1
        /// Satoshis per 1000 virtual bytes.
        var minimumFee: Int64 = 0
        var isPoolWanted = false
        var isChoosing = false
    }

    /// The fee rate below which the peer need not tell us of transactions.
    struct Fees: Sendable {
        var sent: Int64 = -1
        var nextSend = Duration.zero
    }

    /// What passes of other nodes' addresses.
    struct Gossip: Sendable {
        var isEnabled = false
        var known = RecentValues<Endpoint>(capacity: 5000)
        var toSend: [PeerAddress] = []
        var nextSend = Duration.zero
        var nextOwn: Duration?
        var hasAsked = false
        var wasAsked = false
        /// Addresses that may be taken in now; it fills slowly.
        var tokens = 1.0
        var tokensAt = Duration.zero
        var processed: UInt64 = 0
        var rateLimited: UInt64 = 0
    }
}
