public import Consensus
public import Cryptography
public import Genesis
import MemoryPool
public import Mining
public import Primitives
public import Storage

extension Validator {
    /// Whether the operator says which version blocks built here bear (`-blockversion`).
    public nonisolated var hasChosenVersion: Bool { configuration.blockVersion != nil }

    /// What the next block must be.
    public func templateContext() -> TemplateContext {
        var context = chain.templateContext(at: clock.now())
        context.version = configuration.blockVersion ?? context.version
        return context
    }

    /// A block to be mined on the tip, filled from the mempool. Throws `PayoutError` where a
    /// roster cannot be paid.
    ///
    /// The validator only chooses the transactions; the rest is done by whoever asks.
    public nonisolated func blockTemplate(
        options: AssemblyOptions = .init(), paying payee: Payee = .nobody,
        usingMempool: Bool = true
    ) async throws -> BlockTemplate {
        let assembler = BlockAssembler(options: options)
        let choice = try await choose(for: assembler, paying: payee, usingMempool)
        return try assembler.finish(
            choice.selection, onto: choice.context, paying: choice.payee)
    }

    private struct Choice: Sendable {
        var selection: BlockSelection
        var context: TemplateContext
        var payee: Payee
    }

    private func choose(
        for assembler: BlockAssembler, paying payee: Payee, _ usingMempool: Bool
    ) throws -> Choice {
        try checkRunning()
        var payee = payee
        if case .roster(var plan) = payee {
            // A ledger asked for earlier may be that of another tip.
            plan.ledger = chain.ledger.current
            payee = .roster(plan)
        }
        let context = templateContext()
        let selection =
            try usingMempool
            ? selections.choose(for: assembler, from: pool, onto: context, paying: payee)
            : assembler.choose(from: Mempool(policy: pool.policy), onto: context, paying: payee)
        return Choice(selection: selection, context: context, payee: payee)
    }

    /// How the votes on changes stand for the next block, one change after the other.
    public func deploymentStates() -> [(deployment: VersionBitsDeployment, state: ThresholdState)] {
        let tip = chain.index.tip ?? chain.index.genesis
        var states: [(deployment: VersionBitsDeployment, state: ThresholdState)] = []
        for deployment in network.consensus.deployments {
            states.append((deployment, chain.index.state(of: deployment, after: tip)))
        }
        return states
    }

    // MARK: Payouts

    /// Sets the rosters by which the coinbases of blocks connected from now on are judged.
    public func use(rosters: [Roster]) { chain.use(rosters: rosters) }

    /// Takes note of a share window that a block may be paid by.
    public func remember(_ window: TemplateWindow) { chain.ledger.remember(window) }

    /// What a block did to the ledger; nil if nothing.
    public func payoutChange(of hash: BlockHash) throws(StorageError) -> PayoutChange? {
        try checkRunning()
        return try chain.payoutChange(of: hash)
    }

    /// What is owed as of a block; as of the tip if nil. Nil if the block is unknown, or was never
    /// connected: what it would have done to the ledger was not worked out.
    public func ledger(at hash: BlockHash? = nil) throws(StorageError) -> PayoutLedger? {
        try checkRunning()
        guard let hash, hash != chain.tip.hash else { return chain.ledger.current }
        guard let id = chain.index.find(hash),
            chain.index.status(of: id).validity >= .scripts || chain.assumption?.base == id
        else { return nil }
        return try chain.lastPayoutChange(upTo: id)?.after ?? PayoutLedger()
    }
}
