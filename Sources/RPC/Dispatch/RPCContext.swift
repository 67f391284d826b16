public import Chain
public import Genesis
public import Indexes
public import Mining
public import MiningService
public import Networking
public import Notation
public import Stratum
public import Wallets

/// What a method works on: the parts of the node and what they share.
public struct RPCContext: Sendable {
    public var definition: Network
    /// The text of that definition, as a founder may copy it.
    public var definitionText: [UInt8] = []
    public var validator: Validator
    /// The clock of the whole node, which `setmocktime` stops.
    public var clock: SystemClock
    /// The peers; nil in a node without any.
    public var network: PeerNetwork?
    /// The wallets; nil in a node without any.
    public var wallets: WalletStore?
    /// The miner; nil in a node without one.
    public var miner: Miner?
    /// The file of the roster; nil in a node without one.
    public var roster: RosterSource?
    /// The door for miners; nil in a node without one.
    public var stratum: StratumServer?
    /// When the node started.
    public var startTime: ContinuousClock.Instant
    /// The folder of this network's data.
    public var dataDirectory: String
    public var logPath: String
    public var registry: MethodRegistry
    /// Where each transaction stands; nil in a node that does not remember.
    public var transactionIndex: TransactionIndex?
    /// The filters of all blocks; nil in a node that keeps none.
    public var blockFilterIndex: BlockFilterIndex?
    /// The coins after each block, counted; nil in a node that does not count them.
    public var coinStatisticsIndex: CoinStatisticsIndex?
    /// What each script received and spent; nil in a node that does not remember.
    public var addressIndex: AddressIndex?
    /// Where each coin was spent; nil in a node that does not remember.
    public var spenderIndex: SpenderIndex?
    /// What Core's `deprecatedrpc` option names.
    public var deprecated: Set<String> = []
    /// What goes to the log.
    public var logCategories = LogCategories()
    /// Writes to the log of whoever asks for a category of it.
    public var log: @Sendable (_ category: String, _ text: String) -> Void = { _, _ in }
    /// Writes to the log what an answer has no room for.
    public var report: @Sendable (String) -> Void = { _ in }
    /// Asks the node to stop, as a signal would.
    public var shutdown: @Sendable () -> Void
    /// Returns once the node stops, so that no call waits any longer.
    public var stopping: @Sendable () async -> Void
    var active = ActiveCommands()
    let coinScans = ScanDesk()
    let blockScans = ScanDesk()
    let rosterChanges = CallQueue()

    public init(
        definition: Network, validator: Validator, clock: SystemClock,
        startTime: ContinuousClock.Instant, dataDirectory: String, logPath: String,
        registry: MethodRegistry, shutdown: @escaping @Sendable () -> Void,
        stopping: @escaping @Sendable () async -> Void
    ) {
        self.definition = definition
        self.validator = validator
        self.clock = clock
        self.startTime = startTime
        self.dataDirectory = dataDirectory
        self.logPath = logPath
        self.registry = registry
        self.shutdown = shutdown
        self.stopping = stopping
    }
}

extension RPCContext {
    /// What the operator should know of, in the form that answers have.
    public func warningsJSON() async -> JSON {
        let warnings = await validator.warnings
        guard deprecated.contains("warnings") else { return .array(warnings.map(JSON.string)) }
        return .string(warnings.last ?? "")
    }
}

/// Where the roster is written down, and how it is read.
public struct RosterSource: Sendable {
    public var path: String
    /// Reads and checks a roster's text.
    public var read: @Sendable (String) async throws -> Roster

    public init(path: String, read: @escaping @Sendable (String) async throws -> Roster) {
        self.path = path
        self.read = read
    }
}
