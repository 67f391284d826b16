import Storage

/// The store of one index.
///
/// A class, though it has one owner: see `Chainstate`.
final class IndexStore {
    private(set) var database: Database

    init(folder: String, cacheBytes: Int, fault: WriteFault) throws(StorageError) {
        try System.createFolder(folder)
        database = try Database(path: folder, cacheBytes: cacheBytes, fault: fault)
    }

    func cursor() throws(StorageError) -> IndexCursor? {
        try database.get(IndexCursor.key).flatMap(IndexCursor.init(decoding:))
    }

    /// Takes all rows and the cursor out.
    func clear() throws(StorageError) {
        var batch = WriteBatch()
        for prefix in UInt8.min..<UInt8.max { batch.deleteAll(beginningWith: prefix) }
        try database.write(batch, sync: true)
    }

    func close() { database.close() }
}
