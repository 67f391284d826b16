import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import Scripting
import Storage

extension Chainstate {
    /// Connects a block to the tip. Returns the rule it breaks, and then all is as it was, or nil. Its
    /// scripts are begun, and stay to be settled.
    ///
    /// While it is judged on another thread, the coins change already as they will if it is good.
    func connect(_ id: BlockID, _ block: Block) throws(StorageError) -> BlockError? {
        guard let parent = index.parent(of: id) else {
            // Nobody can spend the coins of the genesis block: they were never made.
            index.raiseValidity(id, to: .scripts)
            index.setActive(id)
            return nil
        }
        let height = index.height(of: id)
        let spent = coins.keyed(block.spentOutPoints)
        let made = coins.keyed(block.madeOutPoints)
        let (standing, entries) = try coins.gather(spent, from: store)
        let spending = BlockSpending(
            of: block, at: height, points: spent.points, coins: consume standing)
        let overwrites = try overwrites(block, made, onto: parent)
        // One that breaks these rules would change the coins in a way that is hard to undo.
        let isSound = spending.isComplete && !overwrites
        let judging = judge(block, id, spending, overwrites: overwrites, aside: isSound)
        if isSound {
            add(made, of: block, at: height)
            // What the block itself made is there by now.
            coins.spend(spent, at: entries)
        }
        let connection: BlockConnection
        switch judging.wait() {
        case .success(let judged): connection = judged
        case .failure(let error):
            if isSound { restore(spent, spending.coins, at: entries, without: made) }
            return error
        }
        let checks = verified.unknown(connection.checks, of: block, flags: connection.flags)
        let job = scripts.begin(checks, cache: verified)
        let undo = try undoToKeep(id, of: block, spending: connection.spent)
        unsettled.append(UnsettledBlock(id: id, block: block, job: job, undo: undo))
        let flaw = try judgePayout(block, id, connection.fees)
        unsettled[unsettled.count - 1].flaw = flaw
        index.setActive(id)
        return nil
    }

    /// Judges a block by the coins it spends.
    ///
    /// - Parameter aside: whether another thread may do it.
    private func judge(
        _ block: Block, _ id: BlockID, _ spending: BlockSpending, overwrites: Bool, aside: Bool
    ) -> Deferred<Result<BlockConnection, BlockError>> {
        let (network, height, needsScripts) = (network, index.height(of: id), needsScripts(id))
        let firstLocked = index.parent(of: id).flatMap {
            block.firstLocked(spending, onto: $0, of: index, in: network)
        }
        return Deferred(isWorthwhile: aside && block.inputCount > Self.fewInputs) {
            Result { () throws(BlockError) in
                try block.connect(
                    at: height, in: network, spending, firstLocked: firstLocked,
                    overwritesCoin: overwrites, checkingScripts: needsScripts)
            }
        }
    }

    /// Up to so many inputs are dealt with before another thread has woken up.
    private static var fewInputs: Int { 200 }

    /// Undoes what was changed for a block that is not connected after all.
    private func restore(
        _ spent: KeyedPoints, _ standing: [Coin], at entries: [Int32], without made: KeyedPoints
    ) {
        for point in made.points { coins.spend(point) }
        for (position, point) in spent.points.enumerated() where entries[position] >= 0 {
            coins.add(point, standing[position], mayOverwrite: true)
        }
    }

    private func needsScripts(_ id: BlockID) -> Bool {
        let distrust = index.distrust(
            of: id, assumeValid: assumeValid, minimumChainWork: minimumChainWork, in: network)
        // What is connected in the background is older, and would be told of in turns.
        if !isTurned, distrustTold != .some(distrust) {
            let block = "#\(index.height(of: id)) (\(index.hash(of: id).displayHex))"
            report(
                distrust.map {
                    "Enabling script verification at block \(block): \($0.rawValue)."
                } ?? "Disabling script verification at block \(block).")
            distrustTold = .some(distrust)
        }
        return distrust != nil
    }

    /// Whether an output of the block would replace one that still stands (BIP30).
    func overwrites(
        _ block: Block, _ made: KeyedPoints, onto parent: BlockID
    ) throws(StorageError) -> Bool {
        guard index.enforcesBIP30(block.hash, onto: parent, in: network) else { return false }
        return try coins.holdsAny(of: made, from: store)
    }

    /// Adds the coins that a block makes.
    private func add(_ made: KeyedPoints, of block: Block, at height: Int) {
        var position = 0
        for transaction in block.transactions {
            let isCoinbase = transaction.isCoinbase
            let code = UInt32(truncatingIfNeeded: height << 1 | (isCoinbase ? 1 : 0))
            transaction.forEachOutput { value, script in
                defer { position += 1 }
                if Script.isUnspendable(script) { return }
                coins.add(
                    made, position, value: value.satoshis, script: script, code: code,
                    mayOverwrite: isCoinbase)
            }
        }
    }

    /// Works out what a block on the tip owes and pays the inmates; returns why the ledger does not
    /// follow it, which is told when its scripts are found good.
    private func judgePayout(
        _ block: Block, _ id: BlockID, _ fees: Amount
    ) throws(StorageError) -> PayoutFlaw?? {
        let reward = network.consensus.subsidy(at: index.height(of: id)) + fees
        let note = try withIndexStore { store throws(StorageError) in
            try ledger.connect(block, reward: reward, in: store)
        }
        guard let note else { return nil }
        if let change = note.change { put(StoreKey.ledger(block.hash), change) }
        if let flaw = note.flaw { put(StoreKey.flaw(block.hash), flaw?.encoded ?? []) }
        return .some(note.flaw ?? nil)
    }

