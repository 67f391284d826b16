internal import Chain
internal import MemoryPool
internal import Primitives

extension Wallet {
    /// Blocks that are read before the next are written down.
    private static let batch = 50

    /// Reads from the cursor to the tip, then what happened to the mempool, until neither moved.
    func follow() async throws {
        repeat {
            let path = await validator.followPath(from: ledger.tip?.hash, limit: Self.batch)
            let isAtHand = try await take(path)
            // Much that is left is read at the next start.
            guard !isStopping() || validator.tip.hash == ledger.tip?.hash else {
                throw WalletError(code: -1, "Rescan aborted.")
            }
            if path.isComplete { try await followPool() }
            // Where coins came from outside, blocks below them are still to come.
            guard isAtHand else { return }
        } while validator.tip.hash != ledger.tip?.hash
    }

    /// Moves the cursor back, so that what follows is read again.
    func goBack(to block: ChainPoint?) throws {
        try change { ledger in
            ledger.tip = block
            ledger.changes.tip = true
        }
        poolSequence = nil
        reading = (clock.monotonic(), ledger.height)
    }

    /// - Returns: false where the next block is of the chain, but not here yet.
    private func take(_ path: ChainPath) async throws -> Bool {
        var isMissing = false
        var blocks: [Block] = []
        for hash in path.connected {
            if isStopping(), !blocks.isEmpty { break }
            // Not there any more: the chain has moved, and the next path will say so.
            guard let block = try await validator.block(hash) else {
                if blocks.isEmpty, let info = await validator.blockInfo(hash), info.isOnActiveChain
                {
                    isMissing = !info.isPruned && !info.hasData
                    guard info.isPruned else { break }
                    throw WalletError.wallet(
                        "Prune: last wallet synchronisation goes beyond pruned data. You need to "
                            + "-reindex (download the whole blockchain again in case of a pruned "
                            + "node)")
                }
                break
            }
            blocks.append(block)
        }
        guard !blocks.isEmpty || !path.disconnected.isEmpty || path.fork == nil else {
            return !isMissing
        }
        let now = clock.now()
        try change { ledger in
            // Only one reads at a time, so the cursor is where the path begins.
            if path.fork == nil { ledger.forgetChain() }
            for (number, hash) in path.disconnected.enumerated() {
                let height = ledger.height
                let parent =
                    number + 1 < path.disconnected.count
                    ? path.disconnected[number + 1] : path.fork?.hash
                ledger.disconnect(
                    ChainPoint(hash: hash, height: height),
                    to: parent.map { ChainPoint(hash: $0, height: height - 1) })
            }
            for block in blocks {
                let point = ChainPoint(hash: block.hash, height: ledger.height + 1)
                // Many at once are history, to be listed by its own times.
                let isOld = path.connected.count > 10
                ledger.connect(
                    block, at: point, now: now,
                    latestTime: isOld ? Int64(block.header.time) : nil)
            }
        }
        return !isMissing
    }

    private func followPool() async throws {
        switch await validator.mempoolChanges(since: poolSequence ?? .max) {
        case .changes(let list, let sequence):
            if !list.isEmpty {
                let now = clock.now()
                try change { ledger in
                    for change in list {
                        switch change.kind {
                        case .added: ledger.enteredPool(change.transaction, now: now)
                        case .removed: ledger.leftPool(change.transaction)
                        }
                    }
                }
            }
            poolSequence = sequence
        case .resync(let sequence):
            // Changes between the two questions are told again, which does no harm.
            let all = await validator.mempool { pool in
                pool.allEntries().map(\.transaction)
            }
            let now = clock.now()
            try change { ledger in
                ledger.resetPool()
                for transaction in all { ledger.enteredPool(transaction, now: now) }
            }
            poolSequence = sequence
        }
    }

    /// Hands in again what waits to be confirmed and is not in the mempool, as after a restart.
    func resubmit() async throws {
        let waiting = ledger.transactions.values.filter {
            $0.state == .unconfirmed(isAbandoned: false) && !ledger.pooled.contains($0.txid)
                && !$0.transaction.isCoinbase
        }.sorted { $0.order < $1.order }
        guard !waiting.isEmpty, settings.broadcasts else { return }
        for transaction in waiting { await hand(in: transaction.transaction) }
        try await catchUp()
    }

    /// Gives a transaction to the mempool and, if it is taken, to the network; returns Core's words
    /// for a refusal. The wallet keeps it either way, and tries again later.
    @discardableResult
    func hand(in transaction: Transaction) async -> String? {
        do {
            switch try await validator.submit(transaction: transaction) {
            case .accepted:
                await validator.addUnbroadcast(transaction.txid)
                await relay(transaction)
                return nil
            case .rejected(let rejection): return rejection.rejectReason
            }
        } catch {
            return "\(error)"
        }
    }
}

extension WalletLedger {
    /// Starts over from genesis: the node's chain is not the one the wallet knew.
    mutating func forgetChain() {
        guard tip != nil else { return }
        for (txid, transaction) in transactions {
            if case .unconfirmed = transaction.state { continue }
            transactions[txid]?.state = .unconfirmed(
                isAbandoned: transaction.transaction.isCoinbase)
            changes.transactions.insert(txid)
        }
        tip = nil
        changes.tip = true
    }
}
