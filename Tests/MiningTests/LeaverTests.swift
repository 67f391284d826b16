import Consensus
import Cryptography
import MemoryPool
import Mining
import Primitives
import TestSupport
import Testing

@Suite("Those who leave a roster") struct LeaverTests {
    private func hash(_ number: UInt64) -> Hash256 { Hash256(words: (number, 8, 6, 7)) }
    private let coin: Int64 = 100_000_000

    private func dust(_ script: Script) -> Int64 {
        MempoolPolicy().dustThreshold(for: script).satoshis
    }

    @Test("Who leaves a rotation is paid what he is owed and not the whole reward")
    func rotation() throws {
        var roster = try Rosters.make([1, 1, 1], scheme: .rotation)
        var ledger = PayoutLedger()
        var paid: Set<String> = []
        for block in 1...2 as ClosedRange<UInt64> {
            let split = try PayoutPlan(roster: roster, ledger: ledger)
                .split(reward: Amount(satoshis: 50 * coin), onto: hash(block))
            paid.formUnion(split.payouts.map(\.name))
            ledger = split.ledgerAfter
        }
        let name = try #require(roster.inmates.first { !paid.contains($0.name) }?.name)
        let owed = try #require(ledger[name]?.balance)
        #expect(owed / 1000 == 3_333_333_333)
        roster.inmates.removeAll { $0.name == name }
        let split = try PayoutPlan(roster: roster, ledger: ledger)
            .split(reward: Amount(satoshis: 50 * coin), onto: hash(3))
        let amounts = Dictionary(
            uniqueKeysWithValues: split.payouts.map { ($0.name, $0.amount.satoshis) })
        #expect(amounts[name] == 3_333_333_333)
        #expect(amounts.count == 2)
        #expect(amounts.values.reduce(0, +) == 50 * coin)
        #expect(split.payeeLimit == 2)
        let left = split.ledgerAfter[name]?.balance ?? 0
        #expect(0..<1000 ~= left)
    }

    @Test("Where the reward is not worth a payout to a member, who left gets no more than his due")
    func smallReward() throws {
        let roster = try Rosters.make([1, 1], minPayout: 100_000)
        for reward in [300, 600, 5_000, 40_000, 99_999] as [Int64] {
            let ledger = try PayoutLedger(checking: [
                .init(name: "gone", script: Rosters.script(77), balance: 20_000_500, payouts: 3),
                .init(name: "m0", script: Rosters.script(0), balance: -20_000_500, payouts: 1),
            ])
            let split = try PayoutPlan(roster: roster, ledger: ledger)
                .split(reward: Amount(satoshis: reward), onto: hash(1))
            let gone = split.payouts.first { $0.name == "gone" }?.amount.satoshis
            #expect(gone == min(reward, 20_000), "reward \(reward)")
            #expect(split.payouts.reduce(0) { $0 + $1.amount.satoshis } == reward)
        }
    }

    @Test("A member is left as much as he may be paid, or nothing; of too little, what is no dust")
    func rest() throws {
        let roster = try Rosters.make([1, 1], minPayout: 5000)
        // The reward, what is owed of it, what of that is paid, and the members' part.
        for (reward, owed, paid, rest) in [
            (30_000, 25_000, 25_000, 5000), (30_000, 25_001, 25_000, 5000),
            (30_000, 29_706, 25_000, 5000), (30_000, 29_999, 25_000, 5000),
            (30_000, 30_000, 30_000, nil), (30_000, 40_000, 30_000, nil),
            (5294, 4706, 294, 5000), (5293, 4706, nil, 5293), (5000, 4706, nil, 5000),
            (5000, 5000, 5000, nil), (4999, 4705, 4705, 294), (4999, 4706, 4705, 294),
            (4999, 4998, 4705, 294), (4999, 4999, 4999, nil),
        ] as [(Int64, Int64, Int64?, Int64?)] {
            let ledger = try PayoutLedger(checking: [
                .init(name: "gone", script: Rosters.script(77), balance: owed * 1000, payouts: 3),
                .init(name: "m0", script: Rosters.script(0), balance: -owed * 1000, payouts: 1),
            ])
            let split = try PayoutPlan(roster: roster, ledger: ledger)
                .split(reward: Amount(satoshis: reward), onto: hash(1))
            let note: Comment = "\(owed) owed of \(reward)"
            #expect(split.payouts.first { $0.name == "gone" }?.amount.satoshis == paid, note)
            #expect(split.payouts.first { $0.name != "gone" }?.amount.satoshis == rest, note)
        }
    }

