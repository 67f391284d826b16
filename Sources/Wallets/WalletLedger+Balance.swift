internal import Keys
public import Primitives

/// What a wallet holds, as of a block.
public struct WalletBalance: Hashable, Sendable {
    /// Confirmed, or change of our own that waits in the mempool.
    public var trusted = Amount.zero
    /// Waiting in the mempool, from somebody else.
    public var pending = Amount.zero
    /// Mined, but not yet to be spent.
    public var immature = Amount.zero
    /// What waiting transactions that the mempool does not hold take away (never positive).
    public var nonMempool = Amount.zero
    /// The last block that was looked at; nil before the first.
    public var asOf: ChainPoint?
}

/// A coin that could be spent.
struct SpendableCoin: Sendable {
    let point: OutPoint
    let output: TransactionOutput
    let depth: Int
    /// What its input will take; nil when we know no way to spend it.
    let size: SatisfactionSize?
    let isSafe: Bool
    let isFromMe: Bool
    /// Unconfirmed transactions of ours it builds on, its own included.
    let ancestors: Int
}

extension WalletLedger {
    /// Core's balance.
    ///
    /// - Parameters:
    ///   - minimumDepth: confirmations that a trusted coin must have.
    ///   - countsNonMempool: whether coins spent by transactions that the mempool does not hold are
    ///     counted, and then taken off again in `nonMempool`.
    func balance(minimumDepth: Int = 0, countsNonMempool: Bool = false) -> WalletBalance {
        var balance = WalletBalance(asOf: tip)
        var known: Set<Txid> = []
        for (point, output) in coins {
            guard let transaction = transactions[point.txid] else { continue }
            var isPendingSpend = false
            switch spending(of: point) {
            case .unspent: break
            case .pending where countsNonMempool: isPendingSpend = true
            case .pending, .pooled, .confirmed: continue
            }
            let isTrusted = isTrusted(transaction, known: &known)
            if isImmature(transaction), transaction.confirmation != nil {
                balance.immature += output.value
            } else if isTrusted, depth(of: transaction) >= minimumDepth {
                balance.trusted += output.value
            } else if !isTrusted, pooled.contains(transaction.txid) {
                balance.pending += output.value
            } else {
                continue
            }
            if isPendingSpend { balance.nonMempool -= output.value }
        }
        return balance
    }

    /// The coins that could be spent now, in the order of their out points.
    func spendableCoins(
        includingUnsafe: Bool = false, includingLocked: Bool = false,
        includingImmature: Bool = false, depths: ClosedRange<Int> = 0...9_999_999
    ) -> [SpendableCoin] {
        var known: Set<Txid> = []
        var result: [SpendableCoin] = []
        for (point, output) in coins {
            guard let transaction = transactions[point.txid] else { continue }
            let depth = depth(of: transaction)
            guard depths.contains(depth), includingImmature || !isImmature(transaction),
                depth > 0 || pooled.contains(transaction.txid),
                includingLocked || locked[point] == nil, !isSpent(point)
            else { continue }
            // What replaces, or was replaced, may yet turn out the other way.
            let mayTurn =
                depth == 0 && (transaction.replaces != nil || transaction.replacedBy != nil)
            let isSafe = !mayTurn && isTrusted(transaction, known: &known)
            guard isSafe || includingUnsafe else { continue }
            result.append(
                SpendableCoin(
                    point: point, output: output, depth: depth,
                    size: origin(of: output.script).flatMap { satisfactionSize($0.keychain, output) },
                    isSafe: isSafe, isFromMe: isFromMe(transaction.transaction),
                    ancestors: depth > 0 ? 0 : ancestorCount(of: transaction)))
        }
        return result.sorted {
            ($0.point.txid, $0.point.index) < ($1.point.txid, $1.point.index)
        }
    }

    /// What spending an output takes. A `combo()` makes four kinds, told apart by the script.
    func satisfactionSize(_ keychain: Keychain, _ output: TransactionOutput) -> SatisfactionSize? {
        if let size = keychain.descriptor.satisfactionSize() { return size }
        guard let place = scripts[output.script],
            let provider = keychain.descriptor.expand(at: place.index)?.provider
        else { return nil }
        return Descriptor.infer(output.script, provider: provider).satisfactionSize()
    }

    /// How many unconfirmed transactions of ours lead to this one, itself included.
    func ancestorCount(of transaction: WalletTransaction) -> Int {
        var open = [transaction]
        var seen: Set<Txid> = [transaction.txid]
        while let next = open.popLast() {
            for index in next.transaction.inputs.indices {
                let txid = next.transaction.outPoint(at: index).txid
                guard let parent = transactions[txid], parent.confirmation == nil,
                    seen.insert(txid).inserted
                else { continue }
                open.append(parent)
            }
        }
        return seen.count
    }
}
