import Consensus
import Genesis
import Primitives
import Scripting
import Storage

/// What a check of the last blocks came to.
enum Verification: Hashable {
    case sound
    /// What could be looked at is sound, but the block at this height was pruned.
    case stopped(at: Int)
    /// Something is wrong with what the disk holds.
    case damaged
}

extension Chainstate {
    /// Checks the last `count` blocks (0: all) as thoroughly as `level` says.
    func verify(level: Int, count: Int) throws(StorageError) -> Verification {
        let tip = index.activeHeight
        var depth = count <= 0 || count > tip ? tip : count
        var finding = Verification.sound
        guard depth > 0 else { return finding }
        var view = CoinView()
        for height in stride(from: tip, to: tip - depth, by: -1) {
            guard let id = index.active(at: height) else { return .damaged }
            if hasPruned, !index.status(of: id).hasData {
                finding = .stopped(at: height)
                depth = tip - height
                break
            }
            guard let block = try? block(id) else { return .damaged }
            if level >= 1 {
                guard (try? block.check(in: network)) != nil else { return .damaged }
            }
            guard level >= 2 else { continue }
            // A block that was fetched again after it was pruned has no undo data.
            guard index.status(of: id).hasUndo || !hasPruned else { continue }
            guard let undo = try? undo(id) else { return .damaged }
            if level >= 3, !(try takeBack(block, id, undo, &view)) { return .damaged }
        }
        guard level >= 4, depth > 0 else { return finding }
        for height in (tip - depth + 1)...tip {
            guard let id = index.active(at: height), let block = try block(id),
                try connectAgain(block, id, &view)
            else { return .damaged }
        }
        return finding
    }

    /// Takes a block back in the view alone; false if the coins are not what they should be.
    private func takeBack(
        _ block: Block, _ id: BlockID, _ undo: UndoData, _ view: inout CoinView
    ) throws(StorageError) -> Bool {
        guard undo.spent.count + 1 == block.transactions.count else { return false }
        for position in block.transactions.indices.reversed() {
            let transaction = block.transactions[position]
            let txid = transaction.txid
            for (number, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                let point = OutPoint(txid: txid, index: UInt32(number))
                let coin = try view.coin(point, &coins, store)
                guard coin?.output == output, coin?.height == index.height(of: id) else {
                    return false
                }
                view.changes[point] = .some(nil)
            }
            guard position > 0 else { continue }
            let spent = undo.spent[position - 1]
            guard spent.count == transaction.inputs.count else { return false }
            for (number, coin) in spent.enumerated() {
                let point = transaction.outPoint(at: number)
                guard try view.coin(point, &coins, store) == nil else { return false }
                view.changes[point] = coin
            }
        }
        return true
    }

    private func connectAgain(
        _ block: Block, _ id: BlockID, _ view: inout CoinView
    ) throws(StorageError) -> Bool {
        guard let parent = index.parent(of: id) else { return true }
        var gathered: [Coin?] = []
        for point in block.spentOutPoints {
            gathered.append(try view.coin(point, &coins, store))
        }
        guard
            let connection = try? block.connect(
                onto: parent, of: index, in: network, spending: gathered),
            scripts.firstFailure(connection.checks, cache: verified) == nil
        else { return false }
        for transaction in block.transactions {
            if !transaction.isCoinbase {
                for number in transaction.inputs.indices {
                    view.changes[transaction.outPoint(at: number)] = .some(nil)
                }
            }
            let txid = transaction.txid
            for (number, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                view.changes[OutPoint(txid: txid, index: UInt32(number))] = Coin(
                    output: output, height: index.height(of: id),
                    isCoinbase: transaction.isCoinbase)
            }
        }
        return true
    }
}

/// The coins as they would be after some changes.
private struct CoinView {
    /// Nil where a coin was spent.
    var changes: [OutPoint: Coin?] = [:]

    func coin(
        _ point: OutPoint, _ cache: inout CoinCache, _ store: borrowing Database
    ) throws(StorageError) -> Coin? {
        if let changed = changes[point] { return changed }
        return try cache.coin(point, from: store)
    }
}
