import Cryptography
import Genesis
import Primitives
public import Wire

/// Every peer's protocol, as one machine that is told what happened and when, and answers with
/// what to do. It holds no socket, reads no clock and asks nobody.
///
/// Messages of one peer are handled strictly in order: while the chain is asked about one, those
/// after it wait.
public struct Swarm: Sendable {
    public internal(set) var settings: SwarmSettings
    public internal(set) var book: AddressBook
    public internal(set) var bans: BanList

    var random: Randomness
    var peers: [PeerID: Peer] = [:]
    var lastID: Int64 = -1
    var tree: HeaderTree
    var isInitialDownload = true
    var chain = ChainView()
    var dialing = Dialing()
    /// What is to be fetched beside the blocks toward the tip.
    public internal(set) var history: MissingHistory?
    var downloads = Downloads()
    var requests = TransactionRequests()
    var orphanage = Orphanage()
    /// Transactions found invalid since the tip last changed.
    var rejected = RecentSet(capacity: 120_000)
    /// Those of them that pay too little by themselves: nobody is asked for them because they are
    /// announced, but what spends them may be kept, and asks for them.
    var underpaying = RecentSet(capacity: 120_000)
    /// Transactions of the newest blocks.
    var confirmed = RecentSet(capacity: 48_000)
    var poolMinimum: FeeRate
    var totals = NetworkTotals()
    /// When inbound peers of one entrance are next told of transactions: all at once, so that a spy
    /// with many connections learns no more than one.
    var nextInboundSend: [Connection.Entrance: Duration] = [:]
    /// What was answered to `getaddr` lately; asking again through another connection tells no
    /// more.
    var addressAnswers: [Connection.Entrance: AddressAnswer] = [:]
    /// How many peers that came to us named each of the addresses the operator did.
    var ownScores: [Endpoint: Int] = [:]
    var isActive: Bool

    var actions: [SwarmAction] = []

    /// - Parameters:
    ///   - genesis: the first header of the network.
    ///   - seed: what all random choices follow from.
    public init(
        settings: SwarmSettings, genesis: HeaderRecord, seed: (UInt64, UInt64),
        book: AddressBook? = nil, bans: BanList = BanList()
    ) {
        self.settings = settings
        self.book = book ?? AddressBook(allowsPrivate: settings.network.relaysPrivateAddresses)
        self.bans = bans
        random = Randomness(seed: seed)
        tree = HeaderTree(genesis: genesis)
        poolMinimum = settings.minimumRelayFeeRate
        isActive = settings.isActive
        dialing.added = settings.addedNodes
    }

    struct AddressAnswer: Sendable {
        var made: Duration
        var addresses: [PeerAddress]
    }

    /// What is known of the chain beyond its headers.
    struct ChainView: Sendable {
        var tipChangedAt: Duration?
        /// Headers of the newest blocks, for announcements.
        var recentHeaders: [BlockHash: BlockHeader] = [:]
        var recentOrder: [BlockHash] = []
        var lastInventoryTrigger: BlockHash?
    }

    /// Which blocks are under way from whom.
    struct Downloads: Sendable {
        var source: [HeaderTree.Node: PeerID] = [:]
        /// Blocks that came and that the chain is judging.
        var judging: [HeaderTree.Node: PeerID] = [:]
        /// Who sent the blocks that were taken lately: a branch is judged in full only when it
        /// would win.
        var senders: [BlockHash: Sender] = [:]
        var senderOrder: [BlockHash] = []
        var compact = CompactDownloads()
        var stallLimit = Duration.seconds(2)
        /// Peers that blocks come from right now.
        var peerCount = 0

        struct Sender: Sendable {
            var peer: PeerID
            var isCompact: Bool
        }
    }

    /// What we offer to others: who lacks old blocks serves new ones alone.
    public var services: Services {
        history == nil ? settings.services : settings.services.subtracting(.network)
    }

    // MARK: - Events

    /// Takes in what happened.
    ///
    /// - Parameter now: time since 1970.
    public mutating func handle(_ event: SwarmEvent, at now: Duration) -> [SwarmAction] {
        switch event {
        case .received(let id, let received): receive(received, from: id, at: now)
        case .transport(let id, let event): handle(event, of: id, at: now)
        case .writable(let id, let isWritable):
            peers[id]?.inbox.isBlocked = !isWritable
            if isWritable { pump(id, at: now) }
        case .disconnected(let id): forget(id, at: now)
        case .dialFailed(let request): dialFailed(request, at: now)
        case .answered(let id, let answer): take(answer, for: id, at: now)
        case .chainChanged(let update): follow(update, at: now)
        case .blockFailed(let verdict): blockFailed(verdict)
        case .relay(let name): announce(name)
        case .mempoolMinimum(let rate): poolMinimum = rate
        case .seeded(let endpoints): takeSeeds(endpoints, at: now)
        case .timePassed: passTime(to: now)
        }
        return flush()
    }

    mutating func flush() -> [SwarmAction] {
        defer { actions = [] }
        return actions
    }

    /// All peers, in order of their making.
    var ids: [PeerID] { peers.keys.sorted() }

    private mutating func passTime(to now: Duration) {
        for id in ids { step(id, at: now) }
        dialMore(at: now)
    }

    // MARK: - Helpers of all parts

    mutating func send(_ message: Message, to id: PeerID) {
        guard peers[id]?.isLeaving == false else { return }
        actions.append(.send(id, message))
    }

    mutating func log(_ text: String) { log(.debug, text) }

    mutating func log(_ level: LogLevel, _ text: String) {
        actions.append(.log(level, text))
    }

    /// Closes a connection. The peer is forgotten when the socket says so.
    mutating func leave(_ id: PeerID, _ reason: String, level: LogLevel = .debug) {
        guard peers[id]?.isLeaving == false else { return }
        log(level, "\(reason), disconnecting peer=\(id)")
        peers[id]?.isLeaving = true
        actions.append(.disconnect(id))
    }

    /// Asks the chain on behalf of a peer, whose further messages wait.
    mutating func ask(_ question: Question, for id: PeerID) {
        peers[id]?.inbox.isWaiting = true
        actions.append(.ask(id, question))
    }

    /// Counts bytes that were handed to the socket.
    public mutating func sent(command: String, size: Int, to id: PeerID, at now: Duration) {
        let bytes = UInt64(size)
        totals.sent &+= bytes
        guard peers[id] != nil else { return }
        peers[id]?.traffic.sent &+= bytes
        peers[id]?.traffic.lastSend = now
        let name = Message.knownCommands.contains(command) ? command : "*other*"
        peers[id]?.traffic.sentByCommand[name, default: 0] &+= bytes
    }
}

/// All bytes since the start.
public struct NetworkTotals: Hashable, Sendable {
    public var received: UInt64 = 0
    public var sent: UInt64 = 0

    public init() {}
}
