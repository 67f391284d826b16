public import Cryptography
public import Primitives

/// The valid transactions that wait for a block, and which of them are worth keeping.
///
/// A value with one owner. It reads no coin, clock or script by itself: gather what
/// `outPointsNeeded` names, `judge`, run the scripts, then `commit`. Nothing changes before the
/// last step.
///
/// Transactions that spend from one another form clusters, of 64 at most. Each cluster is kept in
/// the order that pays a miner best, cut in chunks; the order of mining, eviction and the judgement
/// of replacements are all read off those chunks, as in Core since 31.0.
public struct Mempool: Sendable {
    public var policy: MempoolPolicy

    // MARK: What it holds

    /// Entries by slot. A vacant slot belongs to no cluster.
    var slots: [Slot] = []
    var vacant: [Int32] = []
    var byTxid: [Txid: Int32] = [:]
    var byWtxid: [Wtxid: Int32] = [:]
    /// Who spends an output: a coin of the chain, or one made in the pool.
    var spenders: [OutPoint: Int32] = [:]
    /// By a number that is never used again: a cluster that changes gets a new one.
    var clusters: [Int: Cluster] = [:]
    var nextCluster = 0
    /// Clusters from which something was taken, to be put in order again.
    var unsettled: Set<Int> = []
    /// Slots emptied since, free once the clusters they were in are in order.
    var vacatedSlots: [Int32] = []
    /// The chunks of all clusters in the order to mine them, which backwards is that of eviction.
    var order = ChunkOrder()

    /// What the operator added to fees, in satoshis, of transactions here or still to come.
    public internal(set) var deltas: [Txid: Int64] = [:]
    /// Transactions of our own that no peer has asked for yet.
    public internal(set) var unbroadcast: Set<Txid> = []

    // MARK: Its sums

    /// All virtual sizes together.
    public internal(set) var totalVirtualSize = 0
    /// All fees together, without deltas.
    public internal(set) var totalFee = Amount.zero
    /// About how many bytes of memory it takes.
    public internal(set) var memoryUsage = 0
    /// The number the next change will bear.
    public internal(set) var sequence: UInt64 = 1
    /// Counts all changes; a template is stale once it has moved.
    public internal(set) var updates: UInt64 = 0

    var rollingFee = RollingFee()
    /// No entry came before this.
    var oldestTime = Int64.max
    var changes: [MempoolChange] = []

    public init(policy: MempoolPolicy = MempoolPolicy()) { self.policy = policy }

    public var count: Int { byTxid.count }
    public var isEmpty: Bool { byTxid.isEmpty }

    /// The changes since this was last asked, oldest first.
    public mutating func takeChanges() -> [MempoolChange] {
        defer { changes = [] }
        return changes
    }
}

/// A place for an entry, and its ties to others.
struct Slot: Sendable {
    static let noCluster = -1

    var entry: MempoolEntry
    /// Slots of the pool's transactions whose outputs it spends, each once.
    var parents: [Int32]
    var children: [Int32]
    var cluster: Int
    /// Its place in the cluster's order, and the chunk that place falls in.
    var position: Int32 = 0
    var chunk: Int32 = 0
}

/// Transactions connected by spending, in the order to mine them.
struct Cluster: Sendable {
    struct Chunk: Sendable {
        /// Modified fees over adjusted weights.
        var rate: FeeFraction
        /// Where in the order it begins, and where the next one does.
        var start: Int32
        var end: Int32
        /// How much this chunk and those before it of the same rate weigh.
        var equalRatePrefix: Int64
        /// The greatest txid in it.
        var last: TieBreak

        /// Whether it is mined before `other`: by rate, then what is first or lighter, then txids.
        func precedes(_ other: Chunk) -> Bool {
            if rate.isHigherRate(than: other.rate) { return true }
            if other.rate.isHigherRate(than: rate) { return false }
            guard equalRatePrefix == other.equalRatePrefix else {
                return equalRatePrefix < other.equalRatePrefix
            }
            return last < other.last
        }
    }

    var members: [Int32]
    var chunks: [Chunk]
    var weight: Int64
    /// More than limits allow, until trimmed: only while a reorganisation puts blocks back.
    var isOversized = false
}
