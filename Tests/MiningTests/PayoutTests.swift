import Cryptography
import Genesis
import MemoryPool
import Mining
import Primitives
import Scripting
import TestSupport
import Testing

/// Rosters of made-up members, for tests.
enum Rosters {
    static func script(_ number: Int) -> Script {
        var bytes = [UInt8](repeating: 3, count: 20)
        for place in 0..<8 { bytes[place] = UInt8(truncatingIfNeeded: number >> (8 * place)) }
        return .payToWitnessPubKeyHash(Hash160(bytes: bytes) ?? .zero)
    }

    static func make(
        _ weights: [Int64], scheme: Roster.Scheme = .weights, maxPayees: Int = 60,
        minPayout: Int64 = 5000, fee: Int = 0, finder: Int = 0
    ) throws -> Roster {
        var definition = RosterDefinition()
        definition.scheme = .init(scheme.rawValue)
        definition.maxPayees = .init(Int64(maxPayees))
        definition.minPayout = .init(minPayout)
        definition.finderBasisPoints = .init(Int64(finder))
        var wallets: [String: Result<Script, RosterError>] = [:]
        for (index, weight) in weights.enumerated() {
            var member = RosterDefinition.Member()
            member.name = .init("m\(index)")
            member.weight = .init(weight)
            member.wallet = .init("w\(index)")
            wallets["w\(index)"] = .success(script(index))
            definition.members.append(member)
        }
        var roster = try definition.roster(on: .regtest, wallets: wallets)
        roster.feeBasisPoints = fee
        roster.operatorScript = script(1_000_000)
        return roster
    }
}

@Suite("Payouts") struct PayoutTests {
    private func hash(_ number: UInt64) -> Hash256 { Hash256(words: (number, 5, 6, 7)) }

    private func check(
        _ split: PayoutSplit, reward: Int64, roster: Roster, _ comment: Comment
    ) {
        #expect(split.payouts.reduce(0) { $0 + $1.amount.satoshis } == reward, comment)
        #expect(split.ledgerAfter.accounts.reduce(0) { $0 + $1.balance } == 0, comment)
        let shares = split.payouts.filter { $0.purpose == .share }
        let limit = roster.scheme == .rotation ? 1 : roster.maxPayees
        #expect(shares.count <= limit, comment)
        if shares.count > 1 {
            #expect(shares.allSatisfy { $0.amount >= roster.minPayout }, comment)
        }
    }

    @Test("Outputs sum to the reward and balances to zero, whatever the roster", arguments: 0..<40)
    func sums(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let schemes: [Roster.Scheme] = [.weights, .rotation, .solo, .pplns]
        let scheme = schemes[Int(seed % 4)]
        let count = Int.random(in: 1...30, using: &generator)
        let roster = try Rosters.make(
            (0..<count).map { _ in .random(in: 1...1000, using: &generator) }, scheme: scheme,
            maxPayees: .random(in: 1...20, using: &generator),
            minPayout: .random(in: 0...2_000_000, using: &generator),
            fee: .random(in: 0...500, using: &generator),
            finder: .random(in: 0...500, using: &generator))
        var ledger = PayoutLedger()
        for block in 0..<200 as Range<UInt64> {
            let reward =
                block % 17 == 0
                ? Int64.random(in: 0...3000, using: &generator)
                : .random(in: 0...5_000_000_000, using: &generator)
            let shares = ShareWindow(
                (0..<count).map {
                    Share(name: "m\($0)", work: .random(in: 0...1_000_000, using: &generator))
                }, size: 20_000_000, root: hash(block))
            let plan = PayoutPlan(
                roster: roster, ledger: ledger, shares: scheme == .pplns ? shares : nil,
                finder: block % 3 == 0 ? "m0" : nil)
            var sized = plan
            sized.sizeClass = CoinbaseSizeClass.allCases.randomElement(using: &generator)
            let split = try sized.split(reward: Amount(satoshis: reward), onto: hash(block))
            check(split, reward: reward, roster: roster, "seed \(seed), block \(block)")
            #expect(try PayoutLedger(decoding: split.ledgerAfter.encoded) == split.ledgerAfter)
            ledger = split.ledgerAfter
        }
    }

