import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import Storage

/// The block index, the coins, the payout ledger and the files under them: everything that moves
/// when a block is connected or taken back, and moves together.
///
/// Nothing here may be used further once a method has thrown: what is in memory may then be ahead
/// of the disk. The disk itself is always at some block, whole.
///
/// A class, though it has one owner: as a noncopyable struct in an actor its fields are released
/// once too often by Swift 6.3.1.
final class Chainstate {
    let network: Network
    let assumeValid: BlockHash?
    let minimumChainWork: UInt256
    private let fullCacheLimit: Int

    var index: BlockIndex
    var coins: CoinCache
    var ledger: LedgerKeeper
    var files: BlockFiles
    /// The store of the coins in use, which mostly holds the block index too.
    var store: Database
    /// Coins that came from outside, if the chain is built on such.
    var assumption: Assumption?
    /// With an assumption, the coins not in use: those in the background, in the store that holds the
    /// block index as well.
    var other: CoinSet?
    /// Whether the coins in the background are those in use for the moment.
    var isTurned = false
    let scripts: ScriptPool
    /// The last blocks of the active chain, oldest first, as far as their scripts are being run.
    var unsettled: [UnsettledBlock] = []
    let verified: VerificationCache
    /// The walks through the store that others are on.
    private var walks: [CoinWalk] = []
    private var lock: FolderLock
    let folder: String
    let storeCache: Int
    let isStopping: @Sendable () -> Bool
    let report: @Sendable (String) -> Void
    /// Why scripts were run last, as the log was told; nil in it where they were not.
    var distrustTold: Distrust??
    /// What the log was told of the payouts of the last block.
    var lastFlaw: PayoutFlaw?
    let fault: WriteFault

    /// What the store is to be told with the next write, whether or not coins are.
    var pending: WriteBatch
    var hasPending = false
    /// Whether something of the block index was written that the end of the machine might take.
    private var isIndexLoose = true
    /// Whether block files were ever given up.
    var hasPruned: Bool
    /// Which blocks went with them since the start.
    var pruned = PruneLog()

    /// Opens or makes the folders, claims them, and reads the block index.
    init(_ configuration: Validator.Configuration) throws(StorageError) {
        let network = configuration.network
        // The store takes an eighth for itself, at most 64 MiB.
        let storeCache = min(64 << 20, max(4 << 20, configuration.databaseCacheBytes / 8))
        let fault = configuration.writeFault
        let folder = configuration.directory
        try System.createFolder(folder)
        try System.createFolder(configuration.blocksDirectory)
        // The data directory as a whole is the node's to claim.
        let lock = try FolderLock(folder: configuration.blocksDirectory)
        var files = try BlockFiles(
            folder: configuration.blocksDirectory, magic: network.magic,
            isHidden: configuration.hidesBlockFiles,
            maximumFileSize: configuration.maximumBlockFileSize, fault: fault)
        try files.reader.checkNetwork(network.chainName)
        let store = try Self.openStore(
            folder + "/chainstate", configuration.reindex, cacheBytes: storeCache, fault: fault,
            isStopping: configuration.isStopping, log: configuration.log)
        if try store.get(StoreKey.reindexing) != nil { try Self.removeSnapshot(in: folder) }
        let total = max(1 << 20, configuration.databaseCacheBytes - storeCache)
        let snapshot = try Self.openSnapshot(
            in: folder, network, cacheBytes: storeCache, fault: fault,
            log: configuration.log)
        let index = try Self.loadIndex(
            store, network, &files, assumed: snapshot.map { ($0.pinned, $0.best) },
            isStopping: configuration.isStopping)
        let ledger = try LedgerKeeper(reading: store)
        let checked = try store.get(StoreKey.bestBlock)
        let hasPruned = try store.get(StoreKey.hasPruned) != nil
        let checkedID = checked.flatMap { Hash256(bytes: $0) }.flatMap { index.find($0) }
        let former = try store.get(StoreKey.formerBest).flatMap { Hash256(bytes: $0) }
            .flatMap { index.find($0) }

        // Nothing may fail from here on: a value half made could not be taken apart.
        let consensus = network.consensus
        let trusted = configuration.assumeValid ?? consensus.assumeValid
        assumeValid = trusted == .zero ? nil : trusted
        minimumChainWork = configuration.minimumChainWork ?? consensus.minimumChainWork
        fullCacheLimit = total
        self.storeCache = storeCache
        self.fault = fault
        isStopping = configuration.isStopping
        report = configuration.report
        self.folder = folder
        verified = VerificationCache(capacityInBytes: configuration.verificationCacheBytes)
        scripts = ScriptPool(threads: configuration.scriptThreads)
        pending = WriteBatch()
        self.hasPruned = hasPruned
        coins = CoinCache(isStoreEmpty: checked == nil)
        self.network = network
        self.index = index
        self.ledger = ledger
        self.files = files
        self.store = store
        self.lock = lock
        // Coins made anew have come as far as those before them, and tell the same themselves.
        if let former, let checkedID, index.height(of: checkedID) >= index.height(of: former) {
            pending.delete(StoreKey.formerBest)
            hasPending = true
        }
        guard let snapshot, let base = index.assumedBase else { return }
        // The coins from outside are those in use, those made here wait in the background.
        let set = snapshot.set
        set.chain = checkedID.map { index.chain(to: $0) } ?? []
        assumption = Assumption(snapshot: snapshot.pinned, base: base)
        other = set
        swap(&self.store, &set.store)
        swap(&coins, &set.coins)
        swap(&self.ledger, &set.ledger)
    }

