import Consensus
public import Cryptography
import Genesis
import MemoryPool
public import Mining
public import Primitives
public import Storage

extension Validator {
    /// What the next block must be.
    public func templateContext() -> TemplateContext {
        let index = chain.index
        let tip = index.tip ?? index.genesis
        let height = index.height(of: tip) + 1
        let median = index.medianTimePast(of: tip)
        var minimum = median + 1
        // Core keeps to the rule against time warps on every network, so as not to need a fork.
        if height % network.consensus.adjustmentInterval == 0 {
            let floor = index.time(of: tip) - ConsensusLimits.maximumTimewarp
            minimum = max(minimum, floor)
        }
        let time = max(clock.now(), minimum)
        return TemplateContext(
            previous: index.hash(of: tip), height: height,
            version: chain.index.computeVersion(after: tip, in: network),
            bits: index.nextBits(onto: tip, time: UInt32(clamping: time), in: network),
            minimumTime: minimum, medianTimePast: median, time: time,
            subsidy: network.consensus.subsidy(at: height),
            hasWitness: network.consensus.isActive(.segwit, at: height))
    }

    /// A block to be mined on the tip, filled from the mempool. Throws `PayoutError` where a
    /// roster cannot be paid.
    public func blockTemplate(
        options: AssemblyOptions = .init(), paying payee: Payee = .nobody,
        usingMempool: Bool = true
    ) throws -> BlockTemplate {
        try checkRunning()
        return try BlockAssembler(options: options).assemble(
            usingMempool ? pool : Mempool(policy: pool.policy), onto: templateContext(),
            paying: payee)
    }

    // MARK: Payouts

    /// Sets the rosters by which the coinbases of blocks connected from now on are judged.
    public func use(rosters: [Roster]) { chain.ledger.rosters = rosters }

    /// What is owed as of a block; as of the tip if nil. Nil if the block is unknown.
    public func ledger(at hash: BlockHash? = nil) throws(StorageError) -> PayoutLedger? {
        try checkRunning()
        guard let hash, hash != chain.tip.hash else { return chain.ledger.current }
        var next = chain.index.find(hash)
        guard next != nil else { return nil }
        while let id = next {
            if let change = try chain.ledger.change(
                of: chain.index.hash(of: id), in: chain.store)
            {
                return change.after
            }
            next = chain.index.parent(of: id)
        }
        return PayoutLedger()
    }
}
