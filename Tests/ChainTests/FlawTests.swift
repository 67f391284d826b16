import Chain
import Consensus
import Cryptography
import Genesis
import Keys
import Mining
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Blocks that the payout ledger does not follow") struct FlawTests {
    private let chain = TestChain()

    /// The lines that the log was given whatever its level.
    private final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        func add(_ line: String) { all.withLock { $0.append(line) } }
        func count(_ part: String) -> Int { all.withLock { $0.count { $0.contains(part) } } }
    }

    private func roster(_ members: [String: Int64]) throws -> Roster {
        var definition = RosterDefinition()
        definition.scheme = .init("weights")
        for (name, weight) in members.sorted(by: { $0.key < $1.key }) {
            var member = RosterDefinition.Member()
            member.name = .init(name)
            member.weight = .init(weight)
            let program = Hash160.hash(Array(name.utf8).span)
            let address = Address.witnessPubKeyHash(program).text(on: chain.builder.network)
            member.address = .init(address)
            definition.members.append(member)
        }
        return try definition.roster(on: chain.builder.network)
    }

    /// Mines a block that pays a roster; moves a satoshi from its first output to its second.
    @discardableResult
    private func mine(
        _ validator: Validator, _ roster: Roster, cheating: Bool = false
    ) async throws -> BlockHash {
        let plan = PayoutPlan(roster: roster, ledger: PayoutLedger())
        let template = try await validator.blockTemplate(paying: .roster(plan))
        let whole = template.block(extraNonce: 7)
        var transactions = Array(whole.transactions)
        if cheating {
            var outputs = Array(transactions[0].outputs)
            outputs[0].value -= Amount(satoshis: 1)
            outputs[1].value += Amount(satoshis: 1)
            transactions[0] = Transaction(
                version: transactions[0].version, inputs: Array(transactions[0].inputs),
                outputs: outputs, lockTime: transactions[0].lockTime)
        }
        var header = whole.header
        header.merkleRoot = MerkleTree.root(transactions.map(\.txid))
        header.solve(on: chain.builder.network)
        let block = Block(header: header, transactions: transactions)
        #expect(try await validator.submit(block: block) == .connected)
        return block.hash
    }

    @Test("A block that pays otherwise than it commits to is told of, and stays flagged")
    func violated() async throws {
        let roster = try roster(["ana": 3, "beto": 2])
        let lines = Lines()
        func configure(_ configuration: inout Validator.Configuration) {
            configuration.rosters = [roster]
            configuration.report = { lines.add($0) }
        }
        var bad = BlockHash.zero
        var ledger = PayoutLedger()
        do {
            let validator = try await chain.open(configure)
            let good = try await mine(validator, roster)
            ledger = try #require(try await validator.ledger())
            bad = try await mine(validator, roster, cheating: true)
            #expect(try await validator.ledger() == ledger)
            #expect(
                lines.count("Payouts violated in block \(bad.displayHex) height=2: output 0") == 1)
            let last = try await mine(validator, roster)
            #expect(try await validator.payoutFlaw(of: good) == nil)
            guard case .violated(let reason) = try await validator.payoutFlaw(of: bad) else {
                Issue.record("the block is not flagged")
                return
            }
            #expect(reason.contains("ana") || reason.contains("beto"))
            let history = try await validator.payoutHistory()
            #expect(history.tip == last)
            #expect(history.blocks.map(\.hash) == [good, bad, last])
            #expect(history.blocks.map { $0.flaw?.name } == [nil, "violated", nil])
            #expect(history.blocks.allSatisfy { $0.isActive })
            ledger = try #require(try await validator.ledger())
        }
        for reindex in [Validator.Configuration.Reindex.nothing, .chainstate] {
            let again = try await chain.reopen {
                $0.reindex = reindex
                // Nobody has named a roster yet.
                $0.rosters = []
            }
            #expect(try await again.payoutFlaw(of: bad)?.name == "violated")
            #expect(try await again.payoutHistory().blocks.map(\.height) == [1, 2, 3])
            #expect(try await again.ledger() == ledger)
            try await again.close()
        }
    }

    @Test(
        "Of blocks by an unknown roster the log is told once in a run; known, they are flagged no more"
    )
    func unrecognised() async throws {
        let ours = try roster(["ana": 3, "beto": 2])
        let theirs = try roster(["carla": 1, "dora": 1])
        let lines = Lines()
        let validator = try await chain.open {
            $0.rosters = [ours]
            $0.report = { lines.add($0) }
        }
        try await mine(validator, ours)
        let first = try await mine(validator, theirs)
        let third = try await mine(validator, theirs)
        #expect(lines.count("by a roster or shares not known here") == 1)
        #expect(try await validator.payoutFlaw(of: first) == .unrecognised)
        let fourth = try await mine(validator, ours)
        try await mine(validator, theirs)
        #expect(lines.count("by a roster or shares not known here") == 2)
        let flaws = try await validator.payoutHistory().blocks.map(\.flaw)
        #expect(flaws == [nil, .unrecognised, .unrecognised, nil, .unrecognised])
        // Another roster becomes known, and the blocks are connected anew.
        await validator.use(rosters: [ours, theirs])
        #expect(try await validator.invalidate(first))
        #expect(try await validator.reconsider(first))
        #expect(validator.tip.height == 5)
        #expect(try await validator.payoutFlaw(of: first) == nil)
        let ledger = try await validator.ledger()
        #expect(ledger?["carla"] != nil)
        // Those after it pay on the ledger as it was, and what they did to that one they do no more.
        let known = try await validator.payoutHistory().blocks.map(\.flaw)
        #expect(known == [nil, nil, .unrecognised, .unrecognised, .unrecognised])
        #expect(try await validator.payoutChange(of: fourth) == nil)
        #expect(try await validator.ledger(at: fourth) == ledger)
        #expect(try await validator.invalidate(fourth))
        #expect(validator.tip.hash == third)
        #expect(try await validator.ledger() == ledger)
        try await validator.close()
        let again = try await chain.reopen { $0.rosters = [] }
        #expect(try await again.ledger() == ledger)
        #expect(try await again.ledger(at: third) == ledger)
        #expect(try await again.payoutChange(of: fourth) == nil)
        try await again.close()
    }

    @Test("A block whose scripts fail paid nobody, and the log hears nothing of its payouts")
    func badScripts() async throws {
        let roster = try roster(["ana": 3, "beto": 2])
        let lines = Lines()
        let base = chain.builder.blocks(100, onto: chain.genesis)
        let validator = try await chain.open {
            $0.rosters = [roster]
            $0.report = { lines.add($0) }
        }
        _ = try await validator.submitAll(base)
        let position = chain.position(after: base, from: chain.genesis)
        let coinbase = base[0].transactions[0]
        let point = OutPoint(txid: coinbase.txid, index: 0)
        let fee = Amount(satoshis: 10_000)
        let good = chain.builder.spend([point], worth: coinbase.value(at: 0), fee: fee)
        // OP_RETURN in the input's script.
        let bad = Transaction(
            inputs: [TransactionInput(outPoint: point, script: [0x6a])],
            outputs: Array(good.outputs))
        let reward = chain.builder.network.consensus.subsidy(at: 101) + fee
        let split = try PayoutPlan(roster: roster, ledger: PayoutLedger())
            .split(reward: reward, onto: position.hash)
        func block(_ spend: Transaction, cheating: Bool) -> Block {
            var plan = ChainBuilder.Plan(transactions: [spend], fees: fee)
            plan.amendOutputs = { outputs in
                outputs = split.coinbaseOutputs
                guard cheating else { return }
                outputs[0].value -= Amount(satoshis: 1)
                outputs[1].value += Amount(satoshis: 1)
            }
            return chain.builder.block(onto: position, plan)
        }
        for cheating in [false, true] {
            let outcome = try await validator.submit(block: block(bad, cheating: cheating))
            guard case .rejected = outcome else {
                Issue.record("the bad block was taken: \(outcome)")
                return
            }
            #expect(try await validator.payoutHistory().blocks.isEmpty)
            #expect(try await validator.ledger() == PayoutLedger())
        }
        #expect(lines.count("Payouts") == 0)
        #expect(try await validator.submit(block: block(good, cheating: true)) == .connected)
        #expect(lines.count("Payouts violated") == 1)
        let flaws = try await validator.payoutHistory().blocks.map { $0.flaw?.name }
        #expect(flaws == ["violated"])
        try await validator.close()
    }

    @Test("What is owed as of a block that was never connected is not made up")
    func neverConnected() async throws {
        let roster = try roster(["ana": 3, "beto": 2])
        let validator = try await chain.open { $0.rosters = [roster] }
        let side = chain.builder.blocks(2, onto: chain.genesis, tag: 4)
        try await mine(validator, roster)
        try await mine(validator, roster)
        let tip = validator.tip.hash
        #expect(try await validator.submit(block: side[0]) == .stored)
        #expect(try await validator.ledger(at: side[0].hash) == nil)
        #expect(try await validator.ledger(at: chain.genesis.hash) == PayoutLedger())
        // One that was taken back since is still known.
        let third = try await mine(validator, roster)
        let ledger = try await validator.ledger()
        #expect(try await validator.invalidate(third))
        #expect(validator.tip.hash == tip)
        #expect(try await validator.ledger(at: third) == ledger)
        try await validator.close()
    }
}
