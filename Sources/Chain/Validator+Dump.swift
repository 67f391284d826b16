import Consensus
public import Cryptography
import Genesis
import Mining
public import Primitives
public import Storage

/// What `dumptxoutset` tells of the file it wrote.
public struct CoinDump: Hashable, Sendable {
    public var coinCount: UInt64
    public var base: BlockHash
    public var height: Int
    public var path: String
    /// Core's `hash_serialized_3` of the coins.
    public var coinsHash: Hash256
    /// The transactions from genesis to the base.
    public var transactionCount: Int
    /// The file of the payout ledger, where one is kept.
    public var ledgerPath: String?
}

/// Why coins were not written to a file.
public enum CoinDumpError: Error, Hashable {
    case unknownBlock
    case notOnActiveChain
    /// There is something at the path already.
    case exists(String)
    /// The file cannot be made.
    case cannotOpen(String)
    case storage(StorageError)
}

extension Validator {
    /// Writes the coins as of a block to a file in Core's form, and the payout ledger beside it
    /// where one is kept. Nothing else happens meanwhile.
    ///
    /// The file appears whole or not at all: it is written under another name first.
    ///
    /// - Parameters:
    ///   - target: a block of the active chain; nil for the tip.
    ///   - inMemory: whether coins of a block below the tip are worked out in memory.
    public func dumpCoins(
        to path: String, at target: BlockHash? = nil, inMemory: Bool = false
    ) throws(CoinDumpError) -> CoinDump {
        guard let id = target.map({ chain.index.find($0) }) ?? chain.index.tip else {
            throw .unknownBlock
        }
        guard chain.index.isActive(id) else { throw .notOnActiveChain }
        guard !System.exists(path) else { throw .exists(path) }
        let incomplete = path + ".incomplete"
        do throws(StorageError) {
            let file = try File(incomplete, .creating, fault: configuration.writeFault)
            _ = try file.size()
        } catch {
            throw .cannotOpen(incomplete)
        }
        do throws(StorageError) {
            try writing { () throws(StorageError) in try chain.flush() }
            var dump = try chain.dump(
                to: incomplete, at: id, inMemory: inMemory, fault: configuration.writeFault)
            dump.path = path
            dump.ledgerPath = try dumpLedger(beside: path, at: chain.index.hash(of: id))
            try System.rename(incomplete, to: path)
            return dump
        } catch {
            try? System.remove(incomplete)
            throw .storage(error)
        }
    }

    private func dumpLedger(
        beside path: String, at base: BlockHash
    ) throws(StorageError) -> String? {
        let ledger = try ledger(at: base) ?? PayoutLedger()
        guard ledger != PayoutLedger() || !chain.ledger.rosters.isEmpty else { return nil }
        let file = LedgerSnapshot.path(beside: path)
        let bytes = LedgerSnapshot(base: base, ledger: ledger).encoded(networkMagic: network.magic)
        try File.replace(file, with: bytes.span, fault: configuration.writeFault)
        return file
    }
}

extension Chainstate {
    /// Writes the coins as of a block of the active chain. All must have been flushed.
    func dump(
        to path: String, at target: BlockID, inMemory: Bool, fault: WriteFault
    ) throws(StorageError) -> CoinDump {
        guard target != index.tip else {
            return try dump(store, to: path, at: target, fault: fault)
        }
        // Core's name and place for it, so that what a crash leaves is known to whoever tidies up.
        let folder =
            "\(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])"
            + "/temp_utxo_\(index.height(of: target))"
        if !inMemory {
            try System.removeFolder(folder)
            try System.createFolder(folder)
        }
        defer { if !inMemory { try? System.removeFolder(folder) } }
        return try dump(
            rolledBackTo: target, in: folder, inMemory: inMemory, to: path, fault: fault)
    }

    private func dump(
        rolledBackTo target: BlockID, in folder: String, inMemory: Bool, to path: String,
        fault: WriteFault
    ) throws(StorageError) -> CoinDump {
        let rolled = try Database(
            path: folder, cacheBytes: 16 << 20, inMemory: inMemory, fault: fault)
        try Self.copy(StoreKey.coinPrefix, from: store, to: rolled)
        var next = index.tip
        while let id = next, id != target {
            try takeBack(id, in: rolled)
            next = index.parent(of: id)
        }
        return try dump(rolled, to: path, at: target, fault: fault)
    }

    /// Takes a block back in a store that holds the coins as of it, and nothing else.
    private func takeBack(
        _ id: BlockID, in coins: borrowing Database
    ) throws(StorageError) {
        guard let block = try block(id), let undo = try undo(id),
            undo.spent.count + 1 == block.transactions.count
        else { throw mismatch(id) }
        var batch = WriteBatch()
        var key: [UInt8] = []
        var value: [UInt8] = []
        for position in block.transactions.indices.reversed() {
            let transaction = block.transactions[position]
            let txid = transaction.txid
            for number in transaction.outputs.indices {
                key.removeAll(keepingCapacity: true)
                StoreKey.append(coin: OutPoint(txid: txid, index: UInt32(number)), to: &key)
                batch.delete(key.span)
            }
            guard position > 0 else { continue }
            let spent = undo.spent[position - 1]
            guard spent.count == transaction.inputs.count else { throw mismatch(id) }
            for (number, coin) in spent.enumerated() {
                key.removeAll(keepingCapacity: true)
                StoreKey.append(coin: transaction.outPoint(at: number), to: &key)
                value.removeAll(keepingCapacity: true)
                CoinCodec.append(coin, to: &value)
                batch.put(key.span, value.span)
            }
        }
        try coins.write(batch, sync: false)
    }

    private func dump(
        _ coins: borrowing Database, to path: String, at base: BlockID, fault: WriteFault
    ) throws(StorageError) -> CoinDump {
        let hash = index.hash(of: base)
        let file = try File(path, .creating, fault: fault)
        try file.truncate(to: 0)
        var writer = SnapshotWriter(file, base: hash, networkMagic: network.magic)
        var failure: StorageError?
        let info = try Self.count(
            .serialized3, in: coins, UTXOSetInfo(height: index.height(of: base), bestBlock: hash)
        ) { point, stored in
            do throws(StorageError) {
                try writer.append(point, stored)
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        try writer.finish()
        return CoinDump(
            coinCount: writer.coinCount, base: hash, height: info.height, path: path,
            coinsHash: info.hash ?? .zero,
            transactionCount: Int(clamping: index[base].chainTransactionCount))
    }
}
