import Consensus
import Cryptography
import Genesis
import MemoryPool
import Primitives
import Storage

extension Validator {
    /// Bytes of blocks taken back whose transactions are kept for the mempool: about what Core's
    /// 20 MB of memory hold.
    private static let readmissionLimit = 8 << 20

    /// How many blocks may stand on the chain while their scripts are run.
    private static let unsettledLimit = 16

    /// After how much of blocks, in bytes, it is written down how far the chain has come, and
    /// followers are told: to do it for each of many small blocks takes longer than they do.
    private static let tellingStretch = 1 << 20
    /// What a block counts for beyond its bytes.
    private static let tellingOverhead = 16 << 10

    /// Moves to the best chain there is: the one with most work of which all blocks are here and
    /// none breaks a rule.
    ///
    /// - Parameters:
    ///   - watch: the blocks at hand, whose verdicts are noted.
    ///   - settlesAll: false lets the scripts of the last blocks go on while the caller brings the
    ///     next; `settleAll()` ends that, and writes down what has changed in the index.
    func activate(
        watching watch: inout BlockWatch, settlesAll: Bool = true
    ) throws(StorageError) {
        while true {
            // A node that is to stop leaves what is to be connected to the next start.
            while !isStopping, let target = chain.index.bestCandidate(), target != chain.index.tip {
                try follow(target, &watch)
                chain.index.pruneCandidates()
            }
            guard settlesAll else { return }
            if try settle(leaving: 0, &watch) { break }
        }
        try chain.writeIndex()
    }

    /// The same with no block at hand.
    func activate() throws(StorageError) {
        var watch = BlockWatch()
        try activate(watching: &watch)
    }

    /// Waits for all scripts, and moves to the best chain there is if any of them fails.
    func settleAll() throws(StorageError) { try activate() }

    /// Connects the blocks towards `target` until one turns out bad.
    private func follow(
        _ target: BlockID, _ watch: inout BlockWatch
    ) throws(StorageError) {
        let fork = chain.index.tip.map { _ in chain.index.fork(of: target) ?? chain.index.genesis }
        if fork != chain.index.tip, !(try settle(leaving: 0, &watch)) { return }
        let disconnected =
            try fork.map { id throws(StorageError) in
                try disconnect(to: id, isUrgent: false)
            } ?? []
        var feed: BlockFeed?
        while !isStopping, let next = nextStep(toward: target) {
            guard let block = try blockToConnect(next, toward: target, watch, &feed) else {
                try forget(next)
                break
            }
            if let error = try chain.connect(next, block) {
                // Of a block on a bad one nothing is known.
                guard try settle(leaving: 0, &watch) else { break }
                refuse(next)
                judge(next, error, &watch)
                break
            }
            let isLast = isAtStopHeight
            guard try settle(leaving: isLast ? 0 : Self.unsettledLimit, &watch) else { break }
            if isLast { noteStopHeight() }
            if chain.isFull || isFlushDue {
                guard try settle(leaving: 0, &watch) else { break }
                try flushNow(emptyingCache: chain.isFull)
            }
            untold += block.totalSize + Self.tellingOverhead
            guard untold >= Self.tellingStretch else { continue }
            untold = 0
            try chain.writeIndex()
            if disconnected.isEmpty, chain.unsettled.isEmpty { publish() }
        }
        guard !disconnected.isEmpty else { return }
        // What is good again for the pool is told by the chain as it then is.
        _ = try settle(leaving: 0, &watch)
        try readmit(disconnected)
    }

    /// Waits for the scripts of the oldest unsettled blocks until `count` are left, and lets go of
    /// those that are done in any case. If one fails, it and what was built on it is taken back, and
    /// the answer is false.
    private func settle(
        leaving count: Int, _ watch: inout BlockWatch
    ) throws(StorageError) -> Bool {
        while let oldest = chain.unsettled.first,
            chain.unsettled.count > count || oldest.job.isDone,
            let (settled, error) = try chain.settleOldest()
        {
            guard let error else {
                watch.note(.connected, on: settled.id)
                pool.blockConnected(settled.block, now: clock.now())
                continue
            }
            try chain.dropUnsettled()
            try chain.writeIndex()
            let parent = chain.index.parent(of: settled.id) ?? chain.index.genesis
            _ = try disconnect(to: parent)
            refuse(settled.id)
            judge(settled.id, error, &watch)
            return false
        }
        return true
    }

    /// Gives the verdict on a block that is watched; of any other it is kept until asked for.
    private func judge(_ id: BlockID, _ error: BlockError, _ watch: inout BlockWatch) {
        noteFailed(id, error)
        guard !watch.note(.failed(error), on: id) else { return }
        noteInvalid(id, error)
    }

