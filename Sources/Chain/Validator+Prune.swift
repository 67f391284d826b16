import Consensus
import Primitives
public import Storage

extension Validator {
    /// What becomes of old block files.
    public nonisolated var pruneMode: PruneMode { configuration.prune }

    /// The chain must be this long before anything is pruned.
    public nonisolated var pruneAfterHeight: Int { configuration.pruneAfterHeight }

    /// The last blocks are kept whatever is asked for.
    public nonisolated var keptBlocks: Int { Chainstate.keptBlocks }

    /// The highest block of the active chain that is not here with its undo data; nil where all are.
    public var prunedHeight: Int? { chain.index.prunedHeight }

    /// Counts how often block files were given up since the start.
    public var pruneCount: UInt64 { chain.pruned.count }

    /// The blocks that went since the count was `count`, as they are known now, with the count as it
    /// is; nil for all of them where that is no longer remembered.
    public func prunedBlocks(since count: UInt64) -> (count: UInt64, infos: [BlockInfo]?) {
        let ids = chain.pruned.blocks(since: count)
        return (chain.pruned.count, ids.map { ids in ids.map { chain.info($0) } })
    }

    /// The height of the first block of the active chain that is as late as `time`, in seconds since
    /// 1970, or comes after one that is.
    public func height(atLeast time: Int64) -> Int? {
        chain.index.earliest(atLeast: time).map { chain.index.height(of: $0) }
    }

    /// Whether all blocks of the active chain above `height` can be read, with their undo data.
    public func hasBlocks(above height: Int) -> Bool {
        guard let background = chain.background else {
            return (chain.index.prunedHeight ?? -1) <= height
        }
        // Above the base all is there, and what is to be checked still comes.
        chain.index.exchangeActive(&background.chain)
        defer { chain.index.exchangeActive(&background.chain) }
        return (chain.index.prunedHeight ?? -1) <= height
    }

    /// Keeps the blocks from `height` on for a follower that has yet to read them, and a few below;
    /// nil gives them free.
    public func holdPruning(_ name: String, from height: Int?) {
        pruneLocks.set(name, to: height)
    }

    /// Lets old files go from here on: all followers have said what they need.
    public func startPruning() throws(StorageError) {
        pruneLocks.isHeld = false
        try writing { () throws(StorageError) in try pruneNow() }
    }

    /// Gives up the files of which no block is above `height`, as far as followers allow.
    public func prune(upTo height: Int) throws(StorageError) {
        guard configuration.prune != .off, height > 0 else { return }
        try writing { () throws(StorageError) in
            let limit = pruneLimit()
            let count = try chain.prune(upTo: min(height, limit))
            configuration.log(
                "prune", "Prune (Manual): prune_height=\(height) removed \(count) blk/rev pairs")
        }
    }

    /// Prunes if files have grown by a piece since this was last done. All blocks must be settled.
    func pruneIfDue() throws(StorageError) {
        guard case .automatic = configuration.prune, chain.files.takeGrowth() else { return }
        try pruneNow()
    }

    private func pruneNow() throws(StorageError) {
        guard case .automatic(let target) = configuration.prune, !pruneLocks.isHeld,
            chain.index.activeHeight > configuration.pruneAfterHeight
        else { return }
        let limit = pruneLimit()
        let ahead = chain.index.height(of: chain.index.bestHeader) - chain.index.activeHeight
        // During the download room is made for blocks to come, so as to flush less often.
        let reserve = isInitialBlockDownload && ahead > 0 ? ahead * 1_000_000 : 0
        let count = try chain.prune(upTo: limit, target: target, reserve: reserve)
        if count > 0 {
            configuration.log(
                "prune", "Prune: max_prune_height=\(limit) removed \(count) blk/rev pairs")
        }
    }

    /// Lets followers that have seen the block just taken back go back with the chain.
    func movePruneLocksBack() {
        guard configuration.prune != .off else { return }
        let height = chain.index.activeHeight
        for name in pruneLocks.moveBack(to: height) {
            configuration.log("prune", "\(name) prune lock moved back to \(height)")
        }
    }

    private func pruneLimit() -> Int {
        let limit = pruneLocks.limit(below: chain.index.activeHeight)
        if let name = limit.name {
            configuration.log("prune", "\(name) limited pruning to height \(limit.height)")
        }
        return limit.height
    }
}
