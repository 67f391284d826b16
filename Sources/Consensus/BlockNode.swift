public import Cryptography
public import Primitives

/// The place of a block in a `BlockIndex`; good for as long as the index lives.
public struct BlockID: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static func < (left: BlockID, right: BlockID) -> Bool { left.rawValue < right.rawValue }
}

/// A block as the header tree knows it.
public struct BlockNode: Sendable {
    public let hash: BlockHash
    public let merkleRoot: Hash256
    /// The hashes that were needed on average for the chain up to and with this block.
    public let chainWork: UInt256
    /// Nil for the genesis block alone.
    public let parent: BlockID?
    /// A far ancestor, for long walks.
    let skip: BlockID?
    private let storedHeight: Int32
    public let version: Int32
    public let time: UInt32
    public let bits: UInt32
    public let nonce: UInt32
    /// The latest time in the chain up to and with this block.
    public let maximumTime: UInt32

    public internal(set) var status: BlockStatus
    /// Nonzero once the transactions have been seen.
    public internal(set) var transactionCount: UInt32 = 0
    /// Transactions in the chain up to and with this block; zero while those of any are unseen.
    public internal(set) var chainTransactionCount: UInt64 = 0
    /// The number of the block file, and of the undo file beside it.
    public internal(set) var file: Int32 = 0
    public internal(set) var dataPosition: UInt32 = 0
    public internal(set) var undoPosition: UInt32 = 0
    /// Of two tips with the same work, the one with the lower number is preferred.
    public internal(set) var sequence: Int32 = BlockIndex.sequenceFromDisk

    init(
        hash: BlockHash, header: BlockHeader, parent: BlockID?, skip: BlockID?, height: Int,
        chainWork: UInt256, maximumTime: UInt32, status: BlockStatus
    ) {
        self.hash = hash
        merkleRoot = header.merkleRoot
        self.chainWork = chainWork
        self.parent = parent
        self.skip = skip
        storedHeight = Int32(clamping: height)
        version = header.version
        time = header.time
        bits = header.bits
        nonce = header.nonce
        self.maximumTime = maximumTime
        self.status = status
    }

    /// The number of blocks before it.
    public var height: Int { Int(storedHeight) }
}

/// What a data directory keeps of a block; the rest of its node follows from the others.
public struct BlockRecord: Hashable, Sendable {
    public var header: BlockHeader
    public var height: Int
    public var status: BlockStatus
    public var transactionCount: UInt32
    public var file: Int32
    public var dataPosition: UInt32
    public var undoPosition: UInt32

    public init(
        header: BlockHeader, height: Int, status: BlockStatus, transactionCount: UInt32,
        file: Int32, dataPosition: UInt32, undoPosition: UInt32
    ) {
        self.header = header
        self.height = height
        self.status = status
        self.transactionCount = transactionCount
        self.file = file
        self.dataPosition = dataPosition
        self.undoPosition = undoPosition
    }
}

/// The records of a data directory do not make a tree.
public enum BlockIndexError: Error, Hashable, Sendable, CustomStringConvertible {
    case foreignGenesis(BlockHash)
    case missingParent(BlockHash)
    case wrongHeight(BlockHash)
    case badProofOfWork(BlockHash)
    case missingTip(BlockHash)

    public var description: String {
        switch self {
        case .foreignGenesis(let hash):
            "block \(hash.displayHex) of the block index begins another network's chain"
        case .missingParent(let hash):
            "block \(hash.displayHex) of the block index has no parent there"
        case .wrongHeight(let hash):
            "block \(hash.displayHex) of the block index has the wrong height"
        case .badProofOfWork(let hash):
            "block \(hash.displayHex) of the block index lacks its proof of work"
        case .missingTip(let hash):
            "the coins are those of block \(hash.displayHex), which the block index lacks"
        }
    }
}
