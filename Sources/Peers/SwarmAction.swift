public import Cryptography
public import Primitives
public import Wire

/// What the swarm wants done, in this order.
public enum SwarmAction: Sendable {
    case send(PeerID, Message)
    case disconnect(PeerID)
    /// Stops or goes on reading from a peer that sends faster than it is served.
    case setReading(PeerID, Bool)
    case dial(DialRequest)
    case resolveSeeds([String])
    case ask(PeerID, Question)
    /// Has the chain judge a block; it is told of by `Answer.block`. Blocks are judged in this order.
    case submit(PeerID, Block, wasRequested: Bool, isWorkChecked: Bool)
    case log(LogLevel, String)
    /// The bans have changed and are to be stored.
    case storeBans
}

public enum LogLevel: Sendable { case debug, info, warning }

/// A connection to be made.
public struct DialRequest: Hashable, Sendable {
    /// An address and port, or a name to look up.
    public var target: String
    public var kind: ConnectionKind
    /// Whether the encrypted transport (BIP324) is tried.
    public var isEncrypted: Bool

    public init(target: String, kind: ConnectionKind, isEncrypted: Bool) {
        self.target = target
        self.kind = kind
        self.isEncrypted = isEncrypted
    }
}

/// What only the chain can answer. The peer's further messages wait for the `Answer`, but for
/// `chooseAnnouncements` and `announceCompact`.
public enum Question: Sendable {
    case submitHeaders([BlockHeader])
    case submitTransaction(Transaction)
    case filterKnown([TransactionID])
    /// Which transactions of a block are in the pool.
    case findTransactions(CompactBlock)
    /// Send `headers`: those after the locator, or the one named `stop` for an empty locator.
    case serveHeaders(locator: [BlockHash], stop: BlockHash)
    case serveBlocksAfter(locator: [BlockHash], stop: BlockHash)
    case serveBlock(BlockHash, BlockForm)
    /// Send those that were in the pool when it stood at `sequence`.
    case serveTransactions([InventoryItem], before: UInt64)
    case serveBlockTransactions(BlockTransactionsRequest)
    /// Send what is asked of the filters of these blocks.
    case serveFilters(FilterRequest, of: [BlockHash])
    /// Which of these to tell a peer that wants at least this fee rate; nil asks for the whole
    /// pool.
    case chooseAnnouncements([Wtxid]?, atLeast: FeeRate, limit: Int)
    case announceCompact(BlockHash)
}

public enum BlockForm: Sendable { case full, withoutWitnesses, compact }
