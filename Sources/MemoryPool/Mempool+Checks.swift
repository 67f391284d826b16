import Consensus
import Cryptography
public import Primitives
import Scripting

extension Mempool {
    /// What can be said of the transaction without its coins.
    public func checkAlone(
        _ transaction: Transaction, in context: ChainContext
    ) throws(MempoolRejection) {
        do { try transaction.check() } catch { throw MempoolRejection(error) }
        guard !transaction.isCoinbase else { throw MempoolRejection(.consensus, "coinbase") }
        if policy.requiresStandard, let reason = policy.nonStandardReason(of: transaction) {
            throw MempoolRejection(.notStandard, reason)
        }
        guard transaction.baseSize >= MempoolPolicy.Limits.nonWitnessSize else {
            throw MempoolRejection(.notStandard, "tx-size-small")
        }
        guard transaction.isFinal(height: context.tipHeight + 1, time: context.medianTimePast)
        else { throw MempoolRejection(.prematureSpend, "non-final") }
        if byWtxid[transaction.wtxid] != nil {
            throw MempoolRejection(.conflict, "txn-already-in-mempool")
        }
        if byTxid[transaction.txid] != nil {
            throw MempoolRejection(.conflict, "txn-same-nonwitness-data-in-mempool")
        }
    }

    func findConflicts(
        of transaction: Transaction, options: AdmissionOptions
    ) throws(MempoolRejection) -> Set<Int32> {
        var conflicts: Set<Int32> = []
        for index in 0..<transaction.inputs.count {
            guard let spender = spenders[transaction.outPoint(at: index)] else { continue }
            guard options.allowsReplacement else {
                throw MempoolRejection(.mempoolPolicy, "bip125-replacement-disallowed")
            }
            conflicts.insert(spender)
        }
        return conflicts
    }

    /// The coins it spends, one an input, from the pool or the chain.
    func coins(
        of transaction: Transaction, gathered: GatheredCoins
    ) throws(MempoolRejection) -> [Coin] {
        var coins: [Coin] = []
        coins.reserveCapacity(transaction.inputs.count)
        for index in 0..<transaction.inputs.count {
            let point = transaction.outPoint(at: index)
            // What the pool makes hides what the chain may hold.
            let isOwn = byTxid[point.txid] != nil
            guard let coin = isOwn ? coin(point) : gathered.coins[point] else {
                throw gathered.isAlreadyKnown
                    ? MempoolRejection(.conflict, "txn-already-known")
                    : MempoolRejection(.missingInputs, "bad-txns-inputs-missingorspent")
            }
            coins.append(coin)
        }
        return coins
    }

    func checkLocks(
        of transaction: Transaction, spending coins: [Coin], in context: ChainContext,
        locks: SequenceLocks
    ) throws(MempoolRejection) {
        let next = context.tipHeight + 1
        // What waits here is taken to be in the next block.
        let heights = coins.map { $0.height == Coin.mempoolHeight ? next : $0.height }
        let lock = locks(transaction, heights)
        guard lock.isOpen(height: next, medianTimePast: context.medianTimePast) else {
            throw MempoolRejection(.prematureSpend, "non-BIP68-final")
        }
    }

    /// Judges inputs and witnesses against what they spend, and counts signature operations.
    func checkInputs(
        of transaction: Transaction, spending coins: [Coin], fee: Amount,
        in context: ChainContext, options: AdmissionOptions
    ) throws(MempoolRejection) -> Candidate {
        if policy.requiresStandard {
            let inputs = InputPolicy(transaction: transaction, spent: coins.map(\.output))
            if let reason = inputs.nonStandardReason() {
                throw MempoolRejection(.inputsNotStandard, "bad-txns-nonstandard-inputs", reason)
            }
            guard !transaction.hasWitness || inputs.hasStandardWitness() else {
                throw MempoolRejection(.witnessMutated, "bad-witness-nonstandard")
            }
        }
        let sigOpCost = transaction.sigOpCost(spending: coins, flags: .standard)
        let delta = deltas[transaction.txid] ?? 0
        let entry = MempoolEntry(
            // A window on a block would keep all of the block in memory.
            transaction: transaction.detached(), fee: fee,
            modifiedFee: fee.satoshis.addingClamped(delta),
            adjustedWeight: policy.adjustedWeight(
                weight: transaction.weight.units, sigOpCost: sigOpCost),
            sigOpCost: sigOpCost, time: context.arrival ?? context.now, height: context.tipHeight,
            // What comes back from a block counts as older than all that was here.
            sequence: options.bypassesLimits ? 0 : sequence,
            spendsCoinbase: coins.contains(where: \.isCoinbase))
        return Candidate(entry: entry, parents: parents(of: transaction))
    }

