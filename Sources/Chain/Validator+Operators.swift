import Consensus
public import Cryptography
import MemoryPool
public import Primitives
public import Storage

extension Validator {
    /// How many blocks of an invalidated branch give their transactions back to the pool: those next
    /// to its end (Core's `InvalidateBlock`).
    private static let readmittedBlocks = 10

    /// Treats a block and all that build on it as invalid; false if it is unknown. Genesis stays as
    /// it is, and so does the block where the node stops before it is taken back.
    ///
    /// Where blocks have been pruned, it stands for the lowest that can be taken back.
    public func invalidate(_ hash: BlockHash) throws(StorageError) -> Bool {
        defer { publish() }
        return try writing { () throws(StorageError) in
            guard let id = chain.index.find(hash) else { return false }
            guard chain.index.parent(of: id) != nil else { return true }
            if chain.index.isActive(id) {
                let isWhole = !chain.hasPruned && chain.unfinished == nil
                let lowest = isWhole ? id : chain.lowestRemovable(from: id)
                guard let id = lowest, let parent = chain.index.parent(of: id)
                else { return true }
                let blocks = try disconnect(
                    to: parent, isUrgent: false, keepingNewest: Self.readmittedBlocks)
                guard chain.index.tip == parent else {
                    try recheckPool()
                    return true
                }
                chain.index.invalidate(id)
                try readmit(blocks)
            } else {
                chain.index.invalidate(id)
            }
            try activate()
            try chain.writeIndex()
            return true
        }
    }

    /// Takes back what was said of a block, its ancestors and descendants. False if it is unknown.
    public func reconsider(_ hash: BlockHash) throws(StorageError) -> Bool {
        defer { publish() }
        return try writing { () throws(StorageError) in
            guard let id = chain.index.find(hash) else { return false }
            chain.index.reconsider(id)
            try activate()
            try chain.writeIndex()
            return true
        }
    }

    /// Prefers a block to others with as much work. False if it is unknown.
    public func precious(_ hash: BlockHash) throws(StorageError) -> Bool {
        defer { publish() }
        return try writing { () throws(StorageError) in
            guard let id = chain.index.find(hash) else { return false }
            if chain.index.prefer(id) { try activate() }
            try chain.writeIndex()
            return true
        }
    }

    /// Checks the last blocks again: 0 reads them, 1 checks them alone, 2 reads their undo data, 3
    /// takes them back in memory, 4 connects them again.
    ///
    /// - Parameter count: how many; 0 is all.
    /// - Returns: the first thing found wrong, with what repairs it; nil if all is well. That blocks were
    ///   pruned, or that the coin cache was too small, counts as wrong, as with Core.
    public func verifyChain(level: Int, count: Int) throws(StorageError) -> StorageError? {
        try writing { () throws(StorageError) in
            if chain.coins.dirtyCount > 0 { try flushNow() }
        }
        switch try chain.verify(level: level, count: count) {
        case .sound: return nil
        case .ended: throw Self.closing
        case .damaged(let damage): return damage
        case .incomplete:
            noteIncomplete()
            return StorageError(path: "", reason: Self.insufficientCache)
        case .stopped(let height):
            noteStop(at: height)
            return StorageError(
                path: chain.files.blockPath(0),
                reason: "The block at height \(height) was pruned, and could not be looked at")
        }
    }
}
