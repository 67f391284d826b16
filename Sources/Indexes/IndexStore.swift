import Storage

/// The store of one index.
///
/// A class, though it has one owner: see `Chainstate`.
final class IndexStore {
    private(set) var database: Database

    init(folder: String, cacheBytes: Int, fault: WriteFault) throws(StorageError) {
        try System.createFolder(folder)
        database = try Database(
            path: folder, cacheBytes: cacheBytes,
            repair: "remove this folder, and the index is built anew at the next start",
            fault: fault)
    }

    /// Removes the store in a folder.
    ///
    /// Not row by row, for it may be damaged; and it is gone from one moment to the next, for without
    /// some of its files it would be.
    static func remove(_ folder: String) throws(StorageError) {
        try removeLeftovers(of: folder)
        guard System.isFolder(folder) else { return }
        let old = removed(folder)
        try System.rename(folder, to: old)
        try System.synchroniseFolder(old + "/..")
        try System.removeFolder(old)
    }

    /// Removes what is there still of a store whose removal was cut short.
    static func removeLeftovers(of folder: String) throws(StorageError) {
        try System.removeFolder(removed(folder))
    }

    private static func removed(_ folder: String) -> String { folder + ".old" }

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
