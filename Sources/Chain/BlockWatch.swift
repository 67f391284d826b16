import Consensus
import Primitives

/// Blocks at hand while the best chain is looked for: they need not be read back, and it is noted
/// what becomes of each.
struct BlockWatch {
    enum Verdict {
        case connected
        case failed(BlockError)
    }

    private var blocks: [BlockID: Block] = [:]
    private var verdicts: [BlockID: Verdict] = [:]

    mutating func add(_ block: Block, as id: BlockID) { blocks[id] = block }

    func block(_ id: BlockID) -> Block? { blocks[id] }

    /// Nil for a block that was not tried.
    func verdict(on id: BlockID) -> Verdict? { verdicts[id] }

    /// Notes a verdict; false if the block is not watched.
    @discardableResult
    mutating func note(_ verdict: Verdict, on id: BlockID) -> Bool {
        guard blocks[id] != nil else { return false }
        verdicts[id] = verdict
        return true
    }
}
