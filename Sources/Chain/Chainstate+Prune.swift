import Consensus
import Genesis
import Storage

extension Chainstate {
    /// The last blocks, which are always kept for a reorganisation (Core's MIN_BLOCKS_TO_KEEP).
    static let keptBlocks = 288

    /// What a file may grow by until it is looked at again, in bytes.
    private static let growth = BlockFiles.blockChunk + BlockFiles.undoChunk

    /// Gives up the files of which no block is above `height`; with `target`, only the oldest, as
    /// many as it takes to come below so many bytes. Returns how many went.
    ///
    /// The disk is brought to the present block first: from there on a restart needs none of them.
    func prune(upTo height: Int, target: Int? = nil, reserve: Int = 0) throws(StorageError) -> Int {
        let limit = min(height, index.activeHeight - Self.keptBlocks)
        guard limit > 0 else { return 0 }
        var usage = try files.totalSize()
        let highest = index.highestBlocks()
        let waiting = filesInWaiting()
        var dropped: [Int] = []
        for file in try files.numbers() where file < files.last {
            if let target, usage + Self.growth + reserve < target { break }
            guard let number = Int32(exactly: file), let top = highest[number], top <= limit,
                !waiting.contains(number)
            else { continue }
            usage -= files.size(file)
            dropped.append(file)
        }
        guard !dropped.isEmpty else { return 0 }
        try flushAll()
        pruned.note(index.drop(files: Set(dropped.map { Int32(truncatingIfNeeded: $0) })))
        put(StoreKey.hasPruned, [])
        hasPruned = true
        try writeIndex(sync: true)
        for file in dropped { try files.remove(file) }
        return dropped.count
    }

    /// The files with blocks that are still to be connected in the background, or might have to be
    /// taken back there.
    private func filesInWaiting() -> Set<Int32> {
        guard let unfinished, let background else { return [] }
        let start = background.chain.count - 1 - Self.keptBlocks
        var files: Set<Int32> = []
        for id in index.ids where index.status(of: id).hasData {
            let node = index[id]
            if node.height > start, node.height <= unfinished.snapshot.height {
                files.insert(node.file)
            }
        }
        return files
    }

    /// Removes files that were given up, where a crash came before their end.
    func removeLeftovers() throws(StorageError) {
        guard hasPruned else { return }
        let highest = index.highestBlocks()
        for file in try files.allNumbers() where file < files.last {
            guard let number = Int32(exactly: file), highest[number] == nil else { continue }
            try files.remove(file)
        }
    }

    /// The lowest block from which on all blocks up to the tip could be taken back, but not below
    /// `id`; nil where that is not even the tip.
    func lowestRemovable(from id: BlockID) -> BlockID? {
        var lowest: BlockID?
        var walk = index.tip
        while let here = walk, index.height(of: here) >= index.height(of: id) {
            let status = index.status(of: here)
            guard status.hasData, status.hasUndo, index.parent(of: here) != nil,
                here != index.assumedBase
            else { break }
            lowest = here
            walk = index.parent(of: here)
        }
        return lowest
    }
}
