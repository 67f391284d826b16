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
        var filling = try Filling(reserve: reserve(for: payee, context))
        choose(from: mempool, onto: context, into: &filling)
        return try finish(filling, onto: context, paying: payee)
    }

    /// Builds a block of exactly these transactions, in this order (`generateblock`).
    public func assemble(
        exactly transactions: [TemplateTransaction], onto context: TemplateContext,
        paying payee: Payee
    ) throws(PayoutError) -> BlockTemplate {
        var filling = try Filling(reserve: reserve(for: payee, context))
        for transaction in transactions { filling.append(transaction) }
        return try finish(filling, onto: context, paying: payee)
    }

    // MARK: Room

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
            return (exactWeight(outputs, context), Coinbase.sigOpCost(of: outputs))
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

    // MARK: Choosing

    /// How often in a row a chunk may not fit before a nearly full block counts as full.
    private static let maximumFailures = 1000
    private static let nearlyFull = 4000

    private func choose(
        from mempool: Mempool, onto context: TemplateContext, into filling: inout Filling
    ) {
        var order = MiningOrder(mempool)
        var failures = 0
        let minimum = FeeFraction(fee: options.minFeeRate.satoshisPerKvB, size: 1000)
        while let chunk = order.next() {
            if minimum.isHigherRate(than: chunk.rate.overVirtualSize) { break }
            if fits(chunk, in: filling, onto: context) {
                failures = 0
                for entry in chunk.entries { filling.append(entry) }
            } else {
                order.skip()
                failures += 1
                let isNearlyFull = filling.weight + Self.nearlyFull > options.maxWeight
                if failures > Self.maximumFailures, isNearlyFull { break }
            }
        }
    }

    private func fits(
        _ chunk: MiningOrder.Chunk, in filling: Filling, onto context: TemplateContext
    ) -> Bool {
        let sigOps = chunk.entries.reduce(0) { $0 + $1.sigOpCost }
        return filling.weight + Int(chunk.rate.size) < options.maxWeight
            && filling.sigOps + sigOps < ConsensusLimits.maximumSigOpCost
            && chunk.entries.allSatisfy {
                $0.transaction.isFinal(height: context.height, time: context.medianTimePast)
            }
    }

    // MARK: Finishing

    private func finish(
        _ filling: Filling, onto context: TemplateContext, paying payee: Payee
    ) throws(PayoutError) -> BlockTemplate {
        let reward = context.subsidy + filling.fees
        var outputs: [TransactionOutput]
        var split: PayoutSplit?
        switch payee {
        case .nobody:
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
            let root = MerkleTree.root([.zero] + filling.transactions.map(\.transaction.wtxid))
            let script = Block.witnessCommitmentScript(
                Block.witnessCommitment(root: root, nonce: .zero))
            outputs.append(TransactionOutput(value: .zero, script: script))
            commitment = script
        }
        return BlockTemplate(
            context: context, transactions: filling.transactions, fees: filling.fees,
            coinbaseValue: reward, weight: filling.weight, sigOpCost: filling.sigOps,
            witnessCommitment: commitment, payout: split, outputs: outputs)
    }
}

/// A block being filled.
private struct Filling {
    var transactions: [TemplateTransaction] = []
    var fees = Amount.zero
    /// With what is kept for the coinbase.
    var weight: Int
    var sigOps: Int
    private var places: [Txid: Int] = [:]

    init(reserve: (weight: Int, sigOps: Int)) {
        weight = reserve.weight
        sigOps = reserve.sigOps
    }

    mutating func append(_ entry: MempoolEntry) {
        append(
            TemplateTransaction(
                transaction: entry.transaction, fee: entry.fee, sigOpCost: entry.sigOpCost))
    }

    mutating func append(_ transaction: TemplateTransaction) {
        var added = transaction
        added.depends = (0..<transaction.transaction.inputs.count).compactMap {
            places[transaction.transaction.outPoint(at: $0).txid]
        }
        transactions.append(added)
        places[transaction.transaction.txid] = transactions.count
        fees += transaction.fee
        weight += transaction.transaction.weight.units
        sigOps += transaction.sigOpCost
    }
}
