import Consensus
public import Cryptography
import Genesis
import Mining
public import Primitives
public import Storage

/// What `dumptxoutset` tells of the file it wrote.
public struct CoinDump: Hashable, Sendable {
    public var coinCount: UInt64 = 0
    public var base: BlockHash
    public var height: Int
    public var path: String
    /// Core's `hash_serialized_3` of the coins.
    public var coinsHash = Hash256.zero
    /// The transactions from genesis to the base.
    public var transactionCount: Int
    /// The file of the payout ledger, where one is kept.
    public var ledgerPath: String?
}

/// Why coins were not written to a file.
public enum CoinDumpError: Error, Hashable {
    case unknownBlock
    case notOnActiveChain
    /// Blocks that would have to be taken back are gone.
    case pruned
    /// There is something at the path already, or soon will be.
    case exists(String)
    /// The file cannot be made.
    case cannotOpen(String)
    case storage(StorageError)
}

extension Validator {
    /// Writes the coins as of a block to a file in Core's form, and the payout ledger beside it
    /// where one is kept. They are read as they stood when this was called; the chain may go on
    /// meanwhile.
    ///
    /// The file appears whole or not at all: it is written under another name first.
    ///
    /// - Parameters:
    ///   - target: a block of the active chain; nil for the tip.
    ///   - inMemory: whether coins of a block below the tip are worked out in memory.
    public nonisolated func dumpCoins(
        to path: String, at target: BlockHash? = nil, inMemory: Bool = false
    ) async throws(CoinDumpError) -> CoinDump {
        let dumper = try await beginDump(to: path, at: target, inMemory: inMemory)
        do throws(StorageError) {
            let dump = try await dumper.write()
            await endDump(to: path)
            return dump
        } catch {
            await endDump(to: path)
            throw .storage(error)
        }
    }

    private func beginDump(
        to path: String, at target: BlockHash?, inMemory: Bool
    ) throws(CoinDumpError) -> CoinDumper {
        guard let tip = chain.index.tip, let id = target.map({ chain.index.find($0) }) ?? tip else {
            throw .unknownBlock
        }
        guard chain.index.isActive(id) else { throw .notOnActiveChain }
        guard id == tip || chain.canTakeBack(to: id) else { throw .pruned }
        guard !System.exists(path), dumps[path] == nil else { throw .exists(path) }
        let incomplete = path + ".incomplete"
        do throws(StorageError) {
            let file = try File(incomplete, .creating, fault: configuration.writeFault)
            _ = try file.size()
        } catch {
            throw .cannotOpen(incomplete)
        }
        do throws(StorageError) {
            let plan = try plan(to: path, incomplete, at: id, below: tip, inMemory: inMemory)
            dumps[path] = plan.folder
            // Until the end the blocks to be taken back must stay.
            if id != tip { pruneLocks.set(Self.lock(of: path), to: plan.dump.height + 1) }
            return CoinDumper(plan, self, fault: configuration.writeFault)
        } catch {
            try? System.remove(incomplete)
            throw .storage(error)
        }
    }

    private func plan(
        to path: String, _ incomplete: String, at id: BlockID, below tip: BlockID, inMemory: Bool
    ) throws(StorageError) -> CoinDumper.Plan {
        let walk = try writing { () throws(StorageError) in
            try chain.flush()
            return try chain.walkCoins()
        }
        let (hash, height) = (chain.index.hash(of: id), chain.index.height(of: id))
        let undone = ((height + 1)..<(chain.index.height(of: tip) + 1)).reversed()
            .compactMap { chain.index.active(at: $0).map { chain.index.hash(of: $0) } }
        return CoinDumper.Plan(
            walk: walk,
            dump: CoinDump(
                base: hash, height: height, path: path,
                transactionCount: Int(clamping: chain.index[id].chainTransactionCount)),
            undone: undone, incomplete: incomplete,
            folder: rollbackFolder(beside: path, height), isInMemory: inMemory,
            ledger: try ledgerFile(at: hash))
    }

    private func endDump(to path: String) {
        dumps[path] = nil
        pruneLocks.set(Self.lock(of: path), to: nil)
    }

    private static func lock(of path: String) -> String { "dumptxoutset \(path)" }

    /// Core's name and place for it, so that what a crash leaves is known to whoever tidies up.
    private func rollbackFolder(beside path: String, _ height: Int) -> String {
        let folder =
            "\(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])/temp_utxo_\(height)"
        var name = folder
        var number = 1
        while dumps.values.contains(name) {
            number += 1
            name = "\(folder)_\(number)"
        }
        return name
    }

    private func ledgerFile(at base: BlockHash) throws(StorageError) -> [UInt8]? {
        let ledger = try ledger(at: base) ?? PayoutLedger()
        guard ledger != PayoutLedger() || !chain.ledger.rosters.isEmpty else { return nil }
        return LedgerSnapshot(base: base, ledger: ledger).encoded(networkMagic: network.magic)
    }

    /// A block with the coins it spent.
    func blockToTakeBack(_ hash: BlockHash) throws(StorageError) -> (Block, UndoData) {
        try checkRunning()
        guard let id = chain.index.find(hash), let block = try chain.block(id),
            let undo = try chain.undo(id), undo.matches(block)
        else {
            throw StorageError(
                path: chain.store.path,
                reason: "Block \(hash.displayHex) cannot be taken back: it is gone, or its undo "
                    + "data is of another")
        }
        return (block, undo)
    }
}

extension Chainstate {
    /// Whether the blocks of the active chain above one are all here, with what they spent.
    fileprivate func canTakeBack(to id: BlockID) -> Bool {
        guard let next = index.active(at: index.height(of: id) + 1) else { return true }
        return lowestRemovable(from: next) == next
    }
}

extension UndoData {
    /// Whether there is a coin for each input of the block but the coinbase's.
    fileprivate func matches(_ block: Block) -> Bool {
        spent.count + 1 == block.transactions.count
            && zip(spent, block.transactions.dropFirst()).allSatisfy {
                $0.count == $1.inputs.count
            }
    }
}