    /// The slots whose outputs it spends, by txid.
    func parents(of transaction: Transaction) -> [Int32] {
        var parents: Set<Int32> = []
        for index in 0..<transaction.inputs.count {
            if let slot = byTxid[transaction.outPoint(at: index).txid] { parents.insert(slot) }
        }
        return parents.sorted { tieBreak($0) < tieBreak($1) }
    }

    func checkFee(
        _ candidate: Candidate, in context: ChainContext, options: AdmissionOptions
    ) throws(MempoolRejection) {
        let entry = candidate.entry
        // Dust may only be made to be spent at once, by who pays for both: so here is no fee.
        if policy.requiresStandard, entry.fee != .zero || entry.modifiedFee != 0,
            !policy.dustOutputs(of: entry.transaction).isEmpty
        {
            throw MempoolRejection(.notStandard, "dust", "tx with dust output must be 0-fee")
        }
        guard entry.sigOpCost <= MempoolPolicy.Limits.sigOpCost else {
            throw MempoolRejection(
                .notStandard, "bad-txns-too-many-sigops", "\(entry.sigOpCost)")
        }
        guard !options.bypassesLimits else { return }
        let size = entry.virtualSize
        let minimum = minimumFeeRate(now: context.now).fee(virtualSize: size).satoshis
        if minimum > 0, entry.modifiedFee < minimum {
            throw MempoolRejection(
                .reconsiderable, "mempool min fee not met", "\(entry.modifiedFee) < \(minimum)")
        }
        let relay = policy.minRelayFeeRate.fee(virtualSize: size).satoshis
        if entry.modifiedFee < relay {
            throw MempoolRejection(
                .reconsiderable, "min relay fee not met", "\(entry.modifiedFee) < \(relay)")
        }
    }

    func checkMaximumFee(
        _ candidate: Candidate, options: AdmissionOptions
    ) throws(MempoolRejection) {
        guard let maximum = options.maximumFeeRate else { return }
        let entry = candidate.entry
        let rate = FeeFraction(fee: entry.modifiedFee, size: Int64(entry.virtualSize))
        let limit = FeeFraction(fee: maximum.satoshisPerKvB, size: 1000)
        if rate.isHigherRate(than: limit) {
            throw MempoolRejection(.mempoolPolicy, "max feerate exceeded")
        }
    }

    /// Who spends from a transaction with dust must spend the dust too.
    func checkDustIsSpent(by transaction: Transaction) throws(MempoolRejection) {
        var unspent: Set<OutPoint> = []
        for parent in parents(of: transaction) {
            let made = slots[Int(parent)].entry.transaction
            for index in policy.dustOutputs(of: made) {
                unspent.insert(OutPoint(txid: made.txid, index: UInt32(index)))
            }
        }
        for index in 0..<transaction.inputs.count {
            unspent.remove(transaction.outPoint(at: index))
        }
        guard unspent.isEmpty else {
            throw MempoolRejection(
                .mempoolPolicy, "missing-ephemeral-spends",
                "tx \(transaction.txid.displayHex) (wtxid=\(transaction.wtxid.displayHex)) "
                    + "did not spend parent's ephemeral dust")
        }
    }
}