    /// Tells the log of a block that the ledger does not follow; of a run of those that pay by
    /// something unknown here, of the first.
    func tell(_ flaw: PayoutFlaw?, of hash: BlockHash, at height: Int) {
        defer { lastFlaw = flaw }
        switch flaw {
        case nil: break
        case .violated(let reason):
            report(
                "Payouts violated in block \(hash.displayHex) height=\(height): \(reason). "
                    + "The block is valid; the payout ledger leaves it out.")
        case .unrecognised where lastFlaw != .unrecognised:
            report(
                "Payouts of block \(hash.displayHex) height=\(height) are by a roster or shares "
                    + "not known here; the payout ledger leaves it out.")
        case .unrecognised: break
        }
    }

    /// Works out what a block beside the active chain would do to the payout ledger, if it is one of
    /// those for which only this node can tell.
    func judgePayoutAside(_ block: Block, _ id: BlockID) throws(StorageError) {
        guard ledger.hasWindow(onto: block.header.previous), let parent = index.parent(of: id),
            index.status(of: parent).isValid(.scripts), try payoutChange(of: block.hash) == nil
        else { return }
        let before =
            parent == index.tip
            ? ledger.current : try lastPayoutChange(upTo: parent)?.after ?? PayoutLedger()
        if let change = ledger.judgeAside(block, on: before) {
            put(StoreKey.ledger(block.hash), change)
        }
    }

    /// The same of a block that is not in the files yet, brought to the disk at once: should the
    /// process end when the block is there, it is connected by the next without its share window.
    func judgePayoutAhead(_ block: Block, _ id: BlockID) throws(StorageError) {
        try judgePayoutAside(block, id)
        if ledger.restsOnShares { try writeIndex() }
    }

    /// What undoes the block; nil if that is kept already.
    private func undoToKeep(
        _ id: BlockID, of block: Block, spending spent: [Coin]
    ) throws(StorageError) -> Deferred<UndoRecord>? {
        let node = index[id]
        let previous = block.header.previous
        if node.status.hasUndo {
            // From an earlier time it was connected, unless a crash lost it.
            let position = FilePosition(file: Int(node.file), offset: Int(node.undoPosition))
            if try files.reader.undo(at: position, of: previous) != nil { return nil }
        }
        let magic = network.magic
        return Deferred(isWorthwhile: spent.count > Self.fewInputs) {
            UndoRecord(UndoData.bytes(of: block, spent: spent), of: previous, magic: magic)
        }
    }

    /// Keeps what undoes a block.
    func keep(undo record: UndoRecord, of id: BlockID) throws(StorageError) {
        let file = Int(index[id].file)
        let position = try files.append(undo: record, besideFile: file)
        guard let offset = UInt32(exactly: position.offset) else {
            throw StorageError(
                path: files.undoPath(file),
                reason: "There is more undo data beside one block file than can be found again")
        }
        index.setUndo(id, position: offset)
    }

    /// Takes the tip back; returns its block.
    func disconnectTip() throws(StorageError) -> Block {
        guard let id = index.tip, let parent = index.parent(of: id) else {
            preconditionFailure("The genesis block is never taken back")
        }
        guard let block = try block(id), let undo = try undo(id) else {
            throw StorageError(
                path: files.blockPath(Int(index[id].file)),
                reason: "Block \(index.hash(of: id).displayHex) cannot be taken back; "
                    + "restart with -reindex")
        }
        guard undo.spent.count + 1 == block.transactions.count else { throw mismatch(id) }
        try checkOutputs(of: block, id)
        for position in block.transactions.indices.reversed() {
            let transaction = block.transactions[position]
            let txid = transaction.txid
            for (number, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                coins.spend(OutPoint(txid: txid, index: UInt32(number)))
            }
            guard position > 0 else { continue }
            let spent = undo.spent[position - 1]
            guard spent.count == transaction.inputs.count else { throw mismatch(id) }
            for (number, coin) in spent.enumerated() {
                coins.add(transaction.outPoint(at: number), coin, mayOverwrite: true)
            }
        }
        ledger.disconnect(block.hash, from: try payoutChange(of: block.hash))
        index.setActive(parent)
        return block
    }

    /// Makes sure that what a block made, and the block itself did not spend, is there to be taken
    /// back; which also brings it all into the cache at once.
    private func checkOutputs(of block: Block, _ id: BlockID) throws(StorageError) {
        let spentWithin = Set(block.spentOutPoints)
        var points: [OutPoint] = []
        var outputs: [TransactionOutput] = []
        for transaction in block.transactions {
            let txid = transaction.txid
            for (number, output) in transaction.outputs.enumerated() {
                let point = OutPoint(txid: txid, index: UInt32(number))
                guard !output.script.isUnspendable, !spentWithin.contains(point) else { continue }
                points.append(point)
                outputs.append(output)
            }
        }
        let standing = try coins.gather(points, from: store)
        // The two coinbases that were overwritten before BIP30 are rightly missing.
        let mayMiss = BlockIndex.isOverwritten(block.hash, at: index.height(of: id))
        for (output, coin) in zip(outputs, standing) where coin?.output != output {
            guard coin == nil, mayMiss else { throw mismatch(id) }
        }
    }

    func mismatch(_ id: BlockID) -> StorageError {
        StorageError(
            path: store.path,
            reason: "The coins do not match the undo data of block "
                + "\(index.hash(of: id).displayHex); restart with -reindex-chainstate")
    }
}
