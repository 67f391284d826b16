import Consensus
import Storage

/// Opening the store, and putting a new one in its place where it is to be made anew.
extension Chainstate {
    static let version: [UInt8] = [1]
    private static let batchLimit = 4 << 20

    /// Opens the store, made anew as far as that is wanted or was begun.
    ///
    /// What is made anew is never taken out of the old store: that may be damaged, and would be
    /// read again whenever RocksDB tidies it up. A new store is made beside it, with what is still
    /// wanted of the old, and takes its place.
    static func openStore(
        _ path: String, _ reindex: Validator.Configuration.Reindex, cacheBytes: Int,
        fault: WriteFault, isStopping: () -> Bool,
        log: (_ category: String, _ text: String) -> Void
    ) throws(StorageError) -> Database {
        try finishReplacing(path)
        if reindex == .chainstate { try checkUnpruned(path, fault: fault) }
        if reindex != .nothing {
            try removeSnapshot(in: folder(of: path))
            if System.isFolder(path) {
                try replace(
                    path, keepsIndex: reindex == .chainstate, fault: fault, isStopping: isStopping)
            }
        }
        try System.createFolder(path)
        var store = try open(path, cacheBytes: cacheBytes, fault: fault)
        try checkVersion(store)
        try dropTransactions(from: store)
        if try store.get(StoreKey.confirmed) != nil {
            if System.isFolder(snapshotPath(in: folder(of: path))) {
                // Coins from outside that were found to be right take the place of those made here.
                store.close()
                log(
                    "validation",
                    "[snapshot] cleaning up unneeded background chainstate, then reinitializing")
                try adoptConfirmed(path, fault: fault, isStopping: isStopping)
                store = try open(path, cacheBytes: cacheBytes, fault: fault)
            } else {
                // A reindex that was cut short has removed them. Those made here stand at the base, and
                // are the same.
                var batch = WriteBatch()
                batch.delete(StoreKey.confirmed)
                try store.write(batch, sync: true)
            }
        }
        // A reindex that was cut short before it had come to anything begins again.
        if reindex == .nothing, try store.get(StoreKey.reindexing)?.isEmpty == true {
            store.close()
            try replace(path, keepsIndex: false, fault: fault, isStopping: isStopping)
            return try open(path, cacheBytes: cacheBytes, fault: fault)
        }
        if reindex == .everything {
            var batch = WriteBatch()
            batch.put(StoreKey.reindexing, [])
            try store.write(batch, sync: true)
        }
        return store
    }

    static func open(
        _ path: String, cacheBytes: Int, fault: WriteFault
    ) throws(StorageError) -> Database {
        do throws(StorageError) {
            return try Database(
                path: path, cacheBytes: cacheBytes, repair: "restart with -reindex-chainstate",
                fault: fault)
        } catch {
            throw StorageError(
                path: error.path,
                reason: "Error opening coins database: \(error.reason); restart with -reindex")
        }
    }

    /// What was pruned once can only be had again as a whole.
    static let prunedBefore = StorageError(
        path: "",
        reason: "You need to rebuild the database using -reindex to go back to unpruned mode.  This "
            + "will redownload the entire blockchain.\n" + Validator.recoveryHint)

    /// Refuses to give up coins that could not be made anew, since blocks were pruned.
    private static func checkUnpruned(_ path: String, fault: WriteFault) throws(StorageError) {
        guard System.isFolder(path) else { return }
        let hasPruned: Bool
        do throws(StorageError) {
            let store = try Database(path: path, cacheBytes: 16 << 20, fault: fault)
            hasPruned = try store.get(StoreKey.hasPruned) != nil
        } catch {
            throw indexLost(error)
        }
        guard !hasPruned else { throw prunedBefore }
    }

    private static func indexLost(_ error: StorageError) -> StorageError {
        StorageError(
            path: error.path,
            reason: "The block index cannot be kept: \(error.reason); restart with -reindex")
    }

