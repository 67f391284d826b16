public import Cryptography
public import Primitives

/// What the node knows of one block, as of the moment it was asked.
public struct BlockInfo: Hashable, Sendable {
    public var hash: BlockHash
    public var header: BlockHeader
    public var height: Int
    /// The work of the chain from genesis to this block.
    public var chainWork: UInt256
    /// The median time of the block and the ten before it, in seconds since 1970.
    public var medianTimePast: UInt32
    /// The transactions in the block; nil while only its header is known.
    public var transactionCount: Int?
    /// The transactions from genesis to this block; nil while any of the blocks is missing.
    public var chainTransactionCount: Int?
    /// 1 for the tip, more below it, -1 off the active chain.
    public var confirmations: Int
    /// The block that follows on the active chain.
    public var nextHash: BlockHash?
    public var isOnActiveChain: Bool
    /// Whether the block itself can be read.
    public var hasData: Bool
    public var hasUndo: Bool
    /// Whether the block was here and was given up with its file; what the disk lost while nothing was
    /// ever pruned is fetched again.
    public var isPruned: Bool
    /// Whether the block, or one it builds on, breaks a rule.
    public var isInvalid: Bool
    /// Whether the block was fully validated, scripts included, at some time.
    public var isFullyValid: Bool
}

/// The end of a branch, as `getchaintips` lists it.
public struct ChainTipInfo: Hashable, Sendable {
    public var hash: BlockHash
    public var height: Int
    /// The blocks since the branch left the active chain; 0 for the active chain.
    public var branchLength: Int
    /// Core's word: active, valid-fork, valid-headers, headers-only, invalid.
    public var status: String
}

/// The way from a block once seen to the tip: what to take back, then what to add.
public struct ChainPath: Hashable, Sendable {
    /// The last block that both have; nil if the follower had seen none.
    public var fork: BlockInfo?
    /// To be taken back, the newest first.
    public var disconnected: [BlockHash]
    /// To be added, the oldest first.
    public var connected: [BlockHash]
    /// Whether `connected` ends at the tip; otherwise ask again from its last.
    public var isComplete: Bool
}
