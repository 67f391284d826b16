import Consensus
import Primitives
import Storage

/// A block that stands on the active chain while its scripts are still being run, so that the next
/// can be looked at meanwhile. It is taken back like any other should one of them fail.
struct UnsettledBlock {
    var id: BlockID
    var block: Block
    var job: ScriptJob
    /// What undoes it, to be kept when it is settled; nil if that was kept before.
    var undo: Deferred<UndoRecord>?
    /// Why the payout ledger does not follow it, nil in it where it does; nil where that was not
    /// judged anew.
    var flaw: PayoutFlaw??
}

extension Chainstate {
    /// Waits for the scripts of the oldest unsettled block; returns it with the rule it breaks, or
    /// nil if there is none. In either case it may then be taken back.
    func settleOldest() throws(StorageError) -> (block: UnsettledBlock, error: BlockError?)? {
        guard let oldest = unsettled.first else { return nil }
        unsettled.removeFirst()
        try keepUndo(of: oldest)
        if let failure = scripts.finish(oldest.job) { return (oldest, .script(failure)) }
        index.raiseValidity(oldest.id, to: .scripts)
        if let flaw = oldest.flaw {
            tell(flaw, of: oldest.block.hash, at: index.height(of: oldest.id))
        }
        return (oldest, nil)
    }

    /// Waits for the scripts of the blocks after one that turned out bad, and forgets the outcome:
    /// they stand on it. They are then to be taken back.
    func dropUnsettled() throws(StorageError) {
        for dropped in unsettled {
            _ = scripts.finish(dropped.job)
            try keepUndo(of: dropped)
        }
        unsettled.removeAll()
    }

    private func keepUndo(of block: UnsettledBlock) throws(StorageError) {
        if let undo = block.undo { try keep(undo: undo.wait(), of: block.id) }
    }
}
