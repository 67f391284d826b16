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
    /// remember what that changes; blocks further down are checked up to level 2.
    func verify(level: Int, count: Int) throws(StorageError) -> Verification {
        let height = index.activeHeight
        let depth = count <= 0 || count > height ? height : count
        guard depth > 0 else { return .sound }
        var view = CoinView(limit: cacheLimit)
        var finding = Verification.sound
        var lowest = height + 1
        var hasAllUndo = true
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
                guard level >= 3, !view.isFull else { continue }
                guard try takeBack(block, id, undo, &view) else { return .damaged(mismatch(id)) }
                lowest = height
            } catch {
                return .damaged(error)
            }
        }
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

    /// Takes a block back in the view alone; false if the coins are not what they should be.
    private func takeBack(
        _ block: Block, _ id: BlockID, _ undo: UndoData, _ view: inout CoinView
    ) throws(StorageError) -> Bool {
        let transactions = block.transactions
        guard undo.spent.count + 1 == transactions.count else { return false }
        let made = try standing(at: block.madeOutPoints, view)
        let spent = try standing(at: block.spentOutPoints, view)
        var (madeEnd, spentEnd) = (made.count, spent.count)
        for position in transactions.indices.reversed() {
            let transaction = transactions[position]
            madeEnd -= transaction.outputs.count
            for (number, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                let point = OutPoint(txid: transaction.txid, index: UInt32(number))
                let coin = view.change(at: point) ?? made[madeEnd + number]
                guard coin?.output == output, coin?.height == index.height(of: id) else {
                    return false
                }
                view.set(point, nil)
            }
            guard position > 0 else { continue }
            let undone = undo.spent[position - 1]
            guard undone.count == transaction.inputs.count else { return false }
            spentEnd -= undone.count
            for (number, coin) in undone.enumerated() {
                let point = transaction.outPoint(at: number)
                guard (view.change(at: point) ?? spent[spentEnd + number]) == nil else {
                    return false
                }
                view.set(point, coin)
            }
        }
        return true
    }

    /// The coins at out points as they stand but for the changes of a view, which are not looked up.
    private func standing(
        at points: [OutPoint], _ view: borrowing CoinView
    ) throws(StorageError) -> [Coin?] {
        try coins.gather(points.map { view.change(at: $0) == nil ? $0 : .null }, from: store)
    }

    private func connectAgain(
        _ block: Block, _ id: BlockID, _ view: inout CoinView
    ) throws(StorageError) -> Bool {
        guard let parent = index.parent(of: id) else { return true }
        let points = block.spentOutPoints
        let standing = try standing(at: points, view)
        let gathered = points.indices.map { view.change(at: points[$0]) ?? standing[$0] }
        guard
            let connection = try? block.connect(
                onto: parent, of: index, in: network, spending: gathered),
            scripts.firstFailure(connection.checks, cache: verified) == nil
        else { return false }
        for transaction in block.transactions {
            if !transaction.isCoinbase {
                for number in transaction.inputs.indices {
                    view.set(transaction.outPoint(at: number), nil)
                }
            }
            let txid = transaction.txid
            for (number, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                view.set(
                    OutPoint(txid: txid, index: UInt32(number)),
                    Coin(
                        output: output, height: index.height(of: id),
                        isCoinbase: transaction.isCoinbase))
            }
        }
        return true
    }
}

/// The coins as they would be after some changes.
private struct CoinView {
    /// Nil where a coin was spent.
    private var changes: [OutPoint: Coin?] = [:]
    private var bytes = 0
    private let limit: Int

    /// About what an entry takes beside its script, in bytes.
    private static let entrySize = 200

    /// - Parameter limit: how many bytes of memory the changes may take, about.
    init(limit: Int) { self.limit = limit }

    var isFull: Bool { bytes > limit }

    mutating func set(_ point: OutPoint, _ coin: Coin?) {
        changes[point] = .some(coin)
        bytes += Self.entrySize + (coin?.output.script.count ?? 0)
    }

    /// What became of the coin at a point; nil if nothing did.
    func change(at point: OutPoint) -> Coin?? { changes[point] }
}