    /// The bytes that the cache of the coins in use may grow to.
    var cacheLimit: Int { background == nil ? fullCacheLimit : fullCacheLimit / 2 }

    /// Lets go of store and folder, so that another may open them. What was not flushed is left to
    /// be worked out again.
    func close() {
        for walk in walks { walk.close() }
        store.close()
        other?.store.close()
        lock.release()
    }

    deinit { for walk in walks { walk.close() } }

    // MARK: The tip

    /// The block the next one builds on.
    var tip: ChainTip { tip(at: index.tip ?? index.genesis) }

    func tip(at id: BlockID) -> ChainTip {
        ChainTip(
            hash: index.hash(of: id), height: index.height(of: id), time: index[id].time,
            medianTimePast: UInt32(clamping: index.medianTimePast(of: id)),
            bits: index.bits(of: id), chainWork: index.chainWork(of: id))
    }

    // MARK: Blocks on disk

    /// The bytes of a block; nil if we have only its header.
    func blockBytes(_ id: BlockID) throws(StorageError) -> [UInt8]? {
        guard let stored = stored(id) else { return nil }
        return try stored.bytes(by: files.reader)
    }

    func block(_ id: BlockID) throws(StorageError) -> Block? {
        guard let stored = stored(id) else { return nil }
        return try stored.block(by: files.reader)
    }

    /// The coins a block spent; nil if that was never worked out.
    func undo(_ id: BlockID) throws(StorageError) -> UndoData? {
        let node = index[id]
        guard node.status.hasUndo else { return nil }
        let position = FilePosition(file: Int(node.file), offset: Int(node.undoPosition))
        let previous = node.parent.map { index.hash(of: $0) } ?? .zero
        guard let bytes = try files.reader.undo(at: position, of: previous),
            let undo = try? UndoData(decoding: bytes)
        else {
            throw StorageError(
                path: files.undoPath(position.file),
                reason: "The undo data of block \(node.hash.displayHex) cannot be read; "
                    + "restart with -reindex-chainstate")
        }
        return undo
    }

    /// Appends a block to the files and notes where it is.
    func keep(_ block: Block, as id: BlockID) throws(StorageError) {
        let position = try files.append(block: block.bytes)
        index.received(
            id, transactionCount: block.transactions.count, file: Int32(position.file),
            dataPosition: UInt32(position.offset), in: network)
    }

    // MARK: Coins

    /// The coins at many out points, as of the tip.
    func gather(_ points: some Collection<OutPoint>) throws(StorageError) -> [Coin?] {
        try coins.gather(Array(points), from: store)
    }

