import Consensus
import Cryptography
import Foundation
import Genesis
import MemoryPool
import Mining
import Primitives
import TestSupport
import Testing

/// Whole networks of nodes that pay by rosters, simulated: their trees of blocks, their ledgers, and
/// the blocks on their way from one to another. No clock, no socket, one seed.
@Suite("Payouts of parted networks") struct PartitionTests {
    /// A few in every run; as many as `CELLBLOCK_SIMULATION_SEEDS` says otherwise.
    static let seeds: ClosedRange<UInt64> = {
        let text = ProcessInfo.processInfo.environment["CELLBLOCK_SIMULATION_SEEDS"]
        return 1...max(1, text.flatMap { UInt64($0) } ?? 12)
    }()

    @Test(
        "After ten blocks against twelve all nodes have one ledger, bit for bit",
        arguments: seeds)
    func partition(_ seed: UInt64) throws {
        var world = try World(seed: seed)
        // Something in common, then apart.
        try world.mine(Int.random(in: 0...6, using: &world.random), by: world.all)
        try world.settle(world.all)
        let (left, right) = world.parts()
        try world.mine(10, by: left)
        try world.settle(left)
        try world.mine(12, by: right)
        try world.settle(right)
        let place: Comment = "seed \(seed)"
        #expect(world.agree(left), place)
        #expect(world.agree(right), place)
        let longest = world.nodes[right[0]]
        #expect(world.nodes[left[0]].tip != longest.tip, place)
        // Together again: everybody hears of everything, in any order.
        try world.settle(world.all)
        #expect(world.agree(world.all), place)
        #expect(world.nodes[left[0]].tip == longest.tip, place)
        #expect(world.nodes[left[0]].ledger.encoded == longest.ledger.encoded, place)
        // Who comes later and hears of the last chain alone finds the same.
        let newcomer = try world.newcomer(after: longest)
        #expect(newcomer.tip == longest.tip, place)
        #expect(newcomer.ledger.encoded == longest.ledger.encoded, place)
        #expect(longest.ledger.accounts.reduce(0) { $0 + $1.balance } == 0, place)
        // And back: the part that lost mines on, until all follow it.
        try world.mine(3, by: left)
        try world.settle(world.all)
        #expect(world.agree(world.all), place)
        #expect(world.nodes[0].height == newcomer.height + 3, place)
    }
}

/// Some nodes, the blocks they do not know yet, and chance.
private struct World {
    var random: SeededGenerator
    var nodes: [SimulatedNode]
    private var blocks: [Block] = []

    init(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 2...4, using: &random)
        var rosters: [Roster] = []
        for _ in 0..<count {
            let schemes: [Roster.Scheme] = [.weights, .rotation, .solo, .pplns]
            let weights = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                Int64.random(in: 1...50, using: &random)
            }
            rosters.append(
                try Rosters.make(
                    weights, scheme: schemes.randomElement(using: &random) ?? .weights,
                    maxPayees: .random(in: 1...10, using: &random),
                    minPayout: .random(in: 0...100_000_000, using: &random),
                    fee: .random(in: 0...200, using: &random),
                    finder: .random(in: 0...200, using: &random)))
        }
        self.random = random
        nodes = rosters.map { SimulatedNode(roster: $0, known: rosters) }
    }

    var all: [Int] { Array(nodes.indices) }

    /// The nodes in two parts, neither empty.
    mutating func parts() -> ([Int], [Int]) {
        let shuffled = all.shuffled(using: &random)
        let cut = Int.random(in: 1..<shuffled.count, using: &random)
        return (Array(shuffled[..<cut]), Array(shuffled[cut...]))
    }

    /// Mines so many blocks on one another, each by some node of the group, which hears of what the
    /// others found before.
    mutating func mine(_ count: Int, by group: [Int]) throws {
        for _ in 0..<count {
            guard let miner = group.randomElement(using: &random) else { return }
            let block = try nodes[miner].mine(using: &random)
            blocks.append(block)
            for node in group { try nodes[node].receive(block) }
        }
    }

    /// Tells the group of all its blocks again, in any order, twice some of them.
    mutating func settle(_ group: [Int]) throws {
        let known = group.reduce(into: Set<BlockHash>()) { $0.formUnion(nodes[$1].bodies.keys) }
        let news = blocks.filter { known.contains($0.hash) }
        for node in group {
            let again = news.filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
            for block in (news + again).shuffled(using: &random) {
                try nodes[node].receive(block)
            }
        }
    }

    func agree(_ group: [Int]) -> Bool {
        group.allSatisfy {
            nodes[$0].tip == nodes[group[0]].tip
                && nodes[$0].ledger.encoded == nodes[group[0]].ledger.encoded
        }
    }

    /// A node that knows the active chain of another from its first block on, and nothing else.
    func newcomer(after other: SimulatedNode) throws -> SimulatedNode {
        var node = SimulatedNode(roster: other.roster, known: other.known)
        for height in 1...max(1, other.height) {
            guard let id = other.index.active(at: height),
                let block = other.bodies[other.index.hash(of: id)]
            else { continue }
            try node.receive(block)
        }
        return node
    }
}

