import Consensus
import Cryptography
public import MemoryPool
public import Primitives

/// Whom a block pays.
public enum Payee: Sendable {
    /// Whoever fills in the coinbase: `getblocktemplate`. The block cannot be mined as it is.
    case nobody
    case script(Script)
    case roster(PayoutPlan)
}

/// Chooses the transactions of a block and builds all of it but the proof of work.
public struct BlockAssembler: Sendable {
    public var options: AssemblyOptions

    public init(options: AssemblyOptions = AssemblyOptions()) { self.options = options }

    /// Builds a block on `context`, taking from the pool what pays best for its weight.
    ///
    /// - Throws: only where a roster's payees cannot be paid.
    public func assemble(
        _ mempool: Mempool, onto context: TemplateContext, paying payee: Payee = .nobody
    ) throws(PayoutError) -> BlockTemplate {
        try finish(
            choose(from: mempool, onto: context, paying: payee), onto: context, paying: payee)
    }

    /// Builds a block of exactly these transactions, in this order (`generateblock`).
    public func assemble(
        exactly transactions: [TemplateTransaction], onto context: TemplateContext,
        paying payee: Payee
    ) throws(PayoutError) -> BlockTemplate {
        let rules = try rules(onto: context, paying: payee)
        return try finish(
            BlockSelection(rules, exactly: transactions), onto: context, paying: payee)
    }

    /// Chooses a block's transactions from the pool, with nothing kept to go on from.
    public func choose(
        from mempool: Mempool, onto context: TemplateContext, paying payee: Payee
    ) throws(PayoutError) -> BlockSelection {
        var selection = try BlockSelection(rules(onto: context, paying: payee))
        selection.renew(from: mempool)
        return selection
    }

    // MARK: Room

    /// How transactions are to be chosen: by what is known before any is.
    func rules(
        onto context: TemplateContext, paying payee: Payee
    ) throws(PayoutError) -> BlockChoice.Rules {
        let reserve = try reserve(for: payee, context)
        return BlockChoice.Rules(
            maxWeight: options.maxWeight, minFeeRate: options.minFeeRate,
            reservedWeight: reserve.weight, reservedSigOps: reserve.sigOps, height: context.height,
            medianTimePast: context.medianTimePast)
    }

    private func reserve(
        for payee: Payee, _ context: TemplateContext
    ) throws(PayoutError) -> (weight: Int, sigOps: Int) {
        switch payee {
        case .nobody:
            return (options.reservedWeight, options.coinbaseSigOpCost)
        case .script(let script):
            let outputs = [TransactionOutput(value: .zero, script: script)] + commitments(context)
            return (
                max(options.reservedWeight, exactWeight(outputs, context)),
                max(options.coinbaseSigOpCost, Coinbase.sigOpCost(of: outputs))
            )
        case .roster(let plan):
            // Which members are paid depends on the fees to come; how large they can be does not.
            let outputs = try plan.largestOutputs() + commitments(context)
            return (exactWeight(outputs, context), try plan.largestSigOpCost())
        }
    }

    private func exactWeight(_ outputs: [TransactionOutput], _ context: TemplateContext) -> Int {
        Coinbase.reservedWeight(
            height: context.height, outputs: outputs, hasWitness: context.hasWitness)
    }

    /// An output as large as the one that commits to the witnesses.
    private func commitments(_ context: TemplateContext) -> [TransactionOutput] {
        guard context.hasWitness else { return [] }
        var script = Array(Block.witnessCommitmentScript(.zero).bytes)
        // The answer to a challenge goes there too.
        if options.isSigned { script += [UInt8](repeating: 0, count: BlockSigner.reserve) }
        return [TransactionOutput(value: .zero, script: Script(script))]
    }

    // MARK: Finishing

    /// Builds the block around a selection that was made for the same context and payee. This does
    /// not need the pool, so its owner need not wait for it.
    public func finish(
        _ selection: BlockSelection, onto context: TemplateContext, paying payee: Payee
    ) throws(PayoutError) -> BlockTemplate {
        let reward = context.subsidy + selection.sums.fees
        var outputs: [TransactionOutput]
        var split: PayoutSplit?
        var isSearched = true
        switch payee {
        case .nobody:
            isSearched = false
            outputs = [TransactionOutput(value: reward)]
        case .script(let script):
            outputs = [TransactionOutput(value: reward, script: script)]
        case .roster(let plan):
            let computed = try plan.split(reward: reward, onto: context.previous)
            outputs = computed.coinbaseOutputs
            split = computed
        }
        var commitment: Script?
        if context.hasWitness {
            let script = Block.witnessCommitmentScript(
                Block.witnessCommitment(root: selection.transactions.witnessRoot, nonce: .zero))
            outputs.append(TransactionOutput(value: .zero, script: script))
            commitment = script
        }
        return BlockTemplate(
            context: context, transactions: selection.transactions, fees: selection.sums.fees,
            coinbaseValue: reward, weight: selection.sums.weight, sigOpCost: selection.sums.sigOps,
            witnessCommitment: commitment, payout: split, outputs: outputs,
            isSearched: isSearched)
    }
}