    @Test("A ledger whose balances sum to zero only where numbers end is none")
    func wrappedSum() throws {
        // Nine balances, each within bounds, that sum to 2^64.
        let most: Int64 = 2_100_000_000_000_000_000
        let rest = Int64(Int128(1) << 64 - 8 * Int128(most))
        func ledger(_ balances: [Int64]) throws(DecodingError) -> PayoutLedger {
            try PayoutLedger(
                checking: balances.enumerated().map {
                    .init(name: "m\($0)", script: Script([0x51]), balance: $1, payouts: 0)
                })
        }
        #expect(throws: DecodingError.self) {
            try ledger([Int64](repeating: most, count: 8) + [rest])
        }
        #expect(try ledger([most, rest, -most, -rest]).accounts.count == 4)
        #expect(throws: DecodingError.self) { try ledger([most + 1, -most - 1]) }
    }

    @Test("Paid and owed drift by less than two satoshis in 3,000 blocks", arguments: 0..<4)
    func drift(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let weights = (0..<7).map { _ in Int64.random(in: 1...97, using: &generator) }
        let total = weights.reduce(0, +)
        let roster = try Rosters.make(
            weights, scheme: seed % 2 == 0 ? .weights : .rotation, maxPayees: 3)
        var ledger = PayoutLedger()
        var paid: [String: Int64] = [:]
        var rewards: Int64 = 0
        for block in 0..<3000 as Range<UInt64> {
            let reward = Int64.random(in: 1_000_000...5_000_000, using: &generator)
            rewards += reward
            let split = try PayoutPlan(roster: roster, ledger: ledger)
                .split(reward: Amount(satoshis: reward), onto: hash(block))
            for payout in split.payouts { paid[payout.name, default: 0] += payout.amount.satoshis }
            ledger = split.ledgerAfter
        }
        for (index, weight) in weights.enumerated() {
            let name = "m\(index)"
            let had = Int128(paid[name] ?? 0) * 1000 + Int128(ledger[name]?.balance ?? 0)
            // In millisatoshis times the sum of weights, so that nothing is rounded.
            let drift = had * Int128(total) - Int128(rewards) * 1000 * Int128(weight)
            #expect(drift.magnitude < Int128(2000 * total).magnitude, "seed \(seed), \(name)")
        }
    }

    @Test("Three members of weights 3, 2 and 1 get halves, thirds and sixths to the satoshi")
    func weights() throws {
        let roster = try Rosters.make([3, 2, 1])
        let split = try PayoutPlan(roster: roster, ledger: PayoutLedger())
            .split(reward: Amount(satoshis: 5_000_000_000), onto: hash(1))
        var amounts: [String: Int64] = [:]
        for payout in split.payouts { amounts[payout.name] = payout.amount.satoshis }
        #expect(amounts.values.reduce(0, +) == 5_000_000_000)
        #expect((amounts["m0"] ?? 0) - 2_500_000_000 <= 1)
        #expect(abs((amounts["m1"] ?? 0) - 1_666_666_666) <= 1)
        #expect(abs((amounts["m2"] ?? 0) - 833_333_333) <= 1)
    }

    @Test("Who leaves is paid what he is owed once it is no dust")
    func leaver() throws {
        let before = try Rosters.make([1, 1, 1], maxPayees: 1)
        let first = try PayoutPlan(roster: before, ledger: PayoutLedger())
            .split(reward: Amount(satoshis: 300_000), onto: hash(1))
        let owed = try #require(first.ledgerAfter.accounts.first { $0.balance > 0 })
        var after = try Rosters.make([1, 1, 1])
        after.inmates.removeAll { $0.name == owed.name }
        let second = try PayoutPlan(roster: after, ledger: first.ledgerAfter)
            .split(reward: Amount(satoshis: 3_000_000), onto: hash(2))
        let paid = try #require(second.payouts.first { $0.name == owed.name })
        #expect(abs(paid.amount.satoshis * 1000 - owed.balance) < 1000)
        #expect(second.ledgerAfter[owed.name].map { abs($0.balance) < 1000 } ?? true)
    }

    @Test(
        "Who has left is paid at the first block where he is owed no dust, however little that is")
    func smallLeaver() throws {
        let roster = try Rosters.make([1, 1])
        // 294 satoshis is the least a P2WPKH output may hold; members are paid from 5,000 on.
        for (owed, isPaid) in [(293_999, false), (294_000, true), (4_999_999, true)]
            as [(Int64, Bool)]
        {
            let ledger = try PayoutLedger(checking: [
                .init(name: "gone", script: Rosters.script(77), balance: owed, payouts: 3),
                .init(name: "m0", script: Rosters.script(0), balance: -owed, payouts: 1),
            ])
            let split = try PayoutPlan(roster: roster, ledger: ledger)
                .split(reward: Amount(satoshis: 1_000_000), onto: hash(1))
            let paid = split.payouts.first { $0.name == "gone" }?.amount.satoshis
            #expect(paid == (isPaid ? owed / 1000 : nil), "owed \(owed)")
            #expect(split.payouts.reduce(0) { $0 + $1.amount.satoshis } == 1_000_000)
        }
    }

    @Test("A finder whose bonus would be dust is not named, so that others can judge the block")
    func dustBonus() throws {
        let roster = try Rosters.make([9, 1, 1], maxPayees: 1, finder: 100)
        for (reward, isPaid) in [(29_399, false), (29_400, true)] as [(Int64, Bool)] {
            let split = try PayoutPlan(roster: roster, ledger: PayoutLedger(), finder: "m2")
                .split(reward: Amount(satoshis: reward), onto: hash(1))
            #expect(split.finder == (isPaid ? "m2" : nil))
            #expect(split.payouts.contains { $0.purpose == .finder } == isPaid)
            let judgement = PayoutJudgement.judge(
                coinbase: Coinbase.transaction(
                    height: 7, extraNonce: 1, outputs: split.coinbaseOutputs, hasWitness: true),
                reward: Amount(satoshis: reward), previous: hash(1), rosters: [roster],
                ledger: PayoutLedger())
            #expect(judgement == .applied(split), "reward \(reward)")
        }
    }

    @Test("A coinbase that pays as its roster says is applied, another is not")
    func judgement() throws {
        let roster = try Rosters.make([3, 2, 1])
        let reward = Amount(satoshis: 5_000_000_000)
        let split = try PayoutPlan(roster: roster, ledger: PayoutLedger())
            .split(reward: reward, onto: hash(1))
        func judge(_ outputs: [TransactionOutput], rosters: [Roster]) -> PayoutJudgement {
            PayoutJudgement.judge(
                coinbase: Coinbase.transaction(
                    height: 7, extraNonce: 1, outputs: outputs, hasWitness: true),
                reward: reward, previous: hash(1), rosters: rosters, ledger: PayoutLedger())
        }
        #expect(judge(split.coinbaseOutputs, rosters: [roster]) == .applied(split))
        #expect(judge(split.coinbaseOutputs, rosters: []) == .unrecognised)
        #expect(judge(Array(split.coinbaseOutputs.dropLast()), rosters: [roster]) == .none)
        var cheating = split.coinbaseOutputs
        cheating[0].value += Amount(satoshis: 1)
        cheating[1].value -= Amount(satoshis: 1)
        guard case .violated = judge(cheating, rosters: [roster]) else {
            Issue.record("a satoshi moved from one to another must show")
            return
        }
    }

    @Test("The finder's bonus and the operator's fee come off first")
    func bonuses() throws {
        let roster = try Rosters.make([1, 1], fee: 100, finder: 200)
        let split = try PayoutPlan(roster: roster, ledger: PayoutLedger(), finder: "m1")
            .split(reward: Amount(satoshis: 1_000_000), onto: hash(1))
        #expect(split.payouts.map(\.amount.satoshis) == [485_000, 485_000, 20_000, 10_000])
        #expect(split.payouts[2].script == Rosters.script(1))
        #expect(split.payouts[3].purpose == .fee)
    }

    @Test(
        "A ledger whose names are no UTF-8 is refused, for it could not be written as it was read")
    func ledgerNames() throws {
        func ledger(_ name: [UInt8]) -> [UInt8] {
            [1, 1, UInt8(name.count)] + name + [1, 0x51] + [UInt8](repeating: 0, count: 12)
        }
        let read = try PayoutLedger(decoding: ledger([0xC3, 0xA9]))
        #expect(read.encoded == ledger([0xC3, 0xA9]))
        #expect(throws: DecodingError.self) { try PayoutLedger(decoding: ledger([0xC3])) }
        let longest = [UInt8](repeating: 0x61, count: RosterDefinition.maximumNameLength)
        #expect(try PayoutLedger(decoding: ledger(longest)).accounts.count == 1)
        #expect(throws: DecodingError.self) {
            try PayoutLedger(decoding: ledger(longest + [0x61]))
        }
    }

    @Test("Blocks that are undone leave no trace: the ledger follows the chain alone")
    func reorganisation() throws {
        let roster = try Rosters.make([5, 3, 1], maxPayees: 2)
        func mine(_ blocks: [UInt64], on ledger: PayoutLedger) throws -> PayoutLedger {
            try blocks.reduce(ledger) { ledger, block in
                try PayoutPlan(roster: roster, ledger: ledger)
                    .split(reward: Amount(satoshis: 5_000_000_000), onto: hash(block)).ledgerAfter
            }
        }
        let common = try mine([1, 2, 3], on: PayoutLedger())
        _ = try mine([10, 11, 12], on: common)
        let direct = try mine([20, 21, 22, 23], on: common)
        let again = try mine([20, 21, 22, 23], on: try mine([1, 2, 3], on: PayoutLedger()))
        #expect(direct.encoded == again.encoded)
        #expect(direct.root == again.root)
    }

    @Test("A share that crosses the window's edge counts in part")
    func window() {
        let window = ShareWindow(
            [Share(name: "a", work: 50), Share(name: "b", work: 40), Share(name: "a", work: 30)],
            size: 80, root: .zero)
        #expect(window.work(of: "a") == 40 && window.work(of: "b") == 40)
        let short = ShareWindow([Share(name: "a", work: 5)], size: 80, root: .zero)
        #expect(short.work(of: "a") == 5 && short.work(of: "b") == 0)
    }

    @Test("Names are one where their bytes are, however much alike they look")
    func names() throws {
        let (composed, decomposed) = ("jos\u{e9}", "jose\u{301}")
        #expect(composed == decomposed, "to Swift")
        let window = ShareWindow(
            [Share(name: composed, work: 50), Share(name: decomposed, work: 30)], size: 100,
            root: .zero)
        #expect(window.work(of: composed) == 50 && window.work(of: decomposed) == 30)
        var tally = ShareTally()
        tally.add(name: composed, work: 50)
        tally.add(name: decomposed, work: 30)
        #expect(tally.window(size: 100, root: .zero) == window)
        #expect(tally.totals.map { $0.shares } == [1, 1])

        // Who is renamed so has the work and the debts of his new name alone.
        var roster = try Rosters.make([1, 1], scheme: .pplns)
        roster.inmates[1].name = decomposed
        let shares = ShareWindow(
            [Share(name: "m0", work: 30), Share(name: composed, work: 60)], size: 100, root: .zero)
        let ledger = try PayoutLedger(checking: [
            .init(name: "m0", script: Rosters.script(0), balance: -900_000, payouts: 1),
            .init(name: composed, script: Rosters.script(1), balance: 900_000, payouts: 0),
        ])
        let split = try PayoutPlan(roster: roster, ledger: ledger, shares: shares)
            .split(reward: Amount(satoshis: 1_000_000), onto: hash(1))
        #expect(
            split.payouts.map { Array($0.name.utf8) }.sorted { $0.count < $1.count }
                == ["m0", composed].map { Array($0.utf8) })
        #expect(split.payouts.first { $0.name == composed }?.amount == Amount(satoshis: 900))
    }
}