/// The pure parts of one node: its tree of blocks and its ledger.
private struct SimulatedNode {
    let roster: Roster
    let known: [Roster]
    private(set) var index = BlockIndex(network: .regtest)
    private(set) var bodies: [BlockHash: Block] = [:]
    private(set) var ledger = PayoutLedger()
    /// What each connected block did, as it is kept beside the block.
    private var changes: [BlockHash: PayoutChange] = [:]
    /// Blocks whose parents have not come, by those.
    private var orphans: [BlockHash: [Block]] = [:]

    init(roster: Roster, known: [Roster]) {
        self.roster = roster
        self.known = known
        let genesis = index.genesis
        index.received(genesis, transactionCount: 1, file: 0, dataPosition: 8, in: .regtest)
        index.raiseValidity(genesis, to: .scripts)
        index.setActive(genesis)
    }

    private var tipID: BlockID { index.tip ?? index.genesis }
    var tip: BlockHash { index.hash(of: tipID) }
    var height: Int { index.activeHeight }

    /// A block on its tip that pays its roster, found by some member on some machine.
    mutating func mine(using random: inout SeededGenerator) throws -> Block {
        let time = index.medianTimePast(of: tipID) + 1
        let context = TemplateContext(
            previous: tip, height: height + 1, version: 0x2000_0000,
            bits: index.nextBits(onto: tipID, time: UInt32(clamping: time), in: .regtest),
            minimumTime: time, medianTimePast: time - 1, time: time,
            subsidy: Network.regtest.consensus.subsidy(at: height + 1), hasWitness: true)
        var plan = PayoutPlan(roster: roster, ledger: ledger)
        if Bool.random(using: &random) {
            plan.finder = roster.inmates.randomElement(using: &random)?.name
        }
        let whole = try BlockAssembler().assemble(Mempool(), onto: context, paying: .roster(plan))
        if Bool.random(using: &random) {
            plan.sizeClass = CoinbaseSizeClass.allCases.randomElement(using: &random)
        }
        let template = try whole.paying(plan)
        let extraNonce = UInt64.random(in: 1...(.max), using: &random)
        let search = NonceSearch(template, extraNonce: extraNonce, time: UInt32(clamping: time))
        return try #require(search.run(from: 0, count: 10_000))
    }

    /// Takes a block as a node does: judged, kept, and connected where its chain has most work.
    mutating func receive(_ block: Block) throws {
        guard bodies[block.hash] == nil else { return }
        guard let parent = index.find(block.header.previous) else {
            orphans[block.header.previous, default: []].append(block)
            return
        }
        try block.check(in: .regtest)
        let id = try index.accept(block.header, in: .regtest, at: 4_000_000_000).id
        try block.accept(onto: parent, of: index, in: .regtest)
        bodies[block.hash] = block
        index.received(id, transactionCount: 1, file: 0, dataPosition: 0, in: .regtest)
        try activate()
        for child in orphans.removeValue(forKey: block.hash) ?? [] { try receive(child) }
    }

    private mutating func activate() throws {
        guard let best = index.bestCandidate(), best != tipID else { return }
        let fork = index.lastCommonAncestor(tipID, best)
        while tipID != fork {
            if let change = changes[tip] { ledger = change.before }
            index.setActive(index.parent(of: tipID))
        }
        for height in (index.height(of: fork) + 1)...index.height(of: best) {
            let id = try #require(index.ancestor(of: best, at: height))
            let block = try #require(bodies[index.hash(of: id)])
            try connect(block, as: id)
        }
        index.pruneCandidates()
    }

    private mutating func connect(_ block: Block, as id: BlockID) throws {
        let height = index.height(of: id)
        let reward = Network.regtest.consensus.subsidy(at: height)
        let judgement = PayoutJudgement.judge(
            coinbase: try #require(block.transactions.first), reward: reward,
            previous: block.header.previous, rosters: known, ledger: ledger)
        guard case .applied(let split) = judgement else {
            Issue.record("a block at height \(height) is not understood: \(judgement)")
            return
        }
        // A block that comes back does what it did before.
        let change = PayoutChange(before: ledger, after: split.ledgerAfter, terms: nil)
        if let before = changes[block.hash] { #expect(before == change) }
        changes[block.hash] = change
        ledger = split.ledgerAfter
        index.raiseValidity(id, to: .scripts)
        index.setActive(id)
    }
}