    /// Begins a walk through the coins of the store, which must have been flushed.
    func walkCoins() throws(StorageError) -> CoinWalk {
        let walk = CoinWalk(try store.cursor(StoreKey.coinPrefix), path: store.path)
        keep(walk)
        return walk
    }

    /// Begins a walk through the same coins as another, since which nothing was written.
    func walkCoins(beside other: CoinWalk) throws(StorageError) -> CoinWalk {
        let walk = try other.another(of: store)
        keep(walk)
        return walk
    }

    /// Begins a walk through the coins in the background, which must have been flushed.
    func walkBackground() throws(StorageError) -> CoinWalk? {
        guard let background else { return nil }
        let walk = CoinWalk(
            try background.store.cursor(StoreKey.coinPrefix), path: background.store.path)
        keep(walk)
        return walk
    }

    private func keep(_ walk: CoinWalk) {
        walks.removeAll { !$0.isOpen }
        walks.append(walk)
    }

    // MARK: Writing

    /// Tells the store what changed in the block index. This survives the end of the process; only
    /// a flush survives that of the machine, or a write that waits for the disk.
    func writeIndex(sync: Bool = false) throws(StorageError) {
        collectIndex()
        guard hasPending else { return }
        let restsOnShares = ledger.restsOnShares || other?.ledger.restsOnShares ?? false
        // What the index tells of must be there when it is.
        if restsOnShares { try files.synchronise() }
        let sync = sync || restsOnShares
        if let other, !isTurned {
            try other.store.write(takePending(), sync: sync)
        } else {
            try store.write(takePending(), sync: sync)
        }
        ledger.written()
        other?.ledger.written()
        isIndexLoose = !sync
    }

    /// Brings to the disk what is known of blocks: it outlives the end of the machine from here on.
    func synchroniseIndex() throws(StorageError) {
        collectIndex()
        guard hasPending || isIndexLoose else { return }
        // To write anything brings all there that was written before.
        put(StoreKey.version, Self.version)
        try writeIndex(sync: true)
    }

    /// From how many changed coins on a table of its own is made for the store.
    private static let ingestionMinimum = 20_000

    /// Brings the disk to the present block: the files first, then what may be ahead of the coins,
    /// then the coins with the block and the ledger they belong to, at once.
    func flush(emptyingCache: Bool = false) throws(StorageError) {
        precondition(unsettled.isEmpty, "Only what has been judged goes to the disk")
        guard let tip = index.tip else { return try writeIndex() }
        try files.synchronise()
        if hasSeparateIndex {
            // What the coins stand on must be on the disk before them; to write anything brings all
            // there that was written before.
            put(StoreKey.version, Self.version)
            try writeIndex(sync: true)
        } else {
            try writeIndex()
        }
        if coins.dirtyCount < Self.ingestionMinimum {
            var batch = WriteBatch()
            writeCoins(of: tip, to: &batch)
            try store.write(batch, sync: true)
        } else {
            let count = min(scripts.workerCount + 1, 4)
            try store.ingest(parts: count) { part, file in
                writeCoins(of: tip, part: (part, count), to: &file)
            }
        }
        coins.written(isEmptied: emptyingCache)
    }

    /// Writes coins, block and ledger in the order of their keys.
    private func writeCoins(
        of tip: BlockID, part: (number: Int, of: Int) = (0, 1),
        to sink: inout some WriteSink & ~Copyable
    ) {
        if part.number == 0 { sink.put(StoreKey.bestBlock, index.hash(of: tip).bytes) }
        coins.write(part: part, to: &sink)
        if part.number + 1 == part.of { ledger.write(to: &sink) }
    }

    /// Whether the cache has grown to its limit.
    var isFull: Bool { coins.memoryUsage > cacheLimit }

    func put(_ key: [UInt8], _ value: [UInt8]) {
        pending.put(key, value)
        hasPending = true
    }

    private func collectIndex() {
        for id in index.takeChanged() {
            put(StoreKey.block(index.hash(of: id)), BlockRecordCodec.encode(index.record(id)))
        }
    }

    private func takePending() -> WriteBatch {
        var batch = WriteBatch()
        swap(&batch, &pending)
        hasPending = false
        return batch
    }
}
