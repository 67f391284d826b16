import Consensus
import Cryptography
import Genesis
import Primitives
import Storage

extension Validator {
    /// Builds the block index anew from the block files, if that was asked for or was cut short.
    ///
    /// How far it has come is written down after each file: from there the next start goes on.
    func reindexIfAsked(_ progress: @Sendable (String) -> Void) throws(StorageError) {
        guard let reached = try chain.store.get(StoreKey.reindexing) else { return }
        let first = StoreKey.number(reached)
        if first == nil {
            try chain.files.removeUndo()
            if configuration.prune != .off { try chain.files.removeUnusable() }
        }
        // How deep a block is buried that is assumed to be valid is known when all headers are.
        if chain.assumeValid != nil { try learnHeaders(from: first ?? 0, progress) }
        var orphans: [BlockHash: [FilePosition]] = [:]
        for file in try chain.files.numbers() where file >= first ?? 0 {
            progress("Reindexing block file \(chain.files.blockPath(file))")
            let blocks = ReadAhead.blocks(
                ofFile: file, from: 0, by: chain.files.reader, in: network)
            while !isStopping, let placed = try blocks.next() {
                // While it is at hand: it need not be read again, and its scripts run beside the rest.
                try restore(placed, &orphans) { id, block throws(StorageError) in
                    var watch = BlockWatch()
                    watch.add(block, as: id)
                    try activate(watching: &watch, settlesAll: false)
                }
            }
            try activate()
            // Blocks whose parents are still to come are in the files alone.
            let waiting = orphans.values.joined().lazy.map(\.file).min()
            noteReindexed(below: min(waiting ?? .max, isStopping ? file : file + 1))
            guard !isStopping else { return }
        }
        try chain.keepGenesis()
        try activate()
        chain.pending.delete(StoreKey.reindexing)
        chain.hasPending = true
        try chain.flush()
        progress("Reindexing finished")
    }

    /// Takes the headers of the blocks in the files into the index.
    ///
    /// - Parameter first: the first file whose headers may be new.
    private func learnHeaders(
        from first: Int, _ progress: @Sendable (String) -> Void
    ) throws(StorageError) {
        progress("Reading the headers of the block files")
        var orphans: [BlockHash: [BlockHeader]] = [:]
        for file in try chain.files.numbers() where file >= first {
            try chain.files.reader.scanHeaders(file: file) { header in
                learn(header, &orphans)
                return !isStopping
            }
            try chain.writeIndex()
        }
    }

    /// Takes in a header of the files, and those that waited for it.
    private func learn(_ header: BlockHeader, _ orphans: inout [BlockHash: [BlockHeader]]) {
        guard chain.index.contains(header.previous) else {
            orphans[header.previous, default: []].append(header)
            return
        }
        var ready = [header]
        while let next = ready.popLast() {
            guard case .success = chain.accept(next, at: clock.now(), isWorkChecked: true) else {
                continue
            }
            ready += orphans.removeValue(forKey: next.hash) ?? []
        }
    }

    /// Notes that the files below one need not be read again.
    private func noteReindexed(below file: Int) {
        chain.put(StoreKey.reindexing, StoreKey.bytes(file))
    }

    /// Takes in blocks at the end of the files of which the index has not heard: the end of the
    /// machine lost what was written of them to the store, or the store itself was taken away.
    func adoptStrays(_ progress: @Sendable (String) -> Void) throws(StorageError) {
        let known = chain.lastBlockOnDisk()
        var start = 0
        // Without an index nothing tells where undo data is.
        if known == nil { try chain.files.removeUndo() }
        if let known { start = try chain.files.reader.end(ofBlockAt: known) ?? known.offset }
        var orphans: [BlockHash: [FilePosition]] = [:]
        var isTold = false
        for file in try chain.files.numbers() where file >= known?.file ?? 0 {
            let blocks = ReadAhead.blocks(
                ofFile: file, from: start, by: chain.files.reader, in: network)
            while !isStopping, let placed = try blocks.next() {
                if !isTold {
                    progress(
                        "Taking in blocks that the index lacks: \(chain.files.blockPath(file))")
                    isTold = true
                }
                try restore(placed, &orphans) { _, _ in }
            }
            guard !isStopping else { break }
            start = 0
        }
        try chain.writeIndex()
    }

