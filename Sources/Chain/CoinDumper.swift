import Consensus
import Cryptography
import Genesis
import Primitives
import Storage

/// Writes coins to a file, beside the validator, which goes on with its work.
actor CoinDumper {
    /// What is to be written, and where: fixed while the validator stood still.
    struct Plan: Sendable {
        var walk: CoinWalk
        /// As of the block whose coins are wanted; the count and the hash are still to come.
        var dump: CoinDump
        /// The blocks from the one whose coins are walked through down to that one, which are to be
        /// taken back; empty where it is the same.
        var undone: [BlockHash]
        /// Under which name the file is written until it is whole.
        var incomplete: String
        /// Where the coins are put while blocks are taken back.
        var folder: String
        /// Whether that is no folder, but memory.
        var isInMemory: Bool
        /// The bytes of the payout ledger's file, where one is kept.
        var ledger: [UInt8]?
    }

    private let validator: Validator
    private let plan: Plan
    private let fault: WriteFault
    private let executor = QueueExecutor(label: "cellblock.coindump")

    /// Coins read between two looks at whether to go on.
    private static var step: Int { 8192 }
    private static var batchSize: Int { 4 << 20 }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(_ plan: Plan, _ validator: Validator, fault: WriteFault) {
        self.plan = plan
        self.validator = validator
        self.fault = fault
    }

    deinit { plan.walk.close() }

    /// The file appears whole or not at all.
    func write() async throws(StorageError) -> CoinDump {
        do throws(StorageError) {
            var dump = plan.undone.isEmpty ? try write(plan.walk) : try await writeRolledBack()
            dump.ledgerPath = try writeLedger()
            try System.rename(plan.incomplete, to: dump.path)
            return dump
        } catch {
            try? System.remove(plan.incomplete)
            throw error
        }
    }

    private func writeLedger() throws(StorageError) -> String? {
        guard let bytes = plan.ledger else { return nil }
        let path = LedgerSnapshot.path(beside: plan.dump.path)
        try File.replace(path, with: bytes.span, fault: fault)
        return path
    }

    /// Writes the coins of a walk, as those of the block.
    private func write(_ walk: CoinWalk) throws(StorageError) -> CoinDump {
        defer { walk.close() }
        var dump = plan.dump
        let file = try File(plan.incomplete, .creating, fault: fault)
        try file.truncate(to: 0)
        var writer = SnapshotWriter(file, base: dump.base, networkMagic: validator.network.magic)
        var count = CoinCount(
            .serialized3, UTXOSetInfo(height: dump.height, bestBlock: dump.base))
        var failure: StorageError?
        var goesOn = true
        while goesOn {
            try Self.checkWanted()
            goesOn = try walk.next(Self.step) { point, coin, stored in
                guard failure == nil else { return }
                do throws(StorageError) {
                    try writer.append(point, stored)
                } catch {
                    failure = error
                }
                count.add(point, coin)
            }
            if let failure { throw failure }
        }
        try writer.finish()
        dump.coinCount = writer.coinCount
        dump.coinsHash = count.finish().hash ?? .zero
        return dump
    }

    // MARK: Blocks below the tip

    private func writeRolledBack() async throws(StorageError) -> CoinDump {
        let folder = plan.folder
        if !plan.isInMemory {
            try System.removeFolder(folder)
            try System.createFolder(folder)
        }
        defer { if !plan.isInMemory { try? System.removeFolder(folder) } }
        let rolled = RolledCoins(
            try Database(
                path: folder, cacheBytes: 16 << 20, inMemory: plan.isInMemory, fault: fault))
        defer { rolled.store.close() }
        try copyCoins(to: rolled)
        for hash in plan.undone {
            try Self.checkWanted()
            let (block, undo) = try await validator.blockToTakeBack(hash)
            try rolled.takeBack(block, undo)
        }
        return try write(try rolled.walk())
    }

    private func copyCoins(to rolled: RolledCoins) throws(StorageError) {
        defer { plan.walk.close() }
        var goesOn = true
        while goesOn {
            try Self.checkWanted()
            var batch = WriteBatch()
            var key: [UInt8] = []
            goesOn = try plan.walk.next(Self.step) { point, _, stored in
                key.removeAll(keepingCapacity: true)
                StoreKey.append(coin: point, to: &key)
                batch.put(key.span, stored)
            }
            try rolled.store.write(batch, sync: false)
        }
    }

    private static func checkWanted() throws(StorageError) {
        if Task.isCancelled { throw Validator.closing }
    }
}

/// Coins that are brought back block by block.
///
/// A class, though it has one owner: see `Chainstate`.
private final class RolledCoins {
    var store: Database

    init(_ store: consuming Database) { self.store = store }

    func walk() throws(StorageError) -> CoinWalk {
        CoinWalk(try store.cursor(StoreKey.coinPrefix), path: store.path)
    }

    func takeBack(_ block: Block, _ undo: UndoData) throws(StorageError) {
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
            for (number, coin) in undo.spent[position - 1].enumerated() {
                key.removeAll(keepingCapacity: true)
                StoreKey.append(coin: transaction.outPoint(at: number), to: &key)
                value.removeAll(keepingCapacity: true)
                CoinCodec.append(coin, to: &value)
                batch.put(key.span, value.span)
            }
        }
        try store.write(batch, sync: false)
    }
}
