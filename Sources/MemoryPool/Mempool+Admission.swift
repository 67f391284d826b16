public import Consensus
public import Primitives
import Scripting

extension Mempool {
    /// The coins to look up in the chain before `transaction` can be judged: those that no
    /// transaction of the pool makes.
    public func outPointsNeeded(by transaction: Transaction) -> [OutPoint] {
        (0..<transaction.inputs.count).compactMap { index in
            let point = transaction.outPoint(at: index)
            return byTxid[point.txid] == nil ? point : nil
        }
    }

    /// Judges a transaction by all rules but its scripts, in the order of Core's `MemPoolAccept`.
    ///
    /// - Parameter locks: answers the relative locks on the tip.
    public func judge(
        _ transaction: Transaction, in context: ChainContext, with gathered: GatheredCoins,
        options: AdmissionOptions = AdmissionOptions(), locks: SequenceLocks
    ) throws(MempoolRejection) -> Admission {
        try checkAlone(transaction, in: context)
        return try judgeFurther(
            transaction, in: context, with: gathered, options: options, locks: locks)
    }

    /// The same of one that `checkAlone` has passed.
    public func judgeFurther(
        _ transaction: Transaction, in context: ChainContext, with gathered: GatheredCoins,
        options: AdmissionOptions = AdmissionOptions(), locks: SequenceLocks
    ) throws(MempoolRejection) -> Admission {
        let conflicts = try findConflicts(of: transaction, options: options)
        let coins = try coins(of: transaction, gathered: gathered)
        try checkLocks(of: transaction, spending: coins, in: context, locks: locks)
        let fee: Amount
        do {
            fee = try transaction.fee(
                spending: coins, at: context.tipHeight + 1, maturity: context.coinbaseMaturity)
        } catch {
            throw MempoolRejection(error)
        }
        var candidate = try checkInputs(
            of: transaction, spending: coins, fee: fee, in: context, options: options)
        candidate.directConflicts = conflicts
        try checkFee(candidate, in: context, options: options)
        if !options.bypassesLimits { try checkTopology(&candidate) }
        try checkReplacement(&candidate)
        try checkClusterLimits(candidate)
        try checkConflictsAreNoAncestors(candidate)
        try checkMaximumFee(candidate, options: options)
        if !options.bypassesLimits, policy.requiresStandard {
            try checkDustIsSpent(by: transaction)
        }
        return Admission(
            transaction: transaction, spentOutputs: coins.map(\.output), policyFlags: .standard,
            consensusFlags: context.scriptFlags,
            replaced: candidate.replaced.sorted().map { slots[Int($0)].entry.txid }, fee: fee,
            modifiedFee: candidate.entry.modifiedFee, virtualSize: candidate.entry.virtualSize,
            entry: candidate.entry, updates: updates)
    }

    /// Whether nothing has changed since `admission` was judged, so that it may be committed.
    public func isCurrent(_ admission: Admission) -> Bool { admission.updates == updates }

    /// Lets a judged transaction in, its scripts having been run, and takes out what it replaces.
    ///
    /// Unless told otherwise the pool is then cut to its limits, which may hit the newcomer itself.
    public mutating func commit(
        _ admission: Admission, in context: ChainContext, limitsSize: Bool = true
    ) throws(MempoolRejection) {
        precondition(isCurrent(admission), "judged before the pool changed: judge again")
        let replaced = Set(admission.replaced.compactMap { byTxid[$0] })
        remove(replaced, reason: .replaced)
        insert(admission.entry)
        guard limitsSize else { return }
        limitSize(now: context.now)
        guard contains(txid: admission.transaction.txid) else {
            throw MempoolRejection(.reconsiderable, "mempool full")
        }
    }
}

/// A transaction under judgement, with what was found out so far.
struct Candidate {
    var entry: MempoolEntry
    /// Slots whose transactions spend the same coins.
    var directConflicts: Set<Int32> = []
    /// Those and all that depend on them.
    var replaced: Set<Int32> = []
    /// A sibling is to go that spends no coin in common: BIP431.
    var evictsSibling = false

    var parents: [Int32]
}

extension MempoolRejection {
    /// What consensus found, as the pool's answer.
    init(_ error: TransactionError) {
        let kind: Kind =
            switch error.result {
            case .missingInputs: .missingInputs
            case .prematureSpend: .prematureSpend
            default: .consensus
            }
        self.init(kind, error.rejectReason, error.debugMessage)
    }
}
