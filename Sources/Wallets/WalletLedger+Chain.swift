internal import Keys
internal import Primitives

/// What the chain and the mempool tell.
extension WalletLedger {
    /// Takes in a block on the tip.
    ///
    /// - Parameters:
    ///   - latestTime: the highest time of a header so far, if the block is an old one read again;
    ///     nil for a block that has just come.
    mutating func connect(
        _ block: Block, at point: ChainPoint, now: Int64, latestTime: Int64? = nil
    ) {
        tip = point
        changes.tip = true
        for (position, transaction) in block.transactions.enumerated() {
            let place = ConfirmationPlace(
                block: point, position: position, time: block.header.time)
            markConflicts(of: transaction, in: point)
            if !poolConflicts.isEmpty { poolConflicts[transaction.txid] = nil }
            guard concerns(transaction) else { continue }
            note(
                transaction, state: .confirmed(place), now: now,
                blockTime: latestTime ?? Int64(place.time), isRescan: latestTime != nil)
        }
    }

    /// Takes the tip back; `parent` becomes the tip.
    mutating func disconnect(_ point: ChainPoint, to parent: ChainPoint?) {
        for (txid, transaction) in transactions {
            switch transaction.state {
            case .confirmed(let place) where place.block.hash == point.hash:
                // A coinbase has no chance to come back by itself.
                let isCoinbase = transaction.transaction.isCoinbase
                transactions[txid]?.state = .unconfirmed(isAbandoned: isCoinbase)
                changes.transactions.insert(txid)
            case .conflicted(let block) where block.height >= point.height:
                transactions[txid]?.state = .unconfirmed(isAbandoned: false)
                changes.transactions.insert(txid)
            default: break
            }
        }
        tip = parent
        changes.tip = true
    }

    /// The mempool has taken a transaction in.
    mutating func enteredPool(_ transaction: Transaction, now: Int64) {
        for rival in rivals(of: transaction) {
            poolConflicts[rival, default: []].insert(transaction.txid)
        }
        guard concerns(transaction) else { return }
        pooled.insert(transaction.txid)
        // The chain may be ahead of what the mempool told.
        if case .confirmed = transactions[transaction.txid]?.state { return }
        note(transaction, state: .unconfirmed(isAbandoned: false), now: now)
    }

    /// The mempool has let a transaction go.
    mutating func leftPool(_ transaction: Transaction) {
        pooled.remove(transaction.txid)
        for rival in rivals(of: transaction) {
            poolConflicts[rival]?.remove(transaction.txid)
            if poolConflicts[rival]?.isEmpty == true { poolConflicts[rival] = nil }
        }
    }

    /// Forgets what the mempool held, to be told anew.
    mutating func resetPool() {
        pooled = []
        poolConflicts = [:]
    }

    /// The transactions here that spend what another spends.
    private func rivals(of transaction: Transaction) -> Set<Txid> {
        guard !transaction.isCoinbase else { return [] }
        var rivals: Set<Txid> = []
        for index in transaction.inputs.indices {
            guard let others = spenders[transaction.outPoint(at: index)] else { continue }
            rivals.formUnion(others)
        }
        rivals.remove(transaction.txid)
        return rivals
    }

    private func concerns(_ transaction: Transaction) -> Bool {
        if transactions[transaction.txid] != nil { return true }
        if transaction.outputs.contains(where: { isMine($0.script) }) { return true }
        guard !coins.isEmpty, !transaction.isCoinbase else { return false }
        return transaction.inputs.indices.contains {
            coins[transaction.outPoint(at: $0)] != nil
        }
    }

    /// Marks what a confirmed transaction makes impossible, and all that builds on it.
    private mutating func markConflicts(of transaction: Transaction, in block: ChainPoint) {
        var open = Array(rivals(of: transaction))
        var seen = Set(open)
        while let txid = open.popLast() {
            guard let rival = transactions[txid], rival.confirmation == nil else { continue }
            transactions[txid]?.state = .conflicted(with: block)
            changes.transactions.insert(txid)
            for child in children(of: rival) where seen.insert(child).inserted {
                open.append(child)
            }
        }
    }

    /// The transactions here that spend outputs of another.
    func children(of parent: WalletTransaction) -> Set<Txid> {
        parent.transaction.outputs.indices.reduce(into: []) { children, index in
            let point = OutPoint(txid: parent.txid, index: UInt32(index))
            children.formUnion(spenders[point] ?? [])
        }
    }

    /// Writes a transaction down, or its new state.
    mutating func note(
        _ transaction: Transaction, state: WalletTransaction.State, now: Int64,
        blockTime: Int64? = nil, isRescan: Bool = false
    ) {
        let txid = transaction.txid
        changes.transactions.insert(txid)
        if transactions[txid] != nil {
            transactions[txid]?.state = state
        } else {
            transactions[txid] = WalletTransaction(
                transaction: transaction.detached(), state: state, order: nextOrder,
                timeReceived: now,
                time: smartTime(received: now, blockTime: blockTime, isRescan: isRescan))
            nextOrder += 1
            index(transaction)
        }
        for output in transaction.outputs {
            if let place = scripts[output.script] { markUsed(place) }
        }
    }

    /// Fills the tables that are looked up by out point.
    mutating func index(_ transaction: Transaction) {
        for (number, output) in transaction.outputs.enumerated() where isMine(output.script) {
            let point = OutPoint(txid: transaction.txid, index: UInt32(number))
            coins[point] = TransactionOutput(
                value: output.value, script: Script(Array(output.script.bytes)))
        }
        guard !transaction.isCoinbase else { return }
        for number in transaction.inputs.indices {
            let point = transaction.outPoint(at: number)
            spenders[point, default: []].insert(transaction.txid)
            if let isKept = locked.removeValue(forKey: point), isKept {
                changes.locks.insert(point)
            }
        }
    }

    /// A time for people: that of the block, but never so late or early that the order of the list
    /// would seem wrong (Core's `nTimeSmart`).
    private func smartTime(received: Int64, blockTime: Int64?, isRescan: Bool) -> Int64 {
        guard let blockTime else { return received }
        if isRescan { return blockTime }
        let newest = transactions.values
            .filter { $0.time <= received + 300 }
            .max { $0.order < $1.order }?.time
        return max(newest ?? 0, min(blockTime, max(received, newest ?? 0)))
    }
}