@Suite("Rosters") struct RosterTests {
    private func member(_ name: String?, weight: Int64? = 1, line: Int = 1)
        -> RosterDefinition.Member
    {
        var member = RosterDefinition.Member(line: line)
        member.name = name.map { .init($0, line: line + 1) }
        member.weight = weight.map { .init($0, line: line + 2) }
        member.address = .init("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080", line: line + 3)
        return member
    }

    private func error(_ definition: RosterDefinition) -> RosterError? {
        do throws(RosterError) {
            _ = try definition.roster(on: .regtest)
            return nil
        } catch {
            return error
        }
    }

    @Test("What is wrong is named with its line")
    func errors() {
        var definition = RosterDefinition()
        #expect(error(definition)?.reason == "there is no [[inmate]]")
        definition.members = [member("ana", line: 10)]
        #expect(error(definition) == nil)
        definition.members.append(member("beto", line: 20))
        #expect(
            error(definition)
                == RosterError(line: 23, reason: "\"beto\" is paid where \"ana\" is"))
        definition.members[1].name = .init("ana", line: 21)
        #expect(
            error(definition)
                == RosterError(line: 21, reason: "a second inmate is named \"ana\""))
        // Nor one that only a program can tell from the first.
        definition.members[0].name = .init("jos\u{e9}", line: 11)
        definition.members[1].name = .init("jose\u{301}", line: 21)
        #expect(
            error(definition)
                == RosterError(line: 21, reason: "a second inmate is named \"jose\u{301}\""))
        definition.members = [member("ana", weight: 0, line: 10)]
        #expect(error(definition)?.line == 12)
        definition.members = [member(nil, line: 10)]
        #expect(error(definition) == RosterError(line: 10, reason: "an inmate has no name"))
        definition.members = [member("ana", weight: nil, line: 10)]
        #expect(error(definition)?.line == 10)
        definition.members = [member("ana", line: 10)]
        definition.members[0].address = .init(
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", line: 13)
        #expect(error(definition)?.line == 13)
        definition.members[0].address = nil
        #expect(error(definition)?.line == 10)
        definition.members[0].descriptor = .init("wpkh(nonsense)", line: 14)
        #expect(error(definition)?.line == 14)
        definition.members = [member("ana", line: 10)]
        definition.feeBasisPoints = .init(50, line: 3)
        #expect(error(definition)?.line == 3)
        definition.scheme = .init("lottery", line: 2)
        #expect(error(definition)?.line == 2)
    }
}
