import Chain
public import Cryptography
public import Genesis
public import Primitives
public import Storage

/// Where each transaction stands (`-txindex`).
public typealias TransactionIndex = ChainIndex<TransactionTable>

extension ChainIndex where Table == TransactionTable {
    /// A transaction and its block; nil if no block that was followed holds it.
    ///
    /// One whose block has left the chain is found there still, as in Bitcoin Core, unless another
    /// block has taken it in.
    public func transaction(
        _ txid: Txid
    ) async throws -> (transaction: Transaction, block: BlockHash)? {
        guard let row = try value(TransactionTable.key(txid)) else { return nil }
        var reader = ByteReader(row.span)
        guard let hash = try? reader.readHash(), let number = try? reader.readCompactSize(),
            let block = try await validator.block(hash), number < UInt64(block.transactions.count)
        else { return nil }
        let transaction = block.transactions[Int(number)]
        return transaction.txid == txid ? (transaction.detached(), hash) : nil
    }
}

/// A row for each transaction: the hash of its block, and its place in it.
public struct TransactionTable: IndexTable {
    public static let name = "txindex"
    public static let folder = "txindex"
    public static let needsSpentCoins = false

    private static let prefix = UInt8(ascii: "t")

    public init(network: Network) {}

    static func key(_ txid: Txid) -> [UInt8] {
        var writer = ByteWriter(capacity: 33)
        writer.write(prefix)
        writer.write(txid)
        return writer.bytes
    }

    public mutating func load(
        _ block: BlockHash, from store: borrowing Database
    ) throws(StorageError) -> Bool { true }

    public mutating func connect(_ block: IndexedBlock, _ batch: inout WriteBatch) {
        // What genesis made was never a coin, and Bitcoin Core knows nothing of its transaction.
        guard block.height > 0 else { return }
        let transactions = block.block.transactions
        for number in transactions.indices {
            var writer = ByteWriter(capacity: 37)
            writer.write(block.hash)
            writer.writeCompactSize(UInt64(number))
            batch.put(Self.key(transactions.txid(at: number)), writer.bytes)
        }
    }

    /// The rows stay true: the block is still what it was.
    public mutating func disconnect(
        _ block: IndexedBlock, _ store: borrowing Database, _ batch: inout WriteBatch
    ) throws(StorageError) -> Bool { true }

    public func save(_ batch: inout WriteBatch) {}
}
