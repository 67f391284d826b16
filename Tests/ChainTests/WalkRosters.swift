import Chain
import Consensus
import Cryptography
import Genesis
import Keys
import Mining
import Primitives
import TestSupport

/// The rosters of a random walk, of which another is followed now and then, and the shares that come in.
struct WalkRosters {
    /// All are known from the beginning.
    let all: [Roster]
    private var present = 0
    private var shares: [Share] = []
    /// All that templates were made with.
    private(set) var windows: [TemplateWindow] = []

    private static let names = ["ana", "beto", "caro", "dani", "eva"]

    init(using random: inout SeededGenerator) throws {
        var schemes: [Roster.Scheme] = [.weights, .pplns, .solo, .rotation]
        schemes.shuffle(using: &random)
        all = try schemes.map { try Self.roster($0, using: &random) }
    }

    /// Some of the members, so that with each change of rosters some leave and some come.
    private static func roster(
        _ scheme: Roster.Scheme, using random: inout SeededGenerator
    ) throws -> Roster {
        var definition = RosterDefinition()
        definition.scheme = .init(scheme.rawValue)
        definition.maxPayees = .init(Int64.random(in: 1...4, using: &random))
        definition.finderBasisPoints = .init(Int64(Bool.random(using: &random) ? 200 : 0))
        let count = Int.random(in: 1...names.count, using: &random)
        for name in names.shuffled(using: &random).prefix(count) {
            var member = RosterDefinition.Member()
            member.name = .init(name)
            member.weight = .init(Int64.random(in: 1...9, using: &random))
            let program = Hash160.hash(Array(name.utf8).span)
            member.address = .init(Address.witnessPubKeyHash(program).text(on: .regtest))
            definition.members.append(member)
        }
        return try definition.roster(on: .regtest)
    }

    mutating func change(using random: inout SeededGenerator) {
        present = Int.random(in: all.indices, using: &random)
    }

    /// How the next block is paid; shares have come in since the last.
    ///
    /// - Parameter ledger: as of the block it is to stand on.
    mutating func plan(
        onto previous: BlockHash, owing ledger: PayoutLedger, using random: inout SeededGenerator
    ) -> (plan: PayoutPlan, window: TemplateWindow?) {
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            let name = Self.names.randomElement(using: &random) ?? ""
            shares.append(Share(name: name, work: .random(in: 1...50, using: &random)))
        }
        let roster = all[present]
        var plan = PayoutPlan(roster: roster, ledger: ledger)
        if roster.paysFinder, Bool.random(using: &random) {
            plan.finder = roster.inmates.randomElement(using: &random)?.name
        }
        guard roster.scheme == .pplns, !shares.isEmpty else { return (plan, nil) }
        let root = Hash256(words: (UInt64(shares.count), UInt64(windows.count), 8, 9))
        let window = ShareWindow(shares, size: 200, root: root)
        plan.shares = window
        let kept = TemplateWindow(window, rosterHash: roster.hash, previous: previous)
        windows.append(kept)
        return (plan, kept)
    }
}

extension BlockTemplate {
    /// The block with its proof of work done; if `isFalse` the first satoshi goes to another than the
    /// coinbase commits to.
    func solved(extraNonce: UInt64, isFalse: Bool, on network: Network) -> Block {
        let whole = block(extraNonce: extraNonce)
        var transactions = Array(whole.transactions)
        guard isFalse, let coinbase = transactions.first, coinbase.outputs.count > 1 else {
            return whole.solved(on: network)
        }
        var outputs = Array(coinbase.outputs)
        outputs[0].value -= Amount(satoshis: 1)
        outputs[1].value += Amount(satoshis: 1)
        transactions[0] = Transaction(
            version: coinbase.version, inputs: Array(coinbase.inputs), outputs: outputs,
            lockTime: coinbase.lockTime)
        var header = whole.header
        header.merkleRoot = MerkleTree.root(transactions.map(\.txid))
        return Block(header: header, transactions: transactions).solved(on: network)
    }
}
