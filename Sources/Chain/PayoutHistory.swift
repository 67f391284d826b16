import Consensus
public import Cryptography
public import Primitives
public import Storage

/// A block that changed the payout ledger, or was to.
public struct PayoutBlock: Sendable, Hashable {
    public var hash: BlockHash
    public var height: Int
    /// Whether it is on the active chain.
    public var isActive: Bool
    /// Why the ledger did not follow it; nil where it did.
    public var flaw: PayoutFlaw?

    public init(hash: BlockHash, height: Int, isActive: Bool, flaw: PayoutFlaw?) {
        self.hash = hash
        self.height = height
        self.isActive = isActive
        self.flaw = flaw
    }
}

/// All such blocks of which this node kept a record, the lowest first.
public struct PayoutHistory: Sendable {
    /// The tip as of which blocks are on the active chain.
    public var tip: BlockHash
    public var blocks: [PayoutBlock]
}

extension Validator {
    /// The blocks that pay by a split, found without looking at any other block.
    public func payoutHistory() throws(StorageError) -> PayoutHistory {
        try checkRunning()
        let blocks = try chain.payoutRecords().compactMap { hash, flaw -> PayoutBlock? in
            guard let id = chain.index.find(hash) else { return nil }
            let isActive = chain.index.isActive(id)
            // Its record is older than the verdict on its scripts: one that never was good paid nobody.
            guard isActive || chain.index.status(of: id).validity >= .scripts else { return nil }
            return PayoutBlock(
                hash: hash, height: chain.index.height(of: id), isActive: isActive, flaw: flaw)
        }
        return PayoutHistory(
            tip: chain.tip.hash, blocks: blocks.sorted { $0.height < $1.height })
    }

    /// Why the ledger did not follow a block; nil where it did, or had no reason to.
    public func payoutFlaw(of hash: BlockHash) throws(StorageError) -> PayoutFlaw? {
        try checkRunning()
        return try chain.payoutFlaw(of: hash)
    }
}

extension Chainstate {
    func payoutFlaw(of hash: BlockHash) throws(StorageError) -> PayoutFlaw? {
        try withIndexStore { store throws(StorageError) in
            try ledger.flaw(of: hash, in: store)
        }
    }

    /// The blocks of which a record is kept, each once.
    fileprivate func payoutRecords() throws(StorageError) -> [BlockHash: PayoutFlaw?] {
        var records: [BlockHash: PayoutFlaw?] = [:]
        try withIndexStore { store throws(StorageError) in
            try Self.iterate(store, prefix: StoreKey.ledgerPrefix) { key, value in
                guard let hash = StoreKey.ledgerHash(key) else { return true }
                if StoreKey.isFlaw(key) {
                    // Empty where it is no longer so.
                    guard let flaw = PayoutFlaw(decoding: value.indices.map { value[$0] }) else {
                        return true
                    }
                    records[hash] = .some(flaw)
                } else if records[hash] == nil, !value.isEmpty {
                    records[hash] = .some(nil)
                }
                return true
            }
        }
        for (hash, change) in ledger.unwrittenChanges {
            if change != nil {
                records[hash] = .some(nil)
            } else if case .some(.none) = records[hash] {
                records.removeValue(forKey: hash)
            }
        }
        for (hash, flaw) in ledger.unwrittenFlaws { records[hash] = .some(flaw) }
        return records
    }
}
