import Consensus
import Cryptography
import Mining
import Genesis
import Primitives
import Storage

/// The store of coins that came from outside: `chainstate_snapshot`, as Core calls it, beside
/// `chainstate`. It holds coins, the block as of which they stand and the payout ledger; all else
/// stays in the other, in which meanwhile coins are made from genesis on.
extension Chainstate {
    /// The file in it that names the block of which the coins came, as Core has it.
    private static let baseFile = "base_blockhash"

    static func snapshotPath(in folder: String) -> String { folder + "/chainstate_snapshot" }

    /// Where coins are put together, to become the store when they are whole and found right.
    static func unfinishedSnapshot(in folder: String) -> String {
        snapshotPath(in: folder) + ".unfinished"
    }

    /// Removes the store, which is there no more from one moment to the next: what is left of it while
    /// its files go is as one that is unfinished.
    static func removeSnapshot(in folder: String) throws(StorageError) {
        let (path, unfinished) = (snapshotPath(in: folder), unfinishedSnapshot(in: folder))
        try System.removeFolder(unfinished)
        guard System.isFolder(path) else { return }
        try System.rename(path, to: unfinished)
        try System.synchroniseFolder(folder)
        try System.removeFolder(unfinished)
    }

    /// Opens the store if there is one; drops one that is not whole.
    static func openSnapshot(
        in folder: String, _ network: Network, cacheBytes: Int, fault: WriteFault,
        log: (_ category: String, _ text: String) -> Void = { _, _ in }
    ) throws(StorageError) -> (set: CoinSet, pinned: CoinSnapshot, best: BlockHash)? {
        try System.removeFolder(unfinishedSnapshot(in: folder))
        let path = snapshotPath(in: folder)
        guard System.isFolder(path) else { return nil }
        let file = path + "/" + baseFile
        guard let bytes = try File.contents(of: file, limit: 1 << 10),
            let base = Hash256(bytes: bytes)
        else {
            throw StorageError(
                path: file,
                reason: "It does not name the block whose coins these are; remove the folder to go "
                    + "on without them")
        }
        guard let pinned = network.snapshots.first(where: { $0.block == base }) else {
            let reason =
                "Assumeutxo data not found for the given blockhash '\(base.displayHex)'."
            log("validation", reason)
            throw StorageError(
                path: "",
                reason: "A fatal internal error occurred, see debug.log for details: \(reason)")
        }
        let store = try open(path, cacheBytes: cacheBytes, fault: fault)
        try checkVersion(store)
        guard let best = try store.get(StoreKey.bestBlock).flatMap({ Hash256(bytes: $0) }) else {
            throw StorageError(
                path: path,
                reason: "It does not say of which block its coins are; remove the folder to go on "
                    + "without them")
        }
        let ledger = try LedgerKeeper(reading: store)
        let set = CoinSet(
            store: store, coins: CoinCache(), ledger: ledger)
        return (set, pinned, best)
    }

    /// Ends the making of a store: what is needed to open it, and its way to the disk.
    static func finishSnapshot(
        _ store: borrowing Database, base: BlockHash, ledger: [UInt8], fault: WriteFault
    ) throws(StorageError) {
        var batch = WriteBatch()
        batch.put(StoreKey.version, version)
        batch.put(StoreKey.bestBlock, base.bytes)
        batch.put(StoreKey.ledger, ledger)
        try store.write(batch, sync: true)
        let bytes = base.bytes
        try File.replace(store.path + "/" + baseFile, with: bytes.span, fault: fault)
    }

