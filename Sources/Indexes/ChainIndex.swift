public import Chain
import Consensus
import Cryptography
import Genesis
import Primitives
public import Storage

/// A table that follows the active chain in a store of its own.
///
/// It remembers the last block it has seen, written together with what it took from it. A new tip
/// is a hint to read on from there; a start, a reorganisation and the end of the process need
/// nothing else.
public actor ChainIndex<Table: IndexTable> {
    let validator: Validator
    private let store: IndexStore
    private let executor: QueueExecutor
    private(set) var table: Table
    private(set) var cursor: IndexCursor?
    /// Whether it has been at the tip once. From then on it is never far behind.
    private var isSynced: Bool
    private var isAdvancing = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// The blocks that are read before their rows are written.
    private static var batch: Int { 32 }
    /// How many blocks behind the tip an index may be for a caller to wait for all of them.
    private static var patience: Int { 100 }

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Opens the index, or makes it.
    ///
    /// - Parameters:
    ///   - directory: the folder of the network's data.
    ///   - isAnew: whether to forget what it holds.
    public init(
        directory: String, validator: Validator, isAnew: Bool = false,
        cacheBytes: Int = 16 << 20, fault: WriteFault = .none
    ) throws(StorageError) {
        let folder = directory + "/indexes/" + Table.folder
        if isAnew { try IndexStore.remove(folder) } else { try IndexStore.removeLeftovers(of: folder) }
        let opened: (store: IndexStore, table: Table, cursor: IndexCursor?)
        do throws(StorageError) {
            opened = try Self.open(folder, of: validator.network, cacheBytes, fault)
        } catch {
            guard error.isDamage else { throw error }
            validator.remark("\(Table.name) is damaged, and is built anew: \(error)")
            try IndexStore.remove(folder)
            opened = try Self.open(folder, of: validator.network, cacheBytes, fault)
        }
        self.validator = validator
        (store, table, cursor) = opened
        executor = QueueExecutor(label: "cellblock.index." + Table.folder)
        isSynced = cursor?.hash == validator.checkedTip.hash
    }

    /// Opens the store, and goes back to how the table stood after the last block it has seen.
    private static func open(
        _ folder: String, of network: Network, _ cacheBytes: Int, _ fault: WriteFault
    ) throws(StorageError) -> (store: IndexStore, table: Table, cursor: IndexCursor?) {
        let store = try IndexStore(folder: folder, cacheBytes: cacheBytes, fault: fault)
        var table = Table(network: network)
        guard let cursor = try store.cursor() else { return (store, table, nil) }
        if try table.load(cursor.hash, from: store.database) { return (store, table, cursor) }
        try store.clear()
        return (store, Table(network: network), nil)
    }

    /// Has the blocks kept that are still to be read. Throws where some are gone already.
    public func prepare() async throws {
        guard validator.pruneMode != .off else { return }
        var height = cursor?.height ?? 0
        if let cursor { height = await validator.fork(of: cursor.hash)?.height ?? 0 }
        guard await validator.hasBlocks(above: height) else {
            throw StorageError(
                path: "",
                reason: "\(Table.name) best block of the index goes beyond pruned data (including "
                    + "undo data). Please disable the index or reindex (which will download the "
                    + "whole blockchain again)")
        }
        await validator.holdPruning(Table.name, from: height)
    }

    /// Follows the chain until cancelled. Throws a `StorageError` when the disk fails.
    public func run() async throws {
        for await _ in validator.checkedTips() {
            while try await !advance() { try Task.checkCancellation() }
        }
    }

    /// Closes the store. Whatever is asked of the index then fails.
    public func close() { store.close() }

    // MARK: Queries

    /// How far the index is: whether it has been at the tip, and the height of its last block.
    public var progress: (isSynced: Bool, height: Int) { (isSynced, cursor?.height ?? 0) }

    /// Reads on to the tip as it is now, so that what is asked next includes it. False, at once, for an
    /// index that is still being built and far from done.
    public func caughtUp() async throws -> Bool {
        let target = validator.checkedTip.height
        guard isSynced || target - (cursor?.height ?? -1) <= Self.patience else { return false }
        // The tip may move on as fast as it is followed.
        while try await !advance(), (cursor?.height ?? -1) < target {
            try Task.checkCancellation()
        }
        return true
    }

    /// The value under a key of the store.
    func value(_ key: [UInt8]) throws(StorageError) -> [UInt8]? { try store.database.get(key) }

    /// Goes through the rows whose keys begin with `prefix`, in order, until the body returns false.
    func forEachRow(
        _ prefix: [UInt8], _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
    ) throws(StorageError) {
        let snapshot = store.database.snapshot()
        try store.database.iterate(prefix.span, snapshot: snapshot, body)
    }

    // MARK: Following

    /// Goes some blocks further; true once nothing is left. Who comes while another is at it waits
    /// for that one, and asks again.
    private func advance() async throws -> Bool {
        guard !isAdvancing else {
            await withCheckedContinuation { waiting.append($0) }
            return false
        }
        isAdvancing = true
        defer {
            isAdvancing = false
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
        let isDone = try await step()
        if isDone { isSynced = true }
        return isDone
    }

    private func step() async throws -> Bool {
        let path = await validator.followPath(
            from: cursor?.hash, limit: Self.batch, isChecked: true)
        if cursor != nil {
            // A chain that does not know the block was made anew, and this is too.
            guard let fork = path.fork else {
                try startOver()
                return false
            }
            // A branch that was cut short and has no successor yet may grow again.
            guard Table.isRewoundAtOnce || !path.connected.isEmpty else { return true }
            if !path.disconnected.isEmpty {
                let target = IndexCursor(hash: fork.hash, height: fork.height)
                guard try await rewind(path.disconnected, to: target) else {
                    // What the end of the machine took of them mostly comes again.
                    guard !path.connected.isEmpty else { return true }
                    try startOver()
                    return false
                }
            }
        }
        let first = path.fork.map { $0.height + 1 } ?? 0
        var blocks: [IndexedBlock] = []
        for (offset, hash) in path.connected.enumerated() {
            try Task.checkCancellation()
            guard let block = try await read(hash, at: first + offset) else { break }
            blocks.append(block)
        }
        // What is followed must be known again after the end of the machine.
        if !blocks.isEmpty { try await validator.keepHeaders() }
        try connect(blocks)
        await holdBlocks()
        return path.isComplete && blocks.count == path.connected.count
    }

    /// Keeps the blocks from the cursor on from being pruned.
    private func holdBlocks() async {
        guard validator.pruneMode != .off, let cursor else { return }
        await validator.holdPruning(Table.name, from: cursor.height)
    }

    /// A block of the chain; nil if it has been taken back meanwhile and cannot be read.
    private func read(_ hash: BlockHash, at height: Int) async throws -> IndexedBlock? {
        if let block = try await validator.keptBlock(hash)?.read() {
            guard Table.needsSpentCoins else {
                return IndexedBlock(hash: hash, height: height, block: block, spent: [])
            }
            if let spent = try await validator.undo(hash),
                spent.count + 1 == block.transactions.count
            {
                return IndexedBlock(hash: hash, height: height, block: block, spent: spent)
            }
        }
        guard await validator.blockInfo(hash)?.isOnActiveChain == true else { return nil }
        throw StorageError(
            path: "blocks", reason: "Block \(hash.displayHex) or its undo data cannot be read")
    }

    private func connect(_ blocks: [IndexedBlock]) throws(StorageError) {
        guard let last = blocks.last else { return }
        var table = table
        var batch = WriteBatch()
        for block in blocks { table.connect(block, &batch) }
        try write(table, IndexCursor(hash: last.hash, height: last.height), batch)
    }

    /// Takes blocks back, the newest first; false if that is not possible.
    private func rewind(_ hashes: [BlockHash], to fork: IndexCursor) async throws -> Bool {
        var table = table
        var batch = WriteBatch()
        for (offset, hash) in hashes.enumerated() {
            try Task.checkCancellation()
            let height = fork.height + hashes.count - offset
            guard let block = try await read(hash, at: height),
                try table.disconnect(block, store.database, &batch)
            else { return false }
        }
        try write(table, fork, batch)
        return true
    }

    private func write(
        _ table: Table, _ cursor: IndexCursor, _ batch: consuming WriteBatch
    ) throws(StorageError) {
        table.save(&batch)
        batch.put(IndexCursor.key, cursor.bytes)
        // From here on the blocks may be pruned that these rows were taken from.
        try store.database.write(batch, sync: validator.pruneMode != .off)
        self.table = table
        self.cursor = cursor
    }

    private func startOver() throws(StorageError) {
        try store.clear()
        table = Table(network: validator.network)
        cursor = nil
    }
}
