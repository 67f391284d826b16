import Chain
import Consensus
import Cryptography
import Foundation
import Genesis
import Keys
import MemoryPool
import Mining
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Chain, pool and ledger against a slow model") struct PropertyTests {
    /// A few seeds, drawn anew each time; `CELLBLOCK_WALK` asks for as many as it says, or for the
    /// very one it names after an equals sign.
    private static let seeds: [UInt64] = {
        let asked = ProcessInfo.processInfo.environment["CELLBLOCK_WALK"] ?? ""
        if asked.first == "=", let seed = UInt64(asked.dropFirst()) { return [seed] }
        return (0..<(Int(asked) ?? 3)).map { _ in UInt64.random(in: 0 ... .max) }
    }()

    @Test(
        "Whatever happens, in whatever order, all is as worked out from genesis", arguments: seeds)
    func anything(_ seed: UInt64) async throws {
        var walk = try await RandomWalk(seed: seed)
        for number in 0..<80 {
            try await walk.step(number)
            guard walk.isSound else { break }
        }
        try await walk.end()
        #expect(walk.kinds.count >= 10, "seed \(seed) has tried too little")
    }
}

/// A node that random things happen to, and the model that it must agree with after each.
private struct RandomWalk {
    private enum Kind: CaseIterable {
        case extend, fork, bad, headersFirst, invalidate, reconsider
        case spend, spendInPool, mine, flush, restart, crash, reindex
    }

    private let seed: UInt64
    private var random: SeededGenerator
    private let chain = TestChain()
    private let roster: Roster
    private var validator: Validator
    private var model: SlowModel
    private var tag: UInt64 = 1000
    private var trail: [String] = []
    private(set) var isSound = true
    private(set) var kinds: Set<String> = []

    init(seed: UInt64) async throws {
        self.seed = seed
        random = SeededGenerator(seed: seed)
        var definition = RosterDefinition()
        definition.scheme = .init("weights")
        for (name, weight) in [("ana", 3), ("beto", 2)] {
            var member = RosterDefinition.Member()
            member.name = .init(name)
            member.weight = .init(Int64(weight))
            let program = Hash160.hash(Array(name.utf8).span)
            member.address = .init(Address.witnessPubKeyHash(program).text(on: .regtest))
            definition.members.append(member)
        }
        roster = try definition.roster(on: .regtest)
        model = SlowModel(network: .regtest, rosters: [roster])
        let roster = roster
        validator = try await chain.open { $0.rosters = [roster] }
        for block in chain.builder.blocks(104, onto: chain.genesis) {
            model.add(block)
            _ = try await validator.submit(block: block)
        }
    }

    func end() async throws { try await validator.close() }

    // MARK: Steps

    mutating func step(_ number: Int) async throws {
        let before = validator.tip.hash
        let pool = await transactionsInPool()
        let kind = Kind.allCases.randomElement(using: &random) ?? .extend
        kinds.insert("\(kind)")
        trail.append("\(kind)")
        // The times of blocks must not run ahead of the clock.
        chain.clock.set(chain.clock.now() + 120)
        var replaced: Set<Txid> = []
        var between: BlockHash?
        switch kind {
        case .extend: try await submit(onto: before, count: 1)
        case .fork:
            try await submit(onto: place(), count: Int.random(in: 1...3, using: &random))
        case .bad: try await submitBad(onto: Bool.random(using: &random) ? before : place())
        case .headersFirst: try await submitHeadersFirst(onto: place())
        case .invalidate: between = try await invalidate(from: before)
        case .reconsider: try await reconsider()
        case .spend, .spendInPool: replaced = try await spend(inPool: kind == .spendInPool)
        case .mine: try await mine()
        case .flush: try await validator.flush()
        case .restart:
            try await validator.close()
            try await open()
        case .crash: try await crash()
        case .reindex: try await reindex()
        }
        // What conflicts with a branch that turns out bad half-way is lost to the pool, as in Core.
        let triesBad = [.fork, .invalidate, .reconsider].contains(kind) && model.hasBad
        let keepsPool = ![.crash, .reindex, .bad].contains(kind) && !triesBad
        let mayMove = [.reconsider, .crash, .reindex].contains(kind)
        try await compare(
            from: before, isSticky: !mayMove,
            pool: keepsPool ? pool.filter { !replaced.contains($0.txid) } : [], through: between)
    }

    /// A block not far below the tip, or at the end of some branch.
    private mutating func place() -> BlockHash {
        let recent = model.order.suffix(12).filter { model.height($0) > 98 }
        return recent.randomElement(using: &random) ?? validator.tip.hash
    }

    private func position(_ hash: BlockHash) -> ChainBuilder.Position {
        guard let entry = model.entries[hash] else { return chain.genesis }
        return ChainBuilder.Position(
            hash: hash, height: entry.height, time: entry.block.header.time)
    }

