public import Cryptography
public import Genesis
public import MemoryPool
public import Mining
public import Primitives
public import Storage

extension Validator {
    /// How a validator is to work.
    public struct Configuration: Sendable {
        /// What is made anew at the start.
        public enum Reindex: Hashable, Sendable {
            case nothing
            /// The coins, from the blocks (`-reindex-chainstate`).
            case chainstate
            /// The block index as well, from the block files (`-reindex`).
            case everything
        }

        public var network: Network
        /// The network's data directory.
        public var directory: String
        /// Where `blkNNNNN.dat` and `revNNNNN.dat` stand.
        public var blocksDirectory: String
        /// What the coin cache and the store's own cache may take together, in bytes.
        public var databaseCacheBytes = 450 << 20
        /// What may be remembered of signatures and scripts found good, in bytes (`-maxsigcachesize`).
        public var verificationCacheBytes = 32 << 20
        /// Threads for script checks; 0 is one for each processor, less than 0 leaves so many free.
        public var scriptThreads = 0
        /// The least work a chain must have to be followed; nil is the network's own.
        public var minimumChainWork: UInt256?
        /// Scripts below this block are taken as good; nil is the network's own, zero is none.
        public var assumeValid: BlockHash?
        public var reindex = Reindex.nothing
        /// Whether new block files are hidden from virus scanners (`-blocksxor`).
        public var hidesBlockFiles = true
        /// A tip older than this, in seconds, is taken for one still being downloaded to.
        public var maximumTipAge: Int64 = 24 * 60 * 60
        /// Files of blocks to be taken in at the start (`-loadblock`).
        public var loadBlocks: [String] = []
        /// What becomes of old block files.
        public var prune = PruneMode.off
        /// The chain must be longer than this before anything is pruned.
        public var pruneAfterHeight = 1000
        /// Whether nothing is pruned until `startPruning()`, since there are followers to come.
        public var holdsPruning = false
        /// How thoroughly, and how many of the last blocks, are checked at the start.
        public var checkLevel = 3
        public var checkBlocks = 6
        /// Whether the start is refused where the coin cache is too small for that.
        public var wantsWholeCheck = false
        /// The version that blocks built here bear; nil is what the deployments ask for.
        public var blockVersion: Int32?
        public var mempool = MempoolPolicy()
        /// The rosters by which coinbases are judged.
        public var rosters: [Roster] = []
        /// Whether the mempool outlives the process, in `mempool.dat`.
        public var persistsMempool = true
        /// The size from which a new block file is begun, in bytes.
        public var maximumBlockFileSize = 128 << 20
        /// The height at which no further block is connected (`-stopatheight`); 0 is none.
        public var stopHeight = 0
        /// The longest time between two flushes, in seconds.
        public var flushInterval: Int64 = 600
        /// Whether the node is to stop: what takes long then ends at the next block, whole.
        public var isStopping: @Sendable () -> Bool = { false }
        /// Is told what is worth a line in any log.
        public var report: @Sendable (_ text: String) -> Void = { _ in }
        /// Is told, under a category, what is worth a line in the log of whoever asks for it.
        public var log: @Sendable (_ category: String, _ text: String) -> Void = { _, _ in }
        /// By which tests make writes fail.
        public var writeFault = WriteFault.none

        public init(network: Network, directory: String) {
            self.network = network
            self.directory = directory
            blocksDirectory = directory + "/blocks"
        }
    }
}