    /// Takes coins into use that stand ready in their folder: from here on they are the active
    /// chain's, at their base.
    ///
    /// That the folder gets its name decides: before, a start knows nothing of the coins, afterwards
    /// it takes them up.
    func adoptSnapshot(_ pinned: CoinSnapshot, as base: BlockID) throws(StorageError) {
        let ready = try readyLedger()
        if let change = ready.standing { put(StoreKey.ledger(pinned.block), change) }
        put(StoreKey.givenLedger, ready.current.encoded)
        try flush(emptyingCache: true)
        let path = Self.snapshotPath(in: folder)
        let unfinished = Self.unfinishedSnapshot(in: folder)
        try System.synchroniseFolder(unfinished)
        try System.rename(unfinished, to: path)
        try System.synchroniseFolder(folder)
        let opened = try Self.openSnapshot(
            in: folder, network, cacheBytes: storeCache, fault: fault)
        guard let opened else { throw StorageError(path: path, reason: "The folder is gone") }
        let set = opened.set
        set.ledger.rosters = ledger.rosters
        swap(&store, &set.store)
        swap(&coins, &set.coins)
        swap(&ledger, &set.ledger)
        index.exchangeActive(&set.chain)
        other = set
        assumption = Assumption(snapshot: pinned, base: base)
        index.assume(base, transactionCount: pinned.transactionCount)
    }

    /// The ledger that came with the coins. It is remembered as if the base had led to it, until the
    /// base is connected in the background, and as it came until all is checked.
    private func readyLedger() throws(StorageError) -> LedgerKeeper {
        let ready = try Database(
            path: Self.unfinishedSnapshot(in: folder), cacheBytes: 4 << 20, fault: fault)
        return try LedgerKeeper(reading: ready)
    }

    /// The ledger that came with the coins, as it came; nil where it was not written down.
    func givenLedger() throws(StorageError) -> PayoutLedger? {
        let key = StoreKey.givenLedger
        let bytes = try withIndexStore { store throws(StorageError) in try store.get(key) }
        return bytes.flatMap { try? PayoutLedger(decoding: $0) }
    }

    /// Notes that the coins in the background, now at the base, are those that came from outside. The
    /// next start puts these in their place.
    func confirmSnapshot() throws(StorageError) {
        guard let unfinished, let other else { return }
        put(StoreKey.confirmed, unfinished.snapshot.block.bytes)
        pending.delete(StoreKey.givenLedger)
        try writeIndex(sync: true)
        assumption?.isConfirmed = true
        other.coins = CoinCache()
        other.chain = []
        index.confirmAssumption()
    }

    /// Gives up the coins that came from outside, and all that was built on them. Nothing may be
    /// used further; the next start goes on with the coins made from genesis.
    ///
    /// - Parameter failed: the block below the base that turned out to break a rule, if any.
    func abandonSnapshot(failed: BlockID? = nil) throws(StorageError) {
        guard let unfinished else { return }
        // Turned to the background the blocks above are not active, and can be condemned.
        if !isTurned { turn() }
        index.forgetConnections(above: unfinished.base)
        if let failed {
            if index.isActive(failed), let parent = index.parent(of: failed) {
                index.setActive(parent)
            }
            index.markFailed(failed)
        }
        try writeIndex(sync: true)
        turn()
        store.close()
        let path = Self.snapshotPath(in: folder)
        try System.removeFolder(path + "_INVALID")
        try System.rename(path, to: path + "_INVALID")
        try System.synchroniseFolder(folder)
    }

    /// Puts a store whose coins were found right in the place of the one at `path`, with all that is
    /// no coin from there.
    static func adoptConfirmed(
        _ path: String, fault: WriteFault, isStopping: () -> Bool
    ) throws(StorageError) {
        let snapshot = snapshotPath(in: folder(of: path))
        do {
            let old = try Database(path: path, cacheBytes: 16 << 20, fault: fault)
            let new = try open(snapshot, cacheBytes: 16 << 20, fault: fault)
            for prefix in [StoreKey.blockPrefix, StoreKey.ledgerPrefix] {
                try copy(prefix, from: old, to: new, isStopping: isStopping)
            }
            var batch = WriteBatch()
            if let value = try old.get(StoreKey.hasPruned) { batch.put(StoreKey.hasPruned, value) }
            batch.put(StoreKey.version, version)
            try new.write(batch, sync: true)
        }
        try System.rename(snapshot, to: path + ".new")
        try finishReplacing(path)
        try System.remove(path + "/" + baseFile)
    }
}