    /// Takes out the rows of `-txindex`, which this store held before they had one of their own.
    private static func dropTransactions(from store: borrowing Database) throws(StorageError) {
        var isThere = false
        try iterate(store, prefix: StoreKey.transactionPrefix) { _, _ in
            isThere = true
            return false
        }
        for key in StoreKey.formerTransactionKeys where try store.get(key) != nil {
            isThere = true
        }
        guard isThere else { return }
        var batch = WriteBatch()
        for key in StoreKey.formerTransactionKeys { batch.delete(key) }
        batch.deleteAll(beginningWith: StoreKey.transactionPrefix)
        try store.write(batch, sync: false)
    }

    static func checkVersion(_ store: borrowing Database) throws(StorageError) {
        if let found = try store.get(StoreKey.version) {
            guard found == version else {
                throw StorageError(
                    path: store.path,
                    reason: "The store was written by another version of this program, in a form "
                        + "that this one does not know; restart with -reindex")
            }
        } else {
            var batch = WriteBatch()
            batch.put(StoreKey.version, version)
            try store.write(batch, sync: true)
        }
    }

    // MARK: Replacing

    /// Puts a store in the place of the one at `path`, without coins and, unless `keepsIndex`,
    /// without block index.
    private static func replace(
        _ path: String, keepsIndex: Bool, fault: WriteFault, isStopping: () -> Bool
    ) throws(StorageError) {
        let unfinished = path + ".unfinished"
        try System.removeFolder(unfinished)
        try System.createFolder(unfinished)
        do {
            let new = try Database(path: unfinished, cacheBytes: 16 << 20, fault: fault)
            try copy(
                from: path, to: new, keepsIndex: keepsIndex, fault: fault, isStopping: isStopping)
            var batch = WriteBatch()
            batch.put(StoreKey.version, version)
            if !keepsIndex { batch.put(StoreKey.reindexing, []) }
            try new.write(batch, sync: true)
        }
        try System.rename(unfinished, to: path + ".new")
        try finishReplacing(path)
    }

    /// Puts a new store that is whole in its place, and drops one that is not.
    static func finishReplacing(_ path: String) throws(StorageError) {
        let new = path + ".new"
        if System.isFolder(new) {
            try System.synchroniseFolder(folder(of: path))
            try System.removeFolder(path)
            try System.rename(new, to: path)
            try System.synchroniseFolder(folder(of: path))
        }
        try System.removeFolder(path + ".unfinished")
    }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Copies what is not made anew. What blocks did to the ledger stays in any case, as far as it
    /// can be read: it is looked up by hash and by the ledger before.
    private static func copy(
        from path: String, to new: borrowing Database, keepsIndex: Bool, fault: WriteFault,
        isStopping: () -> Bool
    ) throws(StorageError) {
        do throws(StorageError) {
            let old = try Database(path: path, cacheBytes: 16 << 20, fault: fault)
            if keepsIndex {
                try checkVersion(old)
                if let best = try old.get(StoreKey.bestBlock) {
                    var batch = WriteBatch()
                    batch.put(StoreKey.formerBest, best)
                    try new.write(batch, sync: false)
                }
                try copy(StoreKey.blockPrefix, from: old, to: new, isStopping: isStopping)
            }
            try copy(StoreKey.ledgerPrefix, from: old, to: new, isStopping: isStopping)
        } catch {
            if error.path == new.path || error == Validator.closing { throw error }
            guard keepsIndex else { return }
            throw indexLost(error)
        }
    }

    /// Copies the entries under keys that begin with a byte.
    static func copy(
        _ prefix: UInt8, from old: borrowing Database, to new: borrowing Database,
        isStopping: () -> Bool
    ) throws(StorageError) {
        var batch = WriteBatch()
        var failure: StorageError?
        try iterate(old, prefix: prefix) { key, value in
            batch.put(key, value)
            guard !isStopping() else {
                failure = Validator.closing
                return false
            }
            guard batch.byteCount > batchLimit else { return true }
            var full = WriteBatch()
            swap(&full, &batch)
            do throws(StorageError) {
                try new.write(full, sync: false)
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        try new.write(batch, sync: false)
    }
}