    @Test("Where all goes to who left, a block of a lone finder is recognised and pays them once")
    func solo() throws {
        var roster = try Rosters.make([1, 1, 1, 1], scheme: .rotation)
        let reward = Amount(satoshis: 50 * coin)
        var ledger = PayoutLedger()
        var paid: Set<String> = []
        for block in 1...2 as ClosedRange<UInt64> {
            let split = try PayoutPlan(roster: roster, ledger: ledger)
                .split(reward: reward, onto: hash(block))
            paid.formUnion(split.payouts.map(\.name))
            ledger = split.ledgerAfter
        }
        roster.inmates.removeAll { !paid.contains($0.name) }
        roster.scheme = .solo
        // The third block goes to who left, its finder gets nothing; the fourth to members.
        for block in 3...4 as ClosedRange<UInt64> {
            for finder in roster.inmates.map(\.name) {
                let split = try PayoutPlan(roster: roster, ledger: ledger, finder: finder)
                    .split(reward: reward, onto: hash(block))
                #expect(split.payouts.allSatisfy { (roster[$0.name] == nil) == (block == 3) })
                #expect(split.payouts.contains { $0.name == finder } == (block == 4))
                let judgement = PayoutJudgement.judge(
                    coinbase: Coinbase.transaction(
                        height: 7, extraNonce: 1, outputs: split.coinbaseOutputs, hasWitness: true),
                    reward: reward, previous: hash(block), rosters: [roster], ledger: ledger)
                #expect(judgement == .applied(split), "block \(block), found by \(finder)")
                if finder == roster.inmates.last?.name { ledger = judgement.ledger(after: ledger) }
            }
        }
    }

    @Test("A name that is written with other bytes is another's, however alike it looks")
    func names() throws {
        var roster = try Rosters.make([1, 1], scheme: .solo)
        roster.inmates[0].name = "jose\u{301}"
        let ledger = try PayoutLedger(checking: [
            .init(name: "jos\u{e9}", script: Rosters.script(77), balance: 20_000_500, payouts: 3),
            .init(name: "m1", script: Rosters.script(1), balance: -20_000_500, payouts: 1),
        ])
        let old = Array("jos\u{e9}".utf8)
        #expect(ledger[roster.inmates[0].name] == nil)
        #expect(ledger["jos\u{e9}"] != nil)
        // The finder is told of as the roster writes him.
        let split = try PayoutPlan(roster: roster, ledger: ledger, finder: "jos\u{e9}")
            .split(reward: Amount(satoshis: coin), onto: hash(1))
        #expect(split.payouts.map { Array($0.name.utf8) }.contains(old))
        #expect(split.payouts.map(\.amount.satoshis).sorted() == [20_000, coin - 20_000])
        #expect(split.finder.map { Array($0.utf8) } == Array(roster.inmates[0].name.utf8))
        #expect(split.ledgerAfter["jos\u{e9}"]?.balance == 500)
    }

    // MARK: Rosters that change

    /// A network whose roster changes from block to block.
    private struct Changing {
        var generator: SeededGenerator
        let all: Roster
        var roster: Roster

        init(seed: UInt64) throws {
            generator = SeededGenerator(seed: seed)
            let schemes: [Roster.Scheme] = [.weights, .rotation, .solo, .pplns]
            all = try Rosters.make(
                (0..<14).map { _ in 1 }, scheme: schemes[Int(seed % 4)],
                maxPayees: .random(in: 1...8, using: &generator),
                minPayout: [0, 5000, 200_000, 90_000_000].randomElement(using: &generator) ?? 0,
                fee: .random(in: 0...300, using: &generator),
                finder: seed % 8 < 4 ? 0 : 100)
            roster = all
            change()
        }

        /// Members join, leave and get other weights.
        mutating func change() {
            let kept = roster.inmates.map(\.name)
            roster.inmates = []
            for var inmate in all.inmates {
                let isMember =
                    kept.contains(inmate.name) != (Int.random(in: 0..<5, using: &generator) == 0)
                guard isMember || inmate.name == "m0" else { continue }
                inmate.weight = .random(in: 1...60, using: &generator)
                roster.inmates.append(inmate)
            }
        }

        mutating func reward(of kind: Int) -> Int64 {
            switch kind {
            case 0: .random(in: 0...900, using: &generator)
            case 1: .random(in: 900...30_000, using: &generator)
            case 2: .random(in: 1_000_000...60_000_000, using: &generator)
            default: .random(in: 1_000_000_000...5_000_000_000, using: &generator)
            }
        }

