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
    @Test(
        "Whatever happens, in whatever order, all is as worked out from genesis",
        arguments: WalkSeeds.asked)
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
        case spend, spendInPool, mine, mineLate, changeRoster, prune, flush, restart, crash, reindex
    }

    private let seed: UInt64
    private var random: SeededGenerator
    private let chain = TestChain()
    private var rosters: WalkRosters
    /// Whether old block files are given up, and how.
    private let prune: PruneMode
    private var validator: Validator
    private var model: SlowModel
    private var tag: UInt64 = 1000
    private var trail: [String] = []
    private(set) var isSound = true
    private(set) var kinds: Set<String> = []

    init(seed: UInt64) async throws {
        self.seed = seed
        var random = SeededGenerator(seed: seed)
        rosters = try WalkRosters(using: &random)
        // What files grow by until the next look is kept free.
        prune =
            [.off, .off, .manual, .automatic(targetBytes: (17 << 20) + 60_000)]
            .randomElement(using: &random) ?? .off
        self.random = random
        model = SlowModel(network: .regtest, rosters: rosters.all)
        validator = try await Self.open(chain, prune, rosters.all)
        // The last 288 blocks stay.
        for block in chain.builder.blocks(prune == .off ? 104 : 420, onto: chain.genesis) {
            model.add(block)
            _ = try await validator.submit(block: block)
        }
        model.settleBase()
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
        case .mineLate: try await mine(after: Int.random(in: 1...2, using: &random))
        case .changeRoster: rosters.change(using: &random)
        case .prune: try await giveUpBlocks()
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
        let recent = model.order.suffix(12).filter { model.height($0) > model.baseHeight - 6 }
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
    ///
    /// - Parameter count: how many blocks come before it is sent in. It is beside the chain then, and
    ///   its window no longer the newest.
    private mutating func mine(after count: Int = 0) async throws {
        let tip = validator.tip.hash
        let owed = try await validator.ledger() ?? PayoutLedger()
        let (plan, window) = rosters.plan(onto: tip, owing: owed, using: &random)
        if let window {
            await validator.remember(window)
            model.windows = rosters.windows
        }
        let template = try await validator.blockTemplate(paying: .roster(plan))
        tag += 1
        let block = template.solved(
            extraNonce: tag, isFalse: Int.random(in: 0..<6, using: &random) == 0, on: .regtest)
        if count > 0 { try await submit(onto: tip, count: count) }
        let outcome = try await validator.submit(block: block)
        switch outcome {
        case .connected where count == 0: break
        case .stored where count > 0: break
        default: fail("a mined block was not taken: \(outcome)")
        }
        model.add(block)
    }

    private static func open(
        _ chain: TestChain, _ prune: PruneMode, _ rosters: [Roster],
        _ reindex: Validator.Configuration.Reindex = .nothing
    ) async throws -> Validator {
        try await chain.reopen {
            $0.rosters = rosters
            $0.reindex = reindex
            $0.prune = prune
            $0.pruneAfterHeight = 100
            $0.maximumBlockFileSize = prune == .off ? 128 << 20 : 4096
        }
    }

    private mutating func open(
        _ reindex: Validator.Configuration.Reindex = .nothing
    ) async throws {
        validator = try await Self.open(chain, prune, rosters.all, reindex)
    }

    /// Gives up old blocks; all that may be needed stays.
    private mutating func giveUpBlocks() async throws {
        guard prune != .off else { return }
        let height = validator.tip.height
        if prune == .manual {
            try await validator.prune(upTo: .random(in: 1...(height - 288), using: &random))
        }
        let pruned = await validator.prunedHeight ?? 0
        if pruned > height - 288 { fail("blocks up to \(pruned) are gone") }
        for entry in model.path(to: validator.tip.hash) where entry.height > pruned {
            let block = try await validator.block(entry.block.hash)
            if block != entry.block { fail("block \(entry.height) is gone") }
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
            prune == .off && Bool.random(using: &random) ? .chainstate : .everything
        try await validator.close()
        try await open(kind)
        guard kind == .everything else { return }
        model.forgetCondemned()
        // Where blocks are missing it begins at genesis, and gets all from others anew.
        guard prune != .off else { return }
        for hash in model.order {
            guard let entry = model.entries[hash] else { continue }
            _ = try await validator.submit(block: entry.block)
        }
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
            try await comparePayouts(at: tip)
            let info = try await validator.utxoSetInfo(.serialized3)
            if info.hash != state.coinsHash { fail("the hash of the coins is another") }
            if let damage = try await validator.verifyChain(level: 4, count: 8) {
                fail("\(damage)")
            }
        }
        try await comparePool(
            with: state, at: model.height(tip) + 1, from: before, to: tip, pool, through: between)
    }

    /// What became of the payouts of each block, and what was owed as of one of them.
    private mutating func comparePayouts(at tip: BlockHash) async throws {
        let state = model.state(at: tip)
        let history = try await validator.payoutHistory()
        for block in history.blocks where block.isActive {
            let isFollowed = state.followed.contains(block.hash)
            if (block.flaw == nil) != isFollowed {
                fail("the payouts of block \(block.height) are \(String(describing: block.flaw))")
            }
        }
        if !state.followed.isSubset(of: Set(history.blocks.map(\.hash))) {
            fail("the history of payouts lacks a block")
        }
        let path = model.path(to: tip).suffix(30)
        guard let entry = path.randomElement(using: &random) else { return }
        let owed = try await validator.ledger(at: entry.block.hash)
        if owed != model.state(at: entry.block.hash).ledger {
            fail("the ledger at \(entry.height) is another")
        }
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
