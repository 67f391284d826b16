import Consensus
public import Cryptography
public import MemoryPool
public import Primitives
public import Storage

extension Validator {
    /// Reads the mempool as it is. The body must be quick: nothing else happens meanwhile.
    public func mempool<Result: Sendable, Failure: Error>(
        _ read: @Sendable (Mempool) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try read(pool)
    }

    /// A transaction of the mempool.
    public func mempoolTransaction(_ txid: Txid) -> Transaction? { pool.transaction(txid: txid) }

    /// A transaction of the mempool, by the hash that covers its witnesses.
    public func mempoolTransaction(wtxid: Wtxid) -> Transaction? {
        pool.transaction(wtxid: wtxid)
    }

    /// What has happened to the mempool since change number `sequence`; 0 to begin with.
    public func mempoolChanges(since sequence: UInt64) -> MempoolChanges {
        changes.since(sequence)
    }

    /// Treats a transaction as if it paid `delta` more, in the pool or still to come.
    public func prioritise(_ txid: Txid, delta: Amount) {
        pool.prioritise(txid, by: delta.satoshis)
        publish()
    }

    /// Notes that a transaction of ours has not been asked for by any peer yet.
    public func addUnbroadcast(_ txid: Txid) { pool.addUnbroadcast(txid) }

    /// Notes that a peer has asked for the transaction.
    public func removeUnbroadcast(_ txid: Txid) { pool.removeUnbroadcast(txid) }

    /// The transactions of the mempool in the order to mine them, each with the outputs it spends;
    /// nil where one is not known any more.
    public func mempoolSpends() throws(StorageError) -> [MempoolSpend] {
        try checkRunning()
        var spends: [MempoolSpend] = []
        for entry in pool.allEntries() {
            let points = entry.transaction.inputs.map(\.outPoint)
            let coins = try chain.gather(points)
            spends.append(
                MempoolSpend(
                    transaction: entry.transaction,
                    spent: zip(points, coins).map { ($1 ?? pool.coin($0))?.output }))
        }
        return spends
    }
}

/// A transaction of the mempool with the outputs it spends.
public struct MempoolSpend: Sendable {
    public var transaction: Transaction
    public var spent: [TransactionOutput?]
}
