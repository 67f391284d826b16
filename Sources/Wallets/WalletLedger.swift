internal import Genesis
internal import Keys
internal import Primitives

/// All that a wallet knows, as one value: what happens to the chain and the mempool is told to it,
/// and what it holds is asked of it. It reads no clock and no disk.
struct WalletLedger: Sendable {
    let coinbaseMaturity: Int
    let keypoolSize: UInt32
    let spendsUnconfirmedChange: Bool

    /// The last block that was taken in.
    var tip: ChainPoint?
    var keychains: [Int64: Keychain] = [:]
    /// Whom each watched script belongs to.
    var scripts: [Script: ScriptPlace] = [:]
    var transactions: [Txid: WalletTransaction] = [:]
    /// Every output of ours that any transaction here made, spent or not.
    var coins: [OutPoint: TransactionOutput] = [:]
    /// The transactions here that spend an out point; several when they conflict.
    var spenders: [OutPoint: Set<Txid>] = [:]
    var labels: [Address: AddressLabel] = [:]
    /// Coins that are not to be spent for now, and whether that is to be remembered.
    var locked: [OutPoint: Bool] = [:]
    var nextOrder: Int64 = 0

    /// The transactions here that the mempool holds.
    var pooled: Set<Txid> = []
    /// Transactions of the mempool that spend what a transaction here spends, by the latter.
    var poolConflicts: [Txid: Set<Txid>] = [:]

    /// What has to be written.
    var changes = Changes()

    /// What a change of the ledger makes different on disk.
    struct Changes: Sendable {
        var transactions: Set<Txid> = []
        var keychains: Set<Int64> = []
        var scripts: [Script] = []
        var labels: Set<Address> = []
        var locks: Set<OutPoint> = []
        var tip = false

        var isEmpty: Bool {
            transactions.isEmpty && keychains.isEmpty && scripts.isEmpty && labels.isEmpty
                && locks.isEmpty && !tip
        }
    }

    init(network: Network, settings: WalletSettings) {
        coinbaseMaturity = network.consensus.coinbaseMaturity
        keypoolSize = settings.keypoolSize
        spendsUnconfirmedChange = settings.spendsUnconfirmedChange
    }

    var height: Int { tip?.height ?? -1 }

    func isMine(_ script: Script) -> Bool { scripts[script] != nil }

    /// Whether the output is change: ours, and nobody was given its address.
    func isChange(_ output: TransactionOutput) -> Bool {
        guard isMine(output.script) else { return false }
        guard let address = Address(output.script) else { return true }
        return labels[address] == nil
    }
}

// MARK: Depth and trust

extension WalletLedger {
    /// Confirmations; 0 when there are none, negative when a transaction with so many conflicts.
    func depth(of transaction: WalletTransaction) -> Int {
        switch transaction.state {
        case .confirmed(let place): height - place.block.height + 1
        case .conflicted(let block): -(height - block.height + 1)
        case .unconfirmed: 0
        }
    }

    /// Blocks until a coinbase may be spent; 0 for all else.
    func blocksToMaturity(of transaction: WalletTransaction) -> Int {
        guard transaction.transaction.isCoinbase else { return 0 }
        return max(0, coinbaseMaturity + 1 - depth(of: transaction))
    }

    func isImmature(_ transaction: WalletTransaction) -> Bool {
        blocksToMaturity(of: transaction) > 0
    }

    /// What the transaction takes from us.
    func debit(of transaction: Transaction) -> Amount {
        transaction.inputs.indices.reduce(.zero) {
            $0 + (coins[transaction.outPoint(at: $1)]?.value ?? .zero)
        }
    }

    /// What the transaction gives to us.
    func credit(of transaction: Transaction) -> Amount {
        transaction.outputs.reduce(.zero) { isMine($1.script) ? $0 + $1.value : $0 }
    }

    func isFromMe(_ transaction: Transaction) -> Bool { debit(of: transaction) > .zero }

    /// Whether we may count on the transaction: confirmed, or made of nothing but our own coins and
    /// held by the mempool. `known` saves asking again about those it went through.
    func isTrusted(_ transaction: WalletTransaction, known: inout Set<Txid>) -> Bool {
        if known.contains(transaction.txid) || transaction.confirmation != nil { return true }
        // A list rather than recursion: chains of unconfirmed transactions may be long.
        var open = [transaction]
        var seen: Set<Txid> = [transaction.txid]
        while let next = open.popLast() {
            guard !next.isConflicted, spendsUnconfirmedChange, isFromMe(next.transaction),
                pooled.contains(next.txid)
            else { return false }
            for index in next.transaction.inputs.indices {
                let point = next.transaction.outPoint(at: index)
                guard let parent = transactions[point.txid], coins[point] != nil else {
                    return false
                }
                if known.contains(parent.txid) || parent.confirmation != nil { continue }
                if seen.insert(parent.txid).inserted { open.append(parent) }
            }
        }
        known.formUnion(seen)
        return true
    }

    /// How a coin was spent, as far as we know.
    enum Spending {
        case unspent
        case confirmed
        case pooled
        /// By a transaction that neither the chain nor the mempool holds, but that may come back.
        case pending
    }

    func spending(of point: OutPoint) -> Spending {
        var spending = Spending.unspent
        for txid in spenders[point] ?? [] {
            guard let spender = transactions[txid] else { continue }
            if spender.confirmation != nil { return .confirmed }
            if pooled.contains(txid) {
                spending = .pooled
            } else if !spender.isAbandoned, !spender.isConflicted, poolConflicts[txid] == nil,
                case .unspent = spending
            {
                spending = .pending
            }
        }
        return spending
    }

    func isSpent(_ point: OutPoint) -> Bool {
        if case .unspent = spending(of: point) { false } else { true }
    }

    /// The other transactions here that spend a coin which this one spends.
    func conflicts(of transaction: WalletTransaction) -> [Txid] {
        var all: Set<Txid> = []
        guard !transaction.transaction.isCoinbase else { return [] }
        for index in transaction.transaction.inputs.indices {
            let point = transaction.transaction.outPoint(at: index)
            all.formUnion(spenders[point] ?? [])
        }
        all.remove(transaction.txid)
        return all.sorted()
    }
}
