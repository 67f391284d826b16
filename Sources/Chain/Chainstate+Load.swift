import Consensus
import Cryptography
import Genesis
import Primitives
import Storage

extension Chainstate {
    /// Reads the block index. Blocks beyond the last flush are looked at, since after a loss of
    /// power the files may hold less of them than the store knows.
    static func loadIndex(
        _ store: borrowing Database, _ network: Network, _ files: inout BlockFiles,
        assumed: (pinned: CoinSnapshot, best: BlockHash)?, isStopping: () -> Bool
    ) throws(StorageError) -> BlockIndex {
        var records: [BlockRecord] = []
        var damage: String?
        do throws(StorageError) {
            try Self.iterate(store, prefix: StoreKey.blockPrefix) { _, value in
                guard !isStopping() else { return false }
                do {
                    records.append(try BlockRecordCodec.decode(value))
                } catch {
                    damage = "\(error)"
                }
                return damage == nil
            }
        } catch {
            damage = error.reason
        }
        if let damage {
            throw StorageError(
                path: store.path,
                reason: "The block index is damaged: \(damage); restart with -reindex")
        }
        guard !isStopping() else { throw Validator.closing }
        guard !records.isEmpty else { return BlockIndex(network: network) }
        // Before anything is missed in the files: those of this network may be elsewhere.
        if let genesis = records.first(where: { $0.height == 0 })?.header.hash,
            genesis != network.genesisHash
        {
            throw foreign(store, network, "it begins with \(genesis.displayHex)")
        }
        let best = try store.get(StoreKey.bestBlock).flatMap { Hash256(bytes: $0) }
        let flushed = best.flatMap { best in records.first { $0.header.hash == best } }
        let upper = assumed.flatMap { assumed in
            records.first { $0.header.hash == assumed.best }
        }
        guard (best == nil) == (flushed == nil), (assumed == nil) == (upper == nil) else {
            throw StorageError(
                path: store.path,
                reason: "The best block is not in the block index; restart with -reindex")
        }
        // Where coins are made anew, their blocks are looked at as they are connected.
        let former = try store.get(StoreKey.formerBest).flatMap { Hash256(bytes: $0) }
            .flatMap { best in records.first { $0.header.hash == best } }
        // With coins from outside the blocks on disk are known up to two heights, and the lower
        // counts up to the base alone.
        let base = assumed?.pinned.height ?? -1
        for position in records.indices where records[position].status.hasData {
            guard !isStopping() else { throw Validator.closing }
            let height = records[position].height
            let known = (height > base ? upper ?? flushed : flushed)?.height ?? -1
            if height > max(known, former?.height ?? -1) {
                try Self.verify(&records[position], network, files)
            }
        }
        try Self.checkPresence(&records, [flushed, upper], files)
        do throws(BlockIndexError) {
            return try BlockIndex(
                network: network, records: records, tip: assumed?.best ?? best,
                assumed: assumed?.pinned)
        } catch {
            if case .foreignGenesis = error {
                throw foreign(store, network, "\(error)")
            }
            throw StorageError(
                path: store.path, reason: "\(error); restart with -reindex")
        }
    }

    private static func foreign(
        _ store: borrowing Database, _ network: Network, _ how: String
    ) -> StorageError {
        StorageError(
            path: store.path,
            reason: "This is the chain of another network than \(network.chainName): \(how). "
                + "Name another -datadir")
    }

    /// Makes sure that the block files reach as far as the index says. Blocks that the coins do not
    /// stand on may have been lost with the power, and are forgotten.
    private static func checkPresence(
        _ records: inout [BlockRecord], _ flushed: [BlockRecord?],
        _ files: borrowing BlockFiles
    ) throws(StorageError) {
        var sizes: [Int32: Int] = [:]
        var lost: [Int] = []
        for (position, record) in records.enumerated() where record.status.hasData {
            let size = sizes[record.file] ?? files.blockFileSize(Int(record.file)) ?? 0
            sizes[record.file] = size
            if Int(record.dataPosition) >= size { lost.append(position) }
        }
        guard !lost.isEmpty else { return }
        var needed: Set<BlockHash> = []
        var parents: [BlockHash: BlockHash] = [:]
        for record in records { parents[record.header.hash] = record.header.previous }
        for record in flushed {
            var next = record?.header.hash
            while let hash = next, needed.insert(hash).inserted { next = parents[hash] }
        }
        for position in lost {
            let record = records[position]
            guard !needed.contains(record.header.hash) else {
                throw StorageError(
                    path: files.blockPath(Int(record.file)),
                    reason: "Error loading block database: block \(record.header.hash.displayHex) "
                        + "should be in a file that is missing or cut short; restart with -reindex")
            }
            forget(&records[position])
        }
    }

    /// Forgets where a block is if it is not there, whole.
    private static func verify(
        _ record: inout BlockRecord, _ network: Network, _ files: borrowing BlockFiles
    ) throws(StorageError) {
        let hasWitness = network.consensus.isActive(.segwit, at: record.height)
        let position = FilePosition(
            file: Int(record.file), offset: Int(record.dataPosition))
        if let bytes = try files.reader.block(at: position),
            let block = try? Block(decoding: bytes),
            block.header == record.header,
            (try? block.checkMutation(checkingWitness: hasWitness)) != nil
        {
            return
        }
        forget(&record)
    }

    /// Takes a block for one of which only the header is known.
    private static func forget(_ record: inout BlockRecord) {
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
