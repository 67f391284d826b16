import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import Storage

extension Chainstate {
    func info(_ id: BlockID) -> BlockInfo {
        let node = index[id]
        let isActive = index.isActive(id)
        return BlockInfo(
            hash: node.hash, header: index.header(id), height: node.height,
            chainWork: node.chainWork,
            medianTimePast: UInt32(clamping: index.medianTimePast(of: id)),
            transactionCount: node.transactionCount == 0 ? nil : Int(node.transactionCount),
            chainTransactionCount: node.chainTransactionCount == 0
                ? nil : Int(clamping: node.chainTransactionCount),
            confirmations: isActive ? index.activeHeight - node.height + 1 : -1,
            nextHash: index.next(of: id).map { index.hash(of: $0) }, isOnActiveChain: isActive,
            hasData: node.status.hasData, hasUndo: node.status.hasUndo,
            isPruned: hasPruned && !node.status.hasData && node.transactionCount > 0,
            isInvalid: node.status.isFailed, isFullyValid: node.status.isValid(.scripts))
    }

    /// What a block did to the payout ledger; nil if nothing.
    func payoutChange(of hash: BlockHash) throws(StorageError) -> PayoutChange? {
        try withIndexStore { store throws(StorageError) in
            try ledger.change(of: hash, in: store)
        }
    }

    /// How many blocks are asked one by one for what they did to the ledger.
    private static let askedBlocks = 100

    /// What the last block did to the payout ledger that did anything to it, on the way from genesis to
    /// a block; nil if none did.
    ///
    /// Where the blocks are ours it is not far. Where it is far there are few: then all of them are
    /// looked through.
    func lastPayoutChange(upTo id: BlockID) throws(StorageError) -> PayoutChange? {
        var walk: BlockID? = id
        for _ in 0..<Self.askedBlocks {
            guard let here = walk else { return nil }
            if let change = try payoutChange(of: index.hash(of: here)) { return change }
            walk = index.parent(of: here)
        }
        guard let start = walk else { return nil }
        var last: BlockID?
        func consider(_ hash: BlockHash) {
            guard let here = index.find(hash), index.descends(start, from: here) else { return }
            if let known = last, index.height(of: known) >= index.height(of: here) { return }
            last = here
        }
        let unwritten = ledger.unwrittenChanges
        for (hash, change) in unwritten where change != nil { consider(hash) }
        try withIndexStore { store throws(StorageError) in
            try Self.iterate(store, prefix: StoreKey.ledgerPrefix) { key, value in
                guard key.count == 33, !value.isEmpty else { return true }
                let hash = Hash256(key.extracting(1..<33))
                // What is not written yet was looked at, or is no longer so.
                if unwritten[hash] == nil { consider(hash) }
                return true
            }
        }
        guard let last else { return nil }
        return try payoutChange(of: index.hash(of: last))
    }

    /// Where the last of the blocks stands that are known to be in the files.
    func lastBlockOnDisk() -> FilePosition? {
        var last: FilePosition?
        for id in index.ids where index.status(of: id).hasData {
            let node = index[id]
            let position = FilePosition(file: Int(node.file), offset: Int(node.dataPosition))
            if let known = last, (known.file, known.offset) >= (position.file, position.offset) {
                continue
            }
            last = position
        }
        return last
    }

    func read<Result>(_ body: (borrowing BlockIndex) -> Result) -> Result { body(index) }

    /// What the next block must be.
    func templateContext(at now: Int64) -> TemplateContext {
        let tip = index.tip ?? index.genesis
        let height = index.height(of: tip) + 1
        let median = index.medianTimePast(of: tip)
        var minimum = median + 1
        // Core keeps to the rule against time warps on every network, so as not to need a fork.
        if height % network.consensus.adjustmentInterval == 0 {
            minimum = max(minimum, index.time(of: tip) - ConsensusLimits.maximumTimewarp)
        }
        let time = max(now, minimum)
        return TemplateContext(
            previous: index.hash(of: tip), height: height,
            version: index.computeVersion(after: tip, in: network),
            bits: index.nextBits(onto: tip, time: UInt32(clamping: time), in: network),
            minimumTime: minimum, medianTimePast: median, time: time,
            subsidy: network.consensus.subsidy(at: height),
            hasWitness: network.consensus.isActive(.segwit, at: height))
    }
}
