import Consensus
import Cryptography
import Primitives
import Storage

/// Where each transaction of the active chain stands, if the node was asked to remember.
extension Chainstate {
    func putTransactions(of block: Block, _ id: BlockID) {
        let hash = block.hash.bytes
        for (number, transaction) in block.transactions.enumerated() {
            var value = hash
            Variable.append(UInt64(number), to: &value)
            put(StoreKey.transaction(transaction.txid), value)
        }
    }

    /// A transaction and its block, wherever it is.
    func transaction(
        _ txid: Txid
    ) throws(StorageError) -> (transaction: Transaction, block: BlockHash)? {
        let key = StoreKey.transaction(txid)
        let stored = try withIndexStore { store throws(StorageError) in try store.get(key) }
        guard let value = stored else { return nil }
        var reader = ByteReader(value.span)
        guard let hash = try? reader.readHash(), let number = try? reader.readVariable(),
            let id = index.find(hash), let block = try block(id),
            number < UInt64(block.transactions.count)
        else { return nil }
        let transaction = block.transactions[Int(number)]
        return transaction.txid == txid ? (transaction.detached(), hash) : nil
    }

    /// Fills the index for the blocks connected before it was asked for.
    func completeTransactionIndex() throws(StorageError) {
        let isComplete = try withIndexStore { store throws(StorageError) in
            try store.get(StoreKey.hasTransactionIndex) != nil
        }
        if !keepsTransactionIndex {
            pending.delete(StoreKey.transactionsBelow)
            if isComplete { pending.delete(StoreKey.hasTransactionIndex) }
            hasPending = true
            return try writeIndex()
        }
        guard !isComplete else { return }
        let done = try withIndexStore { store throws(StorageError) in
            StoreKey.number(try store.get(StoreKey.transactionsBelow)) ?? 0
        }
        for height in done..<max(done, index.activeHeight + 1) {
            // What is connected meanwhile is put at once: the next start goes on from here.
            if isStopping() || pending.byteCount > 16 << 20 {
                put(StoreKey.transactionsBelow, StoreKey.bytes(height))
                try writeIndex()
            }
            guard !isStopping() else { return }
            guard let id = index.active(at: height), let block = try block(id) else { continue }
            putTransactions(of: block, id)
        }
        pending.delete(StoreKey.transactionsBelow)
        put(StoreKey.hasTransactionIndex, [])
        try writeIndex()
    }
}