        mutating func plan(_ ledger: PayoutLedger, root: Hash256) -> PayoutPlan {
            var plan = PayoutPlan(roster: roster, ledger: ledger)
            if roster.paysFinder {
                plan.finder = roster.inmates.randomElement(using: &generator)?.name
            }
            if roster.scheme == .pplns {
                let shares = roster.inmates.map {
                    Share(name: $0.name, work: .random(in: 0...1000, using: &generator))
                }
                plan.shares = ShareWindow(shares, size: 1_000_000, root: root)
            }
            if Bool.random(using: &generator) {
                plan.sizeClass = CoinbaseSizeClass.allCases.randomElement(using: &generator)
            }
            return plan
        }
    }

    private func check(_ split: PayoutSplit, _ plan: PayoutPlan, _ reward: Int64, _ note: Comment) {
        let (roster, before, after) = (plan.roster, split.ledgerBefore, split.ledgerAfter)
        #expect(split.payouts.reduce(0) { $0 + $1.amount.satoshis } == reward, note)
        #expect(after.accounts.reduce(0) { $0 + $1.balance } == 0, note)
        #expect((try? PayoutLedger(decoding: after.encoded)) == after, note)
        let shares = split.payouts.filter { $0.purpose == .share }
        let pot = shares.reduce(0) { $0 + $1.amount.satoshis }
        let members = shares.filter { roster[$0.name] != nil }
        let leavers = shares.filter { roster[$0.name] == nil }
        #expect(members.count <= (roster.scheme == .rotation ? 1 : roster.maxPayees), note)
        #expect(leavers.count <= roster.maxPayees, note)
        #expect(shares.count <= split.payeeLimit, note)
        if members.count > 1 || pot >= roster.minPayout.satoshis {
            #expect(members.allSatisfy { $0.amount >= roster.minPayout }, note)
        }
        if pot >= 1000 {
            #expect(shares.allSatisfy { $0.amount.satoshis >= dust($0.script) }, note)
        }
        let total = roster.inmates.reduce(Int128(0)) { $0 + Int128($1.weight) }
        for name in Set((before.accounts + after.accounts).map(\.name)) {
            let paid = shares.first { $0.name == name }?.amount.satoshis ?? 0
            let entitled = (after[name]?.balance ?? 0) - (before[name]?.balance ?? 0) + 1000 * paid
            guard let inmate = roster[name] else {
                #expect(entitled == 0, note)
                #expect(1000 * paid <= max(0, before[name]?.balance ?? 0), note)
                continue
            }
            #expect(entitled >= 0, note)
            guard roster.scheme == .weights || roster.scheme == .rotation else { continue }
            let error = Int128(entitled) * total - Int128(pot) * 1000 * Int128(inmate.weight)
            #expect(abs(error) < total, note)
        }
    }

    @Test(
        "However rosters change and however little there is, all that is paid is owed or shared",
        arguments: 0..<32)
    func changing(_ seed: UInt64) throws {
        var network = try Changing(seed: seed)
        var ledger = PayoutLedger()
        for block in 0..<160 as Range<UInt64> {
            if block % 3 == 0 { network.change() }
            let reward = network.reward(of: Int((block / 8 + seed) % 4))
            let plan = network.plan(ledger, root: hash(block))
            let split = try plan.split(reward: Amount(satoshis: reward), onto: hash(block))
            check(split, plan, reward, "seed \(seed), block \(block)")
            if network.roster.scheme != .pplns {
                let judgement = PayoutJudgement.judge(
                    coinbase: Coinbase.transaction(
                        height: 7, extraNonce: 1, outputs: split.coinbaseOutputs, hasWitness: true),
                    reward: Amount(satoshis: reward), previous: hash(block),
                    rosters: [network.roster], ledger: ledger)
                #expect(judgement == .applied(split), "seed \(seed), block \(block)")
            }
            ledger = split.ledgerAfter
        }
        // Nobody joins or leaves any more: whoever left is paid.
        let steady: Int64 = seed % 2 == 0 ? 1_000_000_000 : 5_000_000_000
        for block in 1000..<1300 as Range<UInt64> {
            let plan = PayoutPlan(roster: network.roster, ledger: ledger, finder: "m0")
            let split = try plan.split(reward: Amount(satoshis: steady), onto: hash(block))
            ledger = split.ledgerAfter
        }
        for account in ledger.accounts where network.roster[account.name] == nil {
            #expect(
                account.balance < 1000 * dust(account.script), "seed \(seed), \(account.name)")
        }
    }

    @Test("Rewards that are always small pay in the end whoever left", arguments: 0..<8)
    func alwaysSmall(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let roster = try Rosters.make([3, 2], minPayout: seed % 2 == 0 ? 5000 : 500_000)
        var accounts: [PayoutLedger.Account] = []
        for number in 0..<5 {
            accounts.append(
                .init(
                    name: "gone\(number)", script: Rosters.script(70 + number),
                    balance: .random(in: 294_000...9_000_000, using: &generator), payouts: 1))
        }
        accounts.append(
            .init(
                name: "m0", script: Rosters.script(0),
                balance: -accounts.reduce(0) { $0 + $1.balance }, payouts: 1))
        var ledger = try PayoutLedger(checking: accounts)
        let reward = Int64.random(in: 600...3000, using: &generator)
        for block in 0..<400 as Range<UInt64> {
            let split = try PayoutPlan(roster: roster, ledger: ledger)
                .split(reward: Amount(satoshis: reward), onto: hash(block))
            ledger = split.ledgerAfter
        }
        for account in ledger.accounts where roster[account.name] == nil {
            #expect(0..<294_000 ~= account.balance, "seed \(seed), \(account.name)")
        }
    }
}