    /// Notes that a block breaks a rule for good.
    private func refuse(_ id: BlockID) {
        // Others may have been passed over for a tip that did not last.
        chain.index.invalidate(id)
    }

    /// The block after the tip on the way to one that builds on it; nil at the end.
    private func nextStep(toward target: BlockID) -> BlockID? {
        let height = chain.index.activeHeight + 1
        guard height <= chain.index.height(of: target) else { return nil }
        return chain.index.ancestor(of: target, at: height)
    }

    /// A block whose turn it is; nil where it is not on the disk as it was kept.
    private func blockToConnect(
        _ id: BlockID, toward target: BlockID, _ watch: BlockWatch, _ feed: inout BlockFeed?
    ) throws(StorageError) -> Block? {
        if let block = watch.block(id) { return block }
        if let block = try feed?.next(id) { return block }
        guard let stored = chain.stored(id) else { return nil }
        // A block by itself is not worth a thread.
        guard id != target else { return try stored.ifUnchanged(by: chain.files.reader) }
        var new = BlockFeed(from: id, toward: target, of: chain)
        let block = try new.next(id)
        feed = new
        if let block { return block }
        return try stored.ifUnchanged(by: chain.files.reader)
    }

    /// Forgets where a block is that the disk has changed: peers are asked for it again.
    func forget(_ id: BlockID) throws(StorageError) {
        guard chain.index.parent(of: id) != nil else {
            // Nobody sends the genesis block.
            throw StorageError(
                path: chain.files.blockPath(0),
                reason: "The genesis block is damaged or missing; "
                    + "restart with -reindex")
        }
        let path = chain.files.blockPath(Int(chain.index[id].file))
        configuration.report(
            "Block \(chain.index.hash(of: id).displayHex) in \(path) is damaged or missing, and is "
                + "to be fetched again")
        chain.index.dropData(id)
        chain.pruned.note([id])
    }

    /// Takes blocks back until the tip is `id`; returns them, newest first.
    ///
    /// - Parameters:
    ///   - isUrgent: whether it goes on where the node is to stop.
    ///   - limit: how many blocks are returned, the newest; nil is as many of the oldest as memory is
    ///     given to. What in the pool depends on the others goes.
    func disconnect(
        to id: BlockID, isUrgent: Bool = true, keepingNewest limit: Int? = nil
    ) throws(StorageError) -> [Block] {
        var blocks: [Block] = []
        var size = 0
        while let tip = chain.index.tip, tip != id, isUrgent || !isStopping {
            let block = try chain.disconnectTip()
            movePruneLocksBack()
            blocks.append(block)
            size += block.totalSize
            try chain.writeIndex()
            if chain.isFull { try chain.flush(emptyingCache: true) }
            if let limit {
                if blocks.count > limit { giveUp(blocks.removeLast()) }
                continue
            }
            // What would take too much memory is forgotten, the newest first.
            while size > Self.readmissionLimit, let dropped = blocks.first {
                giveUp(dropped)
                size -= dropped.totalSize
                blocks.removeFirst()
            }
        }
        return blocks
    }

    /// Drops from the pool what depends on a block that was taken back, and gives nothing back to it.
    private func giveUp(_ block: Block) {
        for transaction in block.transactions {
            pool.removeRecursive(transaction, reason: .reorg)
        }
    }

    /// Lets the transactions of blocks taken back into the pool again where they are still good,
    /// and drops from the pool what no longer is.
    func readmit(_ disconnected: [Block]) throws(StorageError) {
        for block in disconnected.reversed() {
            for transaction in block.transactions {
                guard !transaction.isCoinbase else {
                    pool.removeRecursive(transaction, reason: .reorg)
                    continue
                }
                let outcome = try admit(
                    transaction.detached(), TransactionOptions(bypassesLimits: true))
                // What the new chain holds as well is refused too, and its children live on.
                if case .rejected = outcome, !(try hasUnspentOutput(transaction)) {
                    pool.removeRecursive(transaction, reason: .reorg)
                }
            }
        }
        try recheckPool()
    }

    /// Drops from the pool what the next block could not hold.
    func recheckPool() throws(StorageError) {
        var gathered: [OutPoint: Coin] = [:]
        let points = pool.coinsToRecheck()
        for (point, coin) in zip(points, try chain.gather(points)) {
            gathered[point] = coin
        }
        pool.reorganised(
            in: context(), with: GatheredCoins(coins: gathered),
            locks: { chain.lock($0, coinHeights: $1) })
    }
}