    /// A block that spends some of what there is at its parent.
    private mutating func block(
        onto parent: BlockHash, amend: (inout ChainBuilder.Plan) -> Void = { _ in }
    ) -> Block {
        tag += 1
        var plan = ChainBuilder.Plan(tag: tag)
        let state = model.state(at: parent)
        var coins = state.spendable(at: model.height(parent) + 1)
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            guard !coins.isEmpty else { break }
            let (point, coin) = coins.remove(at: Int.random(in: 0..<coins.count, using: &random))
            let transaction = chain.builder.spend(
                [point], worth: coin.output.value, into: Int.random(in: 1...3, using: &random))
            plan.transactions.append(transaction)
            plan.fees += coin.output.value - transaction.outputValue
        }
        amend(&plan)
        return chain.builder.block(onto: position(parent), plan)
    }

    private mutating func submit(onto parent: BlockHash, count: Int) async throws {
        var parent = parent
        for _ in 0..<count {
            let block = block(onto: parent)
            let hasFailed = model.hasFailed(parent)
            let outcome = try await validator.submit(block: block)
            switch outcome {
            case .connected, .stored:
                if model.condemned.contains(parent) { fail("a block on one condemned was taken") }
                model.add(block)
            case .rejected(let rejection):
                if !hasFailed { fail("a good block was refused: \(rejection)") }
                return
            case .duplicate, .ignored: fail("a new block was not taken: \(outcome)")
            }
            parent = block.hash
        }
    }

    private mutating func submitBad(onto parent: BlockHash) async throws {
        guard !model.hasFailed(parent) else { return }
        let wantsMissingCoin = Bool.random(using: &random)
        let builder = chain.builder
        let bad = block(onto: parent) { plan in
            if wantsMissingCoin {
                let missing = OutPoint(txid: Hash256(words: (1, 2, 3, plan.tag)), index: 0)
                plan.transactions.append(
                    builder.spend([missing], worth: Amount(satoshis: 50_000)))
            } else {
                plan.fees += Amount(satoshis: 1)
            }
        }
        let wouldLead = model.height(parent) >= model.height(validator.tip.hash)
        let outcome = try await validator.submit(block: bad)
        switch outcome {
        case .rejected(let rejection):
            let word = wantsMissingCoin ? "bad-txns-inputs-missingorspent" : "bad-cb-amount"
            if !wouldLead || rejection.reason != word { fail("refused with \(rejection)") }
        case .stored: if wouldLead { fail("a bad block was not judged") }
        default: fail("a bad block was taken: \(outcome)")
        }
        model.add(bad, isBad: true)
    }

    /// Headers first, then the blocks, the last before the first.
    private mutating func submitHeadersFirst(onto parent: BlockHash) async throws {
        guard !model.hasFailed(parent) else { return }
        var blocks: [Block] = []
        for _ in 0..<3 {
            let block = block(onto: blocks.last?.hash ?? parent)
            blocks.append(block)
            model.add(block)
        }
        let headers = try await validator.submit(headers: blocks.map(\.header))
        if headers.rejection != nil { fail("good headers were refused") }
        for block in blocks.reversed() {
            let outcome = try await validator.submit(block: block)
            if case .rejected(let rejection) = outcome { fail("refused with \(rejection)") }
        }
    }

    /// Returns the block at which the chain stood before it moved on to the best that is left.
    private mutating func invalidate(from tip: BlockHash) async throws -> BlockHash? {
        let hash = place()
        let path = model.path(to: tip).map(\.block.header)
        _ = try await validator.invalidate(hash)
        model.invalidate(hash)
        return path.first { $0.hash == hash }?.previous
    }

    private mutating func reconsider() async throws {
        let hash =
            model.order.filter { model.condemned.contains($0) }
            .randomElement(using: &random) ?? place()
        _ = try await validator.reconsider(hash)
        model.reconsider(hash)
    }

    private mutating func spend(inPool: Bool) async throws -> Set<Txid> {
        let height = model.height(validator.tip.hash) + 1
        let state = model.state(at: validator.tip.hash)
        let pool = await transactionsInPool()
        let spent = Set(pool.flatMap { one in one.inputs.indices.map { one.outPoint(at: $0) } })
        var coins: [(point: OutPoint, value: Amount)] = []
        if inPool {
            for one in pool.sorted(by: { $0.txid < $1.txid }) {
                for number in one.outputs.indices {
                    coins.append(
                        (OutPoint(txid: one.txid, index: UInt32(number)), one.value(at: number)))
                }
            }
        } else {
            coins = state.spendable(at: height).map { ($0.point, $0.coin.output.value) }
        }
        coins.removeAll { spent.contains($0.point) || $0.value.satoshis < 100_000 }
        guard let (point, value) = coins.randomElement(using: &random) else { return [] }
        let transaction = chain.builder.spend(
            [point], worth: value, into: Int.random(in: 1...2, using: &random))
        switch try await validator.submit(transaction: transaction) {
        case .accepted(let acceptance): return Set(acceptance.replaced)
        case .rejected(let rejection): fail("a good transaction was refused: \(rejection)")
        }
        return []
    }

    /// Mines what the pool holds, for the roster.
    private mutating func mine() async throws {
        let plan = PayoutPlan(roster: roster, ledger: PayoutLedger())
        let template = try await validator.blockTemplate(paying: .roster(plan))
        tag += 1
        var block = template.block(extraNonce: tag)
        while !ProofOfWork.check(
            hash: block.hash, bits: block.header.bits, limit: Network.regtest.consensus.powLimit)
        {
            var header = block.header
            header.nonce += 1
            block = Block(header: header, transactions: Array(block.transactions))
        }
        let outcome = try await validator.submit(block: block)
        if outcome != .connected { fail("a mined block was not connected: \(outcome)") }
        model.add(block)
    }

    private mutating func open(
        _ reindex: Validator.Configuration.Reindex = .nothing
    ) async throws {
        let roster = roster
        validator = try await chain.reopen {
            $0.rosters = [roster]
            $0.reindex = reindex
        }
    }

    /// The validator is dropped as the end of its process would drop it.
    private mutating func crash() async throws {
        let elsewhere = TestChain()
        validator = try await elsewhere.open()
        try await open()
    }

    private mutating func reindex() async throws {
        let kind: Validator.Configuration.Reindex =
            Bool.random(using: &random) ? .chainstate : .everything
        try await validator.close()
        try await open(kind)
        if kind == .everything { model.forgetCondemned() }
    }

    // MARK: Comparing

    private func transactionsInPool() async -> [Transaction] {
        await validator.mempool { $0.allEntries().map(\.transaction) }
    }

    private mutating func compare(
        from before: BlockHash, isSticky: Bool, pool: [Transaction], through between: BlockHash?
    ) async throws {
        let tip = validator.tip.hash
        let best = model.best
        if !best.contains(tip) {
            let found = model.height(tip)
            let wanted = best.map { model.height($0) }.max() ?? 0
            return fail("the tip is at \(found), the best chain reaches \(wanted)")
        }
        if isSticky, best.contains(before), tip != before { fail("the tip moved without need") }
        let state = model.state(at: tip)
        var everMade: Set<OutPoint> = []
        for entry in model.entries.values {
            for transaction in entry.block.transactions {
                for number in transaction.outputs.indices {
                    everMade.insert(OutPoint(txid: transaction.txid, index: UInt32(number)))
                }
            }
        }
        let points = Array(everMade)
        let coins = try await validator.coins(points)
        for (point, coin) in zip(points, coins) where coin != state.coins[point] {
            fail("the coin \(point) is \(String(describing: coin))")
        }
        if try await validator.ledger() != state.ledger { fail("the ledger is another") }
        if Int.random(in: 0..<6, using: &random) == 0 {
            let info = try await validator.utxoSetInfo(.serialized3)
            if info.hash != state.coinsHash { fail("the hash of the coins is another") }
            if let damage = try await validator.verifyChain(level: 4, count: 8) {
                fail("\(damage)")
            }
        }
        try await comparePool(
            with: state, at: model.height(tip) + 1, from: before, to: tip, pool, through: between)
    }

    /// The pool holds nothing that could not be mined, and all that it held and still could be, with
    /// what blocks taken back held. What it could not hold where the chain stood in between is lost,
    /// as in Core.
    private mutating func comparePool(
        with state: SlowModel.State, at height: Int, from before: BlockHash, to tip: BlockHash,
        _ earlier: [Transaction], through between: BlockHash?
    ) async throws {
        let held = await transactionsInPool()
        let admissible = state.admissible(held, at: height)
        if admissible.count != held.count { fail("the pool holds what could not be mined") }
        guard !earlier.isEmpty else { return }
        let kept = Set(model.path(to: tip).map(\.block.hash))
        let left = model.path(to: before).filter { !kept.contains($0.block.hash) }
        let returned = left.flatMap { Array($0.block.transactions.dropFirst()) }
        let candidates = earlier + (left.count <= 10 ? returned : [])
        var wanted = state.admissible(candidates, at: height)
        if let between {
            wanted.formIntersection(
                model.state(at: between).admissible(candidates, at: model.height(between) + 1))
        }
        if !wanted.isSubset(of: Set(held.map(\.txid))) {
            fail("the pool lacks what it should hold")
        }
    }

    private mutating func fail(_ what: String) {
        isSound = false
        Issue.record("seed \(seed), after \(trail.joined(separator: " ")): \(what)")
    }
}
