import Consensus
import Cryptography
import Genesis
import Primitives
import Scripting
import Storage

/// What a check of the last blocks came to.
enum Verification {
    case sound
    /// What could be looked at is sound, but the block at this height was pruned.
    case stopped(at: Int)
    /// What was looked at is sound, but the coin cache was too small to take back all blocks.
    case incomplete
    /// The node is to stop, and looked no further.
    case ended
    /// Something is wrong with what the disk holds; the error says what, and what repairs it.
    case damaged(StorageError)
}

extension Chainstate {
    /// Checks the last `count` blocks (0: all) as thoroughly as `level` says, until the first thing
    /// is found wrong with what the disk holds.
    ///
    /// Taking blocks back and connecting them again goes as far as the coin cache's limit allows to
    /// remember what that changes; blocks further down are checked up to level 2, and none is
    /// connected again. The store must hold all coins.
    func verify(level: Int, count: Int) throws(StorageError) -> Verification {
        let height = index.activeHeight
        let depth = count <= 0 || count > height ? height : count
        guard depth > 0 else { return .sound }
        // What it changes stays in a cache of its own.
        var view = CoinCache()
        var finding = Verification.sound
        var lowest = height + 1
        var hasAllUndo = true
        var isTooLarge = false
        for height in stride(from: height, to: height - depth, by: -1) {
            guard !isStopping() else { return .ended }
            guard let id = index.active(at: height) else { break }
            if let unfinished, height <= unfinished.snapshot.height {
                finding = .stopped(at: height)
                break
            }
            if hasPruned, !index.status(of: id).hasData {
                finding = .stopped(at: height)
                break
            }
            do throws(StorageError) {
                guard let block = try block(id) else {
                    return damage(id, "is not in the block files", blockPath(of: id))
                }
                if level >= 1 {
                    do throws(BlockError) {
                        try block.check(in: network)
                    } catch {
                        return damage(
                            id, "is damaged (\(error.rejectReason))", blockPath(of: id))
                    }
                }
                guard level >= 2 else { continue }
                // A block that was fetched again after it was pruned has no undo data.
                if hasPruned, !index.status(of: id).hasUndo { hasAllUndo = false }
                guard hasAllUndo else { continue }
                guard let undo = try undo(id) else {
                    return damage(
                        id, "has no undo data", files.undoPath(Int(index[id].file)),
                        repair: "-reindex-chainstate")
                }
                guard level >= 3 else { continue }
                guard view.memoryUsage <= cacheLimit else {
                    isTooLarge = true
                    continue
                }
                guard try takeBack(block, id, undo, &view, isFinal: level < 4) else {
                    return .damaged(mismatch(id))
                }
                lowest = height
            } catch {
                return .damaged(error)
            }
        }
        if isTooLarge { return .incomplete }
        guard level >= 4 else { return finding }
        for height in lowest..<(height + 1) {
            guard !isStopping() else { return .ended }
            guard let id = index.active(at: height), let block = try block(id) else { break }
            guard try connectAgain(block, id, &view) else {
                return damage(
                    id, "cannot be connected again", store.path,
                    repair: "-reindex-chainstate")
            }
        }
        return finding
    }

    private func blockPath(of id: BlockID) -> String { files.blockPath(Int(index[id].file)) }

    private func damage(
        _ id: BlockID, _ what: String, _ path: String, repair: String = "-reindex"
    ) -> Verification {
        .damaged(
            StorageError(
                path: path,
                reason: "Block \(index.hash(of: id).displayHex) at height \(index.height(of: id)) "
                    + "\(what); restart with \(repair)"))
    }

    /// Out points the store is asked about at once: more take memory and save nothing.
    private static let gatherLimit = 1024

    /// Takes a block back in the view alone; false if the coins are not what they should be.
    ///
    /// - Parameter isFinal: whether it is not connected again: then nobody will ask for what it made.
    private func takeBack(
        _ block: Block, _ id: BlockID, _ undo: UndoData, _ view: inout CoinCache, isFinal: Bool
    ) throws(StorageError) -> Bool {
        let transactions = block.transactions
        guard undo.spent.count + 1 == transactions.count else { return false }
        var gathered = transactions.count
        for position in transactions.indices.reversed() {
            if position < gathered {
                gathered = try gather(transactions, below: gathered, &view)
            }
            let transaction = transactions[position]
            let txid = transaction.txid
            for (number, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                let point = OutPoint(txid: txid, index: UInt32(number))
                let coin = view.known(point)
                guard coin?.output == output, coin?.height == index.height(of: id) else {
                    return false
                }
                if isFinal { view.forget(point) } else { view.spend(point) }
            }
            guard position > 0 else { continue }
            let spent = undo.spent[position - 1]
            guard spent.count == transaction.inputs.count else { return false }
            for (number, coin) in spent.enumerated() {
                let point = transaction.outPoint(at: number)
                guard view.known(point) == nil else { return false }
                view.add(point, coin, mayOverwrite: true)
            }
        }
        return true
    }

    /// Brings what the store holds of the last transactions below a position into the view, many
    /// coins at once; returns the position of the first.
    private func gather(
        _ transactions: BlockTransactions, below end: Int, _ view: inout CoinCache
    ) throws(StorageError) -> Int {
        var points: [OutPoint] = []
        var start = end
        while start > 0, points.count < Self.gatherLimit {
            start -= 1
            let transaction = transactions[start]
            let txid = transaction.txid
            for number in transaction.outputs.indices {
                points.append(OutPoint(txid: txid, index: UInt32(number)))
            }
            if start > 0 {
                for number in transaction.inputs.indices {
                    points.append(transaction.outPoint(at: number))
                }
            }
        }
        _ = try view.gather(points, from: store)
        return start
    }

    private func connectAgain(
        _ block: Block, _ id: BlockID, _ view: inout CoinCache
    ) throws(StorageError) -> Bool {
        guard let parent = index.parent(of: id) else { return true }
        let gathered = try view.gather(block.spentOutPoints, from: store)
        guard
            let connection = try? block.connect(
                onto: parent, of: index, in: network, spending: gathered),
            scripts.firstFailure(connection.checks, cache: verified) == nil
        else { return false }
        for transaction in block.transactions {
            if !transaction.isCoinbase {
                for number in transaction.inputs.indices {
                    view.spend(transaction.outPoint(at: number))
                }
            }
            let txid = transaction.txid
            for (number, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                view.add(
                    OutPoint(txid: txid, index: UInt32(number)),
                    Coin(
                        output: output, height: index.height(of: id),
                        isCoinbase: transaction.isCoinbase),
                    mayOverwrite: true)
            }
        }
        return true
    }
}
