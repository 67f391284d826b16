import Storage

/// The store of one index.
///
/// A class, though it has one owner: see `Chainstate`.
final class IndexStore {
    private(set) var database: Database

    /// - Parameter isAnew: whether to forget what it holds.
    init(
        folder: String, isAnew: Bool, cacheBytes: Int, fault: WriteFault
    ) throws(StorageError) {
        // Not row by row: it may be damaged.
        if isAnew, System.isFolder(folder) {
            for name in try System.names(in: folder) { try System.remove(folder + "/" + name) }
        }
        try System.createFolder(folder)
        database = try Database(
            path: folder, cacheBytes: cacheBytes,
            repair: "remove this folder, and the index is built anew at the next start",
            fault: fault)
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
