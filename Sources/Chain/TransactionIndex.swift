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
            if isComplete {
                pending.delete(StoreKey.hasTransactionIndex)
                hasPending = true
                try writeIndex()
            }
            return
        }
        guard !isComplete else { return }
        for height in 0..<max(0, index.activeHeight + 1) {
            guard let id = index.active(at: height), let block = try block(id) else { continue }
            putTransactions(of: block, id)
            if pending.byteCount > 16 << 20 { try writeIndex() }
        }
        put(StoreKey.hasTransactionIndex, [])
        try writeIndex()
    }
}
