import Consensus
import Cryptography
import Genesis
import MemoryPool
public import Primitives
import Scripting
public import Storage

extension Validator {
    /// Judges a transaction and, unless it is only a test, lets it into the mempool.
    public func submit(
        transaction: Transaction, options: TransactionOptions = .init()
    ) throws(StorageError) -> TransactionOutcome {
        defer { publish() }
        return try writing { () throws(StorageError) in
            let outcome = try admit(transaction.detached(), options)
            // The coins it named are in the cache now, whatever became of it.
            try flushIfDue()
            return outcome
        }
    }

    /// Lets a transaction of our own into the pool, of which the peers are to be told (Core's
    /// `BroadcastTransaction`). All in one call: to come here and go again costs more than most of
    /// what is done here.
    ///
    /// - Parameter maximumFee: the most it may pay; zero for any fee.
    public func broadcast(
        _ transaction: Transaction, maximumFee: Amount
    ) throws(StorageError) -> BroadcastOutcome {
        defer { publish() }
        return try writing { () throws(StorageError) in
            guard try !hasUnspentOutput(transaction) else { return .alreadyInChain }
            let txid = transaction.txid
            // Perhaps with another witness: that is the one to tell of.
            if let known = pool[txid] { return .inPool(known.transaction.wtxid) }
            let options = TransactionOptions(maximumFee: maximumFee > .zero ? maximumFee : nil)
            let outcome = try admit(transaction.detached(), options)
            try flushIfDue()
            if case .rejected(let rejection) = outcome { return .rejected(rejection) }
            pool.addUnbroadcast(txid)
            return .inPool(transaction.wtxid)
        }
    }

    /// What the pool must know of the chain: the next block is the one a transaction may enter.
    func context() -> ChainContext {
        let tip = chain.tip
        return ChainContext(
            tipHeight: tip.height, medianTimePast: Int64(tip.medianTimePast),
            now: clock.now(),
            coinbaseMaturity: network.consensus.coinbaseMaturity,
            scriptFlags: network.scriptFlags(for: .zero, at: tip.height + 1))
    }

    /// - Parameter time: when it came, in seconds since 1970; nil is now.
    func admit(
        _ transaction: Transaction, _ options: TransactionOptions, arrivedAt time: Int64? = nil
    ) throws(StorageError) -> TransactionOutcome {
        var context = context()
        context.arrival = time
        let limits = AdmissionOptions(
            bypassesLimits: options.bypassesLimits, maximumFeeRate: options.maximumFeeRate)
        let admission: Admission
        switch try judge(transaction, in: context, limits) {
        case .success(let judged): admission = judged
        case .failure(let rejection): return .rejected(rejection)
        }
        do throws(MempoolRejection) {
            try checkScripts(admission)
            if let maximum = options.maximumFee, admission.fee > maximum {
                throw MempoolRejection(.maximumFee, "max-fee-exceeded")
            }
            if !options.testOnly {
                try pool.commit(admission, in: context, limitsSize: !options.bypassesLimits)
            }
            return .accepted(TransactionAcceptance(admission))
        } catch {
            return .rejected(error)
        }
    }

    /// Judges transactions each of which may spend those before it, and leaves the pool as it is.
    ///
    /// - Parameter package: what `PackageRules` has passed.
    /// - Returns: what would become of each; nil where that is open, since another was refused.
    public func test(package: [Transaction]) throws(StorageError) -> [TransactionOutcome?] {
        try writing { () throws(StorageError) in
            let untouched = pool
            defer { pool = untouched }
            var outcomes = [TransactionOutcome?](repeating: nil, count: package.count)
            var admissions: [Admission] = []
            let context = context()
            for (place, transaction) in package.enumerated() {
                let judged = try judge(
                    transaction.detached(), in: context,
                    AdmissionOptions(allowsReplacement: false))
                do throws(MempoolRejection) {
                    let admission = try judged.get()
                    try pool.commit(admission, in: context, limitsSize: false)
                    admissions.append(admission)
                } catch {
                    outcomes[place] = .rejected(error)
                    return outcomes
                }
            }
            for (place, admission) in admissions.enumerated() {
                do throws(MempoolRejection) {
                    try checkScripts(admission)
                    outcomes[place] = .accepted(TransactionAcceptance(admission))
                } catch {
                    outcomes[place] = .rejected(error)
                    break
                }
            }
            try flushIfDue()
            return outcomes
        }
    }

    /// Judges all of a transaction but its scripts.
    private func judge(
        _ transaction: Transaction, in context: ChainContext, _ options: AdmissionOptions
    ) throws(StorageError) -> Result<Admission, MempoolRejection> {
        // Before a coin is looked for: anybody can name a hundred thousand.
        do throws(MempoolRejection) {
            try pool.checkAlone(transaction, in: context)
        } catch {
            return .failure(error)
        }
        let gathered = try gather(for: transaction)
        do throws(MempoolRejection) {
            return .success(
                try pool.judgeFurther(
                    transaction, in: context, with: gathered, options: options,
                    locks: { chain.lock($0, coinHeights: $1) }))
        } catch {
            return .failure(error)
        }
    }

    private func gather(for transaction: Transaction) throws(StorageError) -> GatheredCoins {
        let points = pool.outPointsNeeded(by: transaction)
        var coins: [OutPoint: Coin] = [:]
        for (point, coin) in zip(points, try chain.gather(points)) {
            coins[point] = coin
        }
        let isKnown = coins.count < points.count ? try hasUnspentOutput(transaction) : false
        return GatheredCoins(coins: coins, isAlreadyKnown: isKnown)
    }

    /// Whether the chain holds an output of the transaction: then it holds the transaction.
    func hasUnspentOutput(_ transaction: Transaction) throws(StorageError) -> Bool {
        let txid = transaction.txid
        let points = transaction.outputs.indices.map { OutPoint(txid: txid, index: UInt32($0)) }
        return try chain.gather(points).contains { $0 != nil }
    }

    private func checkScripts(_ admission: Admission) throws(MempoolRejection) {
        let transaction = admission.transaction
        let checks = ScriptCheck.all(
            of: transaction, spending: admission.spentOutputs, flags: admission.policyFlags)
        if let failure = chain.scripts.firstFailure(
            checks, cache: chain.verified, notesSignatures: true)
        {
            throw admission.rejection(for: failure)
        }
        // Each rule of policy only forbids more, so what passes them all passes those of the block.
        if admission.policyFlags.isSuperset(of: admission.consensusFlags) {
            chain.verified.note(transaction.wtxid, flags: admission.consensusFlags)
        }
    }
}
