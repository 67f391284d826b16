import Consensus
import Primitives

/// A block that stands on the active chain while its scripts are still being run, so that the next
/// can be looked at meanwhile. It is taken back like any other should one of them fail.
struct UnsettledBlock {
    var id: BlockID
    var block: Block
    var job: ScriptJob
}

extension Chainstate {
    /// Waits for the scripts of the oldest unsettled block; returns it with the rule it breaks, or
    /// nil if there is none.
    func settleOldest() -> (block: UnsettledBlock, error: BlockError?)? {
        guard let oldest = unsettled.first else { return nil }
        unsettled.removeFirst()
        if let failure = scripts.finish(oldest.job) { return (oldest, .script(failure)) }
        index.raiseValidity(oldest.id, to: .scripts)
        return (oldest, nil)
    }

    /// Waits for the scripts of the blocks after one that turned out bad, and forgets the outcome:
    /// they stand on it.
    func dropUnsettled() {
        for dropped in unsettled { _ = scripts.finish(dropped.job) }
        unsettled.removeAll()
    }
}