    /// Notes a block that is in the files, and those that waited for it.
    ///
    /// - Parameter body: is handed each that is new.
    private func restore(
        _ placed: PlacedBlock, _ orphans: inout [BlockHash: [FilePosition]],
        _ body: (BlockID, Block) throws(StorageError) -> Void
    ) throws(StorageError) {
        let block = placed.judged.block
        guard block.hash == network.genesisHash || chain.index.contains(block.header.previous)
        else {
            noteOutOfOrder(block)
            orphans[block.header.previous, default: []].append(placed.position)
            return
        }
        if let id = try note(placed) { try body(id, block) }
        var ready = orphans.removeValue(forKey: block.hash) ?? []
        while let position = ready.popLast() {
            guard let bytes = try chain.files.reader.block(at: position),
                let block = try? Block(decoding: bytes)
            else { continue }
            noteInOrder(block)
            let placed = PlacedBlock(position: position, judged: JudgedBlock(block, in: network))
            if let id = try note(placed) { try body(id, block) }
            ready += orphans.removeValue(forKey: block.hash) ?? []
        }
    }

    /// Notes where a block is whose parent is known, if it keeps the rules; nil if it does not, or is
    /// known already.
    private func note(_ placed: PlacedBlock) throws(StorageError) -> BlockID? {
        let block = placed.judged.block
        let isGenesis = block.hash == network.genesisHash
        guard let offset = UInt32(exactly: placed.position.offset),
            let id = header(of: block, isGenesis),
            !chain.index.status(of: id).hasData,
            try refusal(of: placed.judged, as: id) == nil
        else { return nil }
        chain.index.received(
            id, transactionCount: block.transactions.count, file: Int32(placed.position.file),
            dataPosition: offset, in: network)
        return id
    }

    private func header(of block: Block, _ isGenesis: Bool) -> BlockID? {
        if isGenesis { return chain.index.genesis }
        let accepted = chain.accept(block.header, at: clock.now(), isWorkChecked: true)
        return try? accepted.get().id
    }

    /// Takes in the blocks of files that Core or others wrote (`-loadblock`).
    func loadBlocks(_ progress: @Sendable (String) -> Void) throws(StorageError) {
        for path in configuration.loadBlocks {
            progress("Importing \(path)")
            guard let source = ImportFile(path: path, magic: network.magic) else {
                configuration.report("Warning: Could not open blocks file \(path)")
                continue
            }
            var orphans: [BlockHash: [FilePosition]] = [:]
            let blocks = ReadAhead.blocks(of: path, in: network, until: configuration.isStopping)
            while !isStopping, let placed = try blocks.next() {
                try take(imported: placed, of: source, &orphans)
            }
            try settleAll()
            publish()
            guard !isStopping else { return }
        }
    }

    /// Takes a block of a file in, and those of the file that waited for it. Of a block that comes
    /// before its parent only the place is kept.
    private func take(
        imported placed: PlacedBlock, of source: borrowing ImportFile,
        _ orphans: inout [BlockHash: [FilePosition]]
    ) throws(StorageError) {
        let block = placed.judged.block
        guard chain.index.contains(block.header.previous) else {
            if block.hash != network.genesisHash {
                noteOutOfOrder(block)
                orphans[block.header.previous, default: []].append(placed.position)
            }
            return
        }
        try take(imported: placed.judged)
        var ready = orphans.removeValue(forKey: block.hash) ?? []
        while !isStopping, let position = ready.popLast() {
            guard let block = try source.block(at: position.offset) else { continue }
            noteInOrder(block)
            try take(imported: JudgedBlock(block, in: network))
            ready += orphans.removeValue(forKey: block.hash) ?? []
        }
    }

    private func take(imported judged: JudgedBlock) throws(StorageError) {
        var watch = BlockWatch()
        _ = try take(judged, &watch)
        if case .automatic = configuration.prune, chain.files.hasGrown {
            try settleAll()
            try pruneIfDue()
        }
    }
}
