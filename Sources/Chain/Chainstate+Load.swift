import Consensus
import Cryptography
import Genesis
import Primitives
import Storage

extension Chainstate {
    private static let version: [UInt8] = [1]

    static func checkVersion(_ store: borrowing Database) throws(StorageError) {
        if let found = try store.get(StoreKey.version) {
            guard found == version else {
                throw StorageError(
                    path: store.path,
                    reason: "The store was written by another version of this program")
            }
        } else {
            var batch = WriteBatch()
            batch.put(StoreKey.version, version)
            try store.write(batch, sync: true)
        }
    }

    /// Deletes what is to be made anew.
    static func wipe(
        _ reindex: Validator.Configuration.Reindex, _ store: borrowing Database
    ) throws(StorageError) {
        // A reindex that was cut short begins again.
        let wasReindexing = try store.get(StoreKey.reindexing) != nil
        let isEverything = reindex == .everything || wasReindexing
        guard isEverything || reindex == .chainstate else { return }
        var batch = WriteBatch()
        // What blocks did to the ledger stays: it is looked up by hash and by the ledger before.
        var prefixes = [StoreKey.coinPrefix]
        if isEverything {
            prefixes += [StoreKey.blockPrefix, StoreKey.transactionPrefix]
            batch.put(StoreKey.reindexing, [])
            batch.delete(StoreKey.hasTransactionIndex)
            batch.delete(StoreKey.hasPruned)
        }
        for prefix in prefixes { batch.deleteAll(beginningWith: prefix) }
        batch.delete(StoreKey.bestBlock)
        batch.delete(StoreKey.ledger)
        try store.write(batch, sync: true)
    }

    /// Reads the block index. Blocks beyond the last flush are looked at, since after a loss of
    /// power the files may hold less of them than the store knows.
    static func loadIndex(
        _ store: borrowing Database, _ network: Network, _ files: inout BlockFiles
    ) throws(StorageError) -> BlockIndex {
        var records: [BlockRecord] = []
        var damaged = false
        try Self.iterate(store, prefix: StoreKey.blockPrefix) { _, value in
            do {
                records.append(try BlockRecordCodec.decode(value))
            } catch {
                damaged = true
            }
            return !damaged
        }
        guard !damaged else {
            throw StorageError(
                path: store.path, reason: "The block index is damaged; restart with -reindex")
        }
        guard !records.isEmpty else { return BlockIndex(network: network) }
        let best = try store.get(StoreKey.bestBlock).flatMap { Hash256(bytes: $0) }
        let flushed = best.flatMap { best in records.first { $0.header.hash == best } }
        guard (best == nil) == (flushed == nil) else {
            throw StorageError(
                path: store.path,
                reason: "The best block is not in the block index; restart with -reindex")
        }
        for position in records.indices
        where records[position].status.hasData && records[position].height > flushed?.height ?? -1 {
            try Self.verify(&records[position], files)
        }
        do {
            return try BlockIndex(network: network, records: records, tip: best)
        } catch {
            throw StorageError(
                path: store.path, reason: "\(error); restart with -reindex")
        }
    }

    /// Forgets where a block is if it is not there, whole.
    private static func verify(
        _ record: inout BlockRecord, _ files: borrowing BlockFiles
    ) throws(StorageError) {
        let position = FilePosition(
            file: Int(record.file), offset: Int(record.dataPosition))
        if let bytes = try files.block(at: position), let block = try? Block(decoding: bytes),
            block.header == record.header,
            block.computeMerkleRoot().root == block.header.merkleRoot
        {
            return
        }
        record.status.hasData = false
        record.status.hasUndo = false
        record.status.validity = min(record.status.validity, .tree)
        record.transactionCount = 0
        (record.file, record.dataPosition, record.undoPosition) = (0, 0, 0)
    }

    static func iterate(
        _ store: borrowing Database, prefix: UInt8,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
    ) throws(StorageError) {
        let snapshot = store.snapshot()
        let prefix = [prefix]
        try store.iterate(prefix.span, snapshot: snapshot, body)
    }

    /// Stores the genesis block if this is the first start.
    func keepGenesis() throws(StorageError) {
        guard !index.status(of: index.genesis).hasData else { return }
        try keep(network.genesis, as: index.genesis)
        try writeIndex()
    }
}