@Suite("Whom a block paid") struct PaidOutputTests {
    @Test("It shows in what the block did to the ledger, whatever the roster says since")
    func paid() throws {
        let hash = Hash256(words: (1, 2, 3, 4))
        var roster = try Rosters.make([3, 2, 1], finder: 100)
        var ledger = PayoutLedger()
        // The second block pays who has left, to the last thousandth: he is in no ledger after.
        for (number, reward) in [(0, 1_000_000), (1, 2_000_000)] as [(Int, Int64)] {
            if number == 1 {
                let accounts: [PayoutLedger.Account] = [
                    .init(name: "gone", script: Rosters.script(9), balance: 700_000, payouts: 4),
                    .init(name: "idle", script: Rosters.script(8), balance: 1000, payouts: 4),
                    .init(name: "m0", script: Rosters.script(0), balance: -701_000, payouts: 1),
                ]
                ledger = try PayoutLedger(checking: accounts)
                roster.inmates.removeLast()
            }
            let split = try PayoutPlan(roster: roster, ledger: ledger, finder: "m1")
                .split(reward: Amount(satoshis: reward), onto: hash)
            let coinbase = Coinbase.transaction(
                height: 7, extraNonce: 1, outputs: split.coinbaseOutputs, hasWitness: true)
            let change = PayoutChange(
                before: split.ledgerBefore, after: split.ledgerAfter, terms: PayoutTerms(split))
            let paid = change.paidOutputs(of: coinbase)
            let expected = split.payouts.filter { !$0.name.isEmpty }
            #expect(paid.map(\.name) == expected.map(\.name))
            #expect(paid.map(\.amount) == expected.map(\.amount))
            #expect(paid.map(\.output) == Array(expected.indices))
            #expect(paid.contains { $0.name == "gone" } == (number == 1))
            ledger = split.ledgerAfter
        }
    }

    @Test("Wherever the witness commitment stands, all payouts are shown", arguments: 0..<5)
    func commitmentAnywhere(_ place: Int) throws {
        let hash = Hash256(words: (1, 2, 3, 4))
        let reward = Amount(satoshis: 1_000_000)
        let roster = try Rosters.make([3, 2, 1], finder: 100)
        let split = try PayoutPlan(roster: roster, ledger: PayoutLedger(), finder: "m1")
            .split(reward: reward, onto: hash)
        var outputs = split.coinbaseOutputs
        #expect(outputs.count == 5)
        let commitment = Block.witnessCommitmentScript(hash)
        outputs.insert(TransactionOutput(value: .zero, script: commitment), at: place)
        let coinbase = Coinbase.transaction(
            height: 7, extraNonce: 1, outputs: outputs, hasWitness: true)
        let judgement = PayoutJudgement.judge(
            coinbase: coinbase, reward: reward, previous: hash, rosters: [roster],
            ledger: PayoutLedger())
        #expect(judgement == .applied(split))
        let paid = PayoutChange(
            before: split.ledgerBefore, after: split.ledgerAfter, terms: PayoutTerms(split)
        ).paidOutputs(of: coinbase)
        #expect(paid.map(\.name) == ["m0", "m1", "m2", "m1"])
        #expect(paid.map(\.output) == (0..<4).map { $0 < place ? $0 : $0 + 1 })
    }
}
