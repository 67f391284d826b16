import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import Storage

/// Puts coins from a file into a store of their own, beside the validator, which goes on with its
/// work meanwhile.
actor SnapshotLoader {
    private let path: String
    private let metadata: SnapshotMetadata
    private let pinned: CoinSnapshot
    /// The network's data directory.
    private let folder: String
    private let ledger: PayoutLedger
    private let fault: WriteFault
    private let executor = QueueExecutor(label: "cellblock.snapshot")

    /// Bytes of coins that go into one table, and into one batch where they are in no order.
    private static var tableSize: Int { 256 << 20 }
    private static var batchSize: Int { 4 << 20 }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(
        _ path: String, _ metadata: SnapshotMetadata, _ pinned: CoinSnapshot, folder: String,
        ledger: PayoutLedger, fault: WriteFault
    ) {
        self.path = path
        self.metadata = metadata
        self.pinned = pinned
        self.folder = folder
        self.ledger = ledger
        self.fault = fault
    }

    /// Leaves the store ready for `Chainstate.adoptSnapshot`, or nothing.
    ///
    /// - Returns: why the file is refused, in Core's words; nil where all is well.
    func load() throws(StorageError) -> String? {
        let unfinished = Chainstate.unfinishedSnapshot(in: folder)
        try System.removeFolder(unfinished)
        try System.createFolder(unfinished)
        do throws(StorageError) {
            guard let refusal = try fill(unfinished) else { return nil }
            try System.removeFolder(unfinished)
            return refusal
        } catch {
            try? System.removeFolder(unfinished)
            throw error
        }
    }

    private func fill(_ unfinished: String) throws(StorageError) -> String? {
        let store = try Database(path: unfinished, cacheBytes: 32 << 20, fault: fault)
        var reader = try SnapshotReader(path: path, metadata, baseHeight: pinned.height)
        let start = UTXOSetInfo(height: pinned.height, bestBlock: pinned.block)
        var count = CoinCount(.serialized3, start)
        var row: Row?
        if let refusal = try Self.read(&row, from: &reader) { return refusal }
        // The coins of a good file come in the order of the store's keys.
        var last: [UInt8] = []
        while let first = row, last.lexicographicallyPrecedes(first.key) {
            var table = try store.makeSortedFile()
            var size = 0
            while let next = row, size < Self.tableSize, last.lexicographicallyPrecedes(next.key) {
                if Task.isCancelled { throw Validator.closing }
                table.put(next.key.span, next.value.span)
                count.add(next.point, next.coin)
                size += next.key.count + next.value.count
                last = next.key
                if let refusal = try Self.read(&row, from: &reader) { return refusal }
            }
            try store.ingest(table)
        }
        var hash = count.finish().hash ?? .zero
        if row != nil {
            // In another order it cannot be right, but what it comes to is told as Core tells it.
            if let refusal = try Self.write(&row, from: &reader, to: store) { return refusal }
            hash = try Chainstate.count(.serialized3, in: store, start).hash ?? .zero
        }
        guard hash == pinned.coinsHash else {
            return "Bad snapshot content hash: expected \(pinned.coinsHash.displayHex), got "
                + hash.displayHex
        }
        try Chainstate.finishSnapshot(
            store, base: pinned.block, ledger: ledger.encoded, fault: fault)
        return nil
    }

    /// Writes a coin and all that follow, in whatever order.
    private static func write(
        _ row: inout Row?, from reader: inout SnapshotReader, to store: borrowing Database
    ) throws(StorageError) -> String? {
        while row != nil {
            var batch = WriteBatch()
            while let next = row, batch.byteCount < batchSize {
                batch.put(next.key, next.value)
                if let refusal = try read(&row, from: &reader) { return refusal }
            }
            try store.write(batch, sync: false)
        }
        return nil
    }

    /// Reads the next coin, or nil at the end of the file.
    private static func read(
        _ row: inout Row?, from reader: inout SnapshotReader
    ) throws(StorageError) -> String? {
        switch try reader.next() {
        case .coin(let point, let coin): row = Row(point, coin)
        case .end: row = nil
        case .bad(let refusal): return refusal
        }
        return nil
    }
}

/// A coin as it goes into the store.
private struct Row {
    var point: OutPoint
    var coin: Coin
    var key: [UInt8] = []
    var value: [UInt8] = []

    init(_ point: OutPoint, _ coin: Coin) {
        self.point = point
        self.coin = coin
        StoreKey.append(coin: point, to: &key)
        CoinCodec.append(coin, to: &value)
    }
}
