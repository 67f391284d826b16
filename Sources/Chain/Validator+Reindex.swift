import Consensus
import Cryptography
import Genesis
import Primitives
import Storage

extension Validator {
    /// Builds the block index anew from the block files, if that was asked for or was cut short.
    func reindexIfAsked(_ progress: @Sendable (String) -> Void) throws(StorageError) {
        guard try chain.store.get(StoreKey.reindexing) != nil else { return }
        try chain.files.removeUndo()
        if configuration.prune != .off { try chain.files.removeUnusable() }
        var orphans: [BlockHash: [FilePosition]] = [:]
        for file in try chain.files.numbers() {
            progress("Reindexing block file \(chain.files.blockPath(file))")
            try chain.files.scan(file: file) { position, block throws(StorageError) in
                try restore(block, at: position, &orphans)
            }
            try activate()
        }
        try chain.keepGenesis()
        try activate()
        chain.pending.delete(StoreKey.reindexing)
        chain.hasPending = true
        try chain.flush()
        progress("Reindexing finished")
    }

    /// Takes in blocks at the end of the files of which the index has not heard: the end of the
    /// machine lost what was written of them to the store, or the store itself was taken away.
    func adoptStrays(_ progress: @Sendable (String) -> Void) throws(StorageError) {
        let known = chain.lastBlockOnDisk()
        var start = 0
        // Without an index nothing tells where undo data is.
        if known == nil { try chain.files.removeUndo() }
        if let known { start = try chain.files.end(ofBlockAt: known) ?? known.offset }
        var orphans: [BlockHash: [FilePosition]] = [:]
        var isTold = false
        for file in try chain.files.numbers() where file >= known?.file ?? 0 {
            try chain.files.scan(file: file, from: start) { position, block throws(StorageError) in
                if !isTold {
                    progress(
                        "Taking in blocks that the index lacks: \(chain.files.blockPath(file))")
                    isTold = true
                }
                try restore(block, at: position, &orphans)
            }
            start = 0
        }
        try chain.writeIndex()
    }

    /// Notes a block that is in the files, and those that waited for it.
    private func restore(
        _ block: Block, at position: FilePosition, _ orphans: inout [BlockHash: [FilePosition]]
    ) throws(StorageError) {
        guard block.hash == network.genesisHash || chain.index.contains(block.header.previous)
        else {
            orphans[block.header.previous, default: []].append(position)
            return
        }
        note(block, at: position)
        var ready = orphans.removeValue(forKey: block.hash) ?? []
        while let position = ready.popLast() {
            guard let bytes = try chain.files.block(at: position),
                let block = try? Block(decoding: bytes)
            else { continue }
            note(block, at: position)
            ready += orphans.removeValue(forKey: block.hash) ?? []
        }
    }

    /// Notes where a block is whose parent is known, if it keeps the rules.
    private func note(_ block: Block, at position: FilePosition) {
        let isGenesis = block.hash == network.genesisHash
        guard let offset = UInt32(exactly: position.offset),
            let id = header(of: block, isGenesis),
            !chain.index.status(of: id).hasData,
            chain.refusal(of: block, as: id, isChecked: false) == nil
        else { return }
        chain.index.received(
            id, transactionCount: block.transactions.count, file: Int32(position.file),
            dataPosition: offset, in: network)
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
            guard let source = ImportFile(path: path, magic: network.magic) else { continue }
            var orphans: [BlockHash: [Block]] = [:]
            try source.forEach { block throws(StorageError) in
                try self.take(imported: block, &orphans)
            }
            try settleAll()
            publish()
        }
    }

    private func take(
        imported block: Block, _ orphans: inout [BlockHash: [Block]]
    ) throws(StorageError) {
        var queue = [block]
        while let block = queue.popLast() {
            guard chain.index.contains(block.header.previous) else {
                if block.hash != network.genesisHash {
                    orphans[block.header.previous, default: []].append(block)
                }
                continue
            }
            _ = try take(block, settlesAll: false)
            if case .automatic = configuration.prune, chain.files.hasGrown {
                try settleAll()
                try pruneIfDue()
            }
            queue += orphans.removeValue(forKey: block.hash) ?? []
        }
    }
}
