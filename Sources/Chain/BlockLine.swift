import Consensus
import Cryptography
import Genesis
import Primitives
import Synchronization

/// A block that was handed in and waits to be judged, beside others; see `Validator.handIn`.
public final class SubmittedBlock: Sendable {
    /// It with what can be said of it alone, which is worked out while it waits.
    let judged: Deferred<JudgedBlock>
    let isForced: Bool
    let isWorkChecked: Bool
    let hash: BlockHash
    /// In bytes.
    let size: Int
    private let given = Mutex<BlockReport?>(nil)

    /// From this size on, in bytes, to judge a block takes longer than to begin on another thread.
    private static let worthwhileSize = 100_000

    init(_ block: Block, in network: Network, isForced: Bool, isWorkChecked: Bool) {
        self.isForced = isForced
        self.isWorkChecked = isWorkChecked
        hash = block.hash
        size = block.totalSize
        judged = Deferred(isWorthwhile: size > Self.worthwhileSize) {
            JudgedBlock(block, in: network)
        }
    }

    /// What became of it; nil until it has been judged.
    public var report: BlockReport? { given.withLock { $0 } }

    func give(_ report: BlockReport) { given.withLock { $0 = report } }
}

/// What is told of a block that was judged with others.
public struct BlockReport: Sendable {
    public var outcome: BlockOutcome
    /// Nil where its header is not kept.
    public var info: BlockInfo?
    /// Whether the chain was still being downloaded by then.
    public var isInitialDownload: Bool
    /// Blocks that had been kept, and were found invalid meanwhile; told once.
    public var invalidated: [InvalidBlock]
}

/// The blocks that were handed in, in the order they came. Who hands them in bounds them.
final class BlockLine: Sendable {
    private let waiting = Mutex<[SubmittedBlock]>([])

    func append(_ block: SubmittedBlock) { waiting.withLock { $0.append(block) } }

    /// Takes out the oldest.
    func next() -> SubmittedBlock? {
        waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
