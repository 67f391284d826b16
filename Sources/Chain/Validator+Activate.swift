import Consensus
import Cryptography
import MemoryPool
import Primitives
import Storage

extension Validator {
    /// What became of a block that was watched while the best chain was looked for.
    enum Verdict {
        /// It was not tried.
        case none
        case connected
        case failed(BlockError)
    }

    /// Bytes of blocks taken back whose transactions are kept for the mempool.
    private static let readmissionLimit = 64 << 20

    /// Moves to the best chain there is: the one with most work of which all blocks are here and
    /// none breaks a rule.
    ///
    /// - Parameter watched: a block at hand, which need not be read back, and whose verdict is to
    ///   be returned.
    @discardableResult
    func activate(watching watched: (id: BlockID, block: Block)? = nil) throws(StorageError)
        -> Verdict
    {
        var verdict = Verdict.none
        while let target = chain.index.bestCandidate(), target != chain.index.tip {
            let disconnected = try disconnect(toForkWith: target)
            while let next = nextStep(toward: target) {
                let block = try blockToConnect(next, watched)
                if let error = try chain.connect(next, block) {
                    if next == watched?.id { verdict = .failed(error) }
                    guard error.result.marksFailed else {
                        throw StorageError(
                            path: chain.files.blockPath(Int(chain.index[next].file)),
                            reason: "Block \(block.hash.displayHex) was changed on the disk "
                                + "(\(error.rejectReason)); restart with -reindex")
                    }
                    chain.index.markFailed(next)
                    break
                }
                if next == watched?.id { verdict = .connected }
                pool.blockConnected(block, now: clock.now())
                try chain.writeIndex()
                try chain.flushIfFull()
                if disconnected.isEmpty { publish() }
            }
            chain.index.pruneCandidates()
            if !disconnected.isEmpty { try readmit(disconnected) }
        }
        return verdict
    }

    /// The block after the tip on the way to one that builds on it; nil at the end.
    private func nextStep(toward target: BlockID) -> BlockID? {
        let height = chain.index.activeHeight + 1
        guard height <= chain.index.height(of: target) else { return nil }
        return chain.index.ancestor(of: target, at: height)
    }

    private func blockToConnect(
        _ id: BlockID, _ watched: (id: BlockID, block: Block)?
    ) throws(StorageError) -> Block {
        if let watched, watched.id == id { return watched.block }
        if let block = try chain.block(id) { return block }
        throw StorageError(
            path: chain.files.blockPath(Int(chain.index[id].file)),
            reason: "Block \(chain.index.hash(of: id).displayHex) is missing; "
                + "restart with -reindex")
    }

    /// Takes blocks back until the tip is one that `target` builds on; returns them, newest first.
    private func disconnect(toForkWith target: BlockID) throws(StorageError) -> [Block] {
        guard chain.index.tip != nil else { return [] }
        return try disconnect(to: chain.index.fork(of: target) ?? chain.index.genesis)
    }

    /// Takes blocks back until the tip is `id`; returns them, newest first.
    func disconnect(to id: BlockID) throws(StorageError) -> [Block] {
        var blocks: [Block] = []
        var size = 0
        while let tip = chain.index.tip, tip != id {
            let block = try chain.disconnectTip()
            blocks.append(block)
            size += block.totalSize
            try chain.writeIndex()
            try chain.flushIfFull()
            // What would take too much memory is forgotten, the newest first, and with it what in
            // the pool depends on it.
            while size > Self.readmissionLimit, let dropped = blocks.first {
                for transaction in dropped.transactions {
                    pool.removeRecursive(transaction, reason: .reorg)
                }
                size -= dropped.totalSize
                blocks.removeFirst()
            }
        }
        return blocks
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
                if case .rejected = outcome, !(try isConfirmed(transaction)) {
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

    private func isConfirmed(_ transaction: Transaction) throws(StorageError) -> Bool {
        try hasUnspentOutput(transaction)
    }
}
