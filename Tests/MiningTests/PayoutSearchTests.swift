import Consensus
import Cryptography
import Genesis
import Mining
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Recognising payouts") struct PayoutSearchTests {
    private func hash(_ number: UInt64) -> Hash256 { Hash256(words: (number, 5, 6, 8)) }

    private func coinbase(_ outputs: [TransactionOutput]) -> Transaction {
        let witness = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed] + [UInt8](repeating: 9, count: 32)
        return Coinbase.transaction(
            height: 700, extraNonce: 1,
            outputs: outputs + [TransactionOutput(value: .zero, script: Script(witness))],
            hasWitness: true)
    }

    private func window(_ number: UInt64, members: Int) -> ShareWindow {
        ShareWindow(
            (0..<members).map { Share(name: "m\($0)", work: UInt64($0 + 1) * 100 + number) },
            size: .max, root: hash(1000 + number))
    }

    @Test("A foreign block costs a few splits, however many windows and payees are known")
    func foreign() throws {
        let count = 60
        let roster = try Rosters.make(
            (1...count).map { Int64($0) }, scheme: .pplns, finder: 100)
        let reward = Amount(satoshis: 5_000_000_000)
        let theirs = try PayoutPlan(
            roster: roster, ledger: PayoutLedger(), shares: window(9999, members: count),
            finder: "m3"
        ).split(reward: reward, onto: hash(1))
        #expect(theirs.payouts.count == count + 1)
        // Sixteen for this very tip, all others for earlier ones.
        let windows = (0..<512 as Range<UInt64>).map {
            TemplateWindow(
                window($0, members: count), rosterHash: roster.hash,
                previous: hash($0 < 496 ? 100 + $0 : 1))
        }
        // Trying everything with everything takes so many.
        let single = all(
            of: [roster], [windows[511]], PayoutLedger(), reward: reward,
            paying: Set(theirs.payouts.map(\.script)))
        let sizes = Set(single.map(\.payeeLimit)).count
        let finders = Set(single.map(\.finder)).count
        #expect((windows.count + 1) * finders * sizes == 513 * 61 * 3)
        var search = try #require(
            PayoutSearch(
                coinbase(theirs.coinbaseOutputs), reward: reward, previous: hash(1),
                ledger: PayoutLedger()))
        #expect(search.split(by: [roster], windows: windows) == nil)
        // Without a window and with each of the sixteen: by the outputs at most two sizes with and
        // without a finder, then three sizes so.
        #expect(search.splitsTried <= 17 * 10)

        // One of our own is found by the newest windows first.
        let ours = try PayoutPlan(
            roster: roster, ledger: PayoutLedger(), shares: windows[511].window, finder: "m3"
        ).split(reward: reward, onto: hash(1))
        search = try #require(
            PayoutSearch(
                coinbase(ours.coinbaseOutputs), reward: reward, previous: hash(1),
                ledger: PayoutLedger()))
        #expect(search.split(by: [roster], windows: windows) == ours)
        #expect(search.splitsTried <= 10)
    }

    @Test("However many rosters and members are known, what one block costs has an end")
    func bounded() throws {
        let rosters = try (1...40 as ClosedRange<Int64>).map { weight in
            try Rosters.make(
                [weight] + (1...99).map { _ in 1 }, maxPayees: 80, minPayout: 0, finder: 50)
        }
        let reward = Amount(satoshis: 5_000_000_000)
        let theirs = try PayoutPlan(
            roster: try Rosters.make([5, 5]), ledger: PayoutLedger()
        ).split(reward: reward, onto: hash(1))
        var search = try #require(
            PayoutSearch(
                coinbase(theirs.coinbaseOutputs), reward: reward, previous: hash(1),
                ledger: PayoutLedger(), limit: 10_000))
        #expect(search.split(by: rosters, windows: []) == nil)
        // A hundred claims each, and as many for making each of twenty others ready.
        #expect(search.splitsTried == 80)
    }

    @Test("However many windows there are, other rosters are reached, and the reverse")
    func reached() throws {
        let shared = try Rosters.make((1...100).map { Int64($0) }, scheme: .pplns, maxPayees: 100)
        let windows = (0..<300 as Range<UInt64>).map {
            TemplateWindow(window($0, members: 100), rosterHash: shared.hash, previous: hash(1))
        }
        let reward = Amount(satoshis: 4_000_000)
        // One who left takes all, so nothing speaks for the finder.
        let ledger = try PayoutLedger(checking: [
            .init(name: "z", script: Rosters.script(500), balance: 5_000_000_000, payouts: 1),
            .init(name: "m0", script: Rosters.script(0), balance: -5_000_000_000, payouts: 1),
        ])
        let solo = try Rosters.make([1, 1, 1, 1, 1], scheme: .solo)
        let weights = try Rosters.make([5, 6, 7, 8])
        func found(
            _ plan: PayoutPlan, by rosters: [Roster], limit: Int
        ) throws -> (isFound: Bool, tried: Int) {
            let split = try plan.split(reward: reward, onto: hash(1))
            var search = try #require(
                PayoutSearch(
                    coinbase(split.coinbaseOutputs), reward: reward, previous: hash(1),
                    ledger: plan.ledger, limit: limit))
            let found = search.split(by: rosters, windows: windows)
            #expect(found == nil || found == split)
            return (found != nil, search.splitsTried)
        }
        let plain = try found(
            PayoutPlan(roster: weights, ledger: PayoutLedger()), by: [shared, weights],
            limit: 20_000)
        #expect(plain.isFound)
        #expect(plain.tried < 10, "no window comes before it")
        #expect(
            try found(
                PayoutPlan(roster: solo, ledger: ledger, finder: "m3"), by: [shared, solo],
                limit: 20_000
            ).isFound)

        // Forty rosters cost more than the search may.
        let others = try (1...40 as ClosedRange<Int64>).map {
            try Rosters.make([$0] + (1...99).map { _ in 1 }, maxPayees: 100)
        }
        var newest = PayoutPlan(roster: shared, ledger: PayoutLedger())
        newest.shares = windows[299].window
        #expect(try found(newest, by: others + [shared], limit: 4000).isFound)
        newest.shares = windows[0].window
        #expect(try !found(newest, by: others + [shared], limit: 4000).isFound)
    }

    /// A roster whose members have descriptors, those of `first` on.
    private func described(_ first: Int, weight: Int64 = 1, members: Int = 5) throws -> Roster {
        var definition = RosterDefinition()
        definition.scheme = .init("weights")
        for number in first..<(first + members) {
            var member = RosterDefinition.Member()
            member.name = .init("d\(number)")
            member.weight = .init(weight + Int64(number - first))
            member.descriptor = .init("raw(\(Rosters.script(number).hex))")
            definition.members.append(member)
        }
        return try definition.roster(on: .regtest)
    }

    @Test("No script is derived of a roster whose turn does not come, and none twice")
    func derived() throws {
        let reward = Amount(satoshis: 5_000_000_000)
        func search(_ plan: PayoutPlan, limit: Int = PayoutSearch.limit) throws -> PayoutSearch {
            let split = try plan.split(reward: reward, onto: hash(1))
            return try #require(
                PayoutSearch(
                    coinbase(split.coinbaseOutputs), reward: reward, previous: hash(1),
                    ledger: plan.ledger, limit: limit))
        }
        let present = try described(0)
        let others = try (1...20).map { try described(10 * $0) }
        var own = try search(PayoutPlan(roster: present, ledger: PayoutLedger()))
        #expect(own.split(by: [present] + others, windows: []) != nil)
        #expect(own.scriptsDerived == 5)
        // One of old, and then the same members by other weights.
        var old = try search(PayoutPlan(roster: others[3], ledger: PayoutLedger()))
        #expect(old.split(by: [present] + others, windows: []) != nil)
        #expect(old.scriptsDerived == 5 * 5)
        let again = try (2...9).map { try described(0, weight: $0) }
        var same = try search(PayoutPlan(roster: again[7], ledger: PayoutLedger()))
        #expect(same.split(by: [present] + again, windows: []) != nil)
        #expect(same.scriptsDerived == 5)
        // A foreign block costs no more than it may; the present roster is tried in any case.
        let foreign = PayoutPlan(roster: try described(900), ledger: PayoutLedger())
        var bounded = try search(foreign, limit: 1000)
        #expect(bounded.split(by: [present] + others, windows: []) == nil)
        #expect(bounded.scriptsDerived <= 5 + 1000 / 64)
        #expect(bounded.scriptsDerived > 5)
    }

    @Test("By the present roster and its newest window no other roster is made ready")
    func newestWindow() throws {
        let reward = Amount(satoshis: 5_000_000_000)
        let present = try Rosters.make([1, 2, 3, 4, 5], scheme: .pplns)
        let others = try (1...20).map { try described(10 * $0) }
        let windows = (0..<5 as Range<UInt64>).map {
            TemplateWindow(window($0, members: 5), rosterHash: present.hash, previous: hash(1))
        }
        let split = try PayoutPlan(
            roster: present, ledger: PayoutLedger(), shares: windows[4].window
        ).split(reward: reward, onto: hash(1))
        var search = try #require(
            PayoutSearch(
                coinbase(split.coinbaseOutputs), reward: reward, previous: hash(1),
                ledger: PayoutLedger()))
        #expect(search.split(by: [present] + others, windows: windows) == split)
        #expect(search.scriptsDerived == 0)
    }

    @Test("A block is judged once, until another window or roster is known")
    func once() throws {
        var judged = JudgedPayouts()
        var count = 0
        func judge(
            _ block: UInt64, onto previous: UInt64 = 1, taking reward: Int64 = 50,
            on ledger: PayoutLedger = PayoutLedger(), as judgement: PayoutJudgement = .unrecognised
        ) {
            let given = judged.judgement(
                of: hash(block), onto: hash(previous), reward: Amount(satoshis: reward),
                ledger: ledger
            ) {
                count += 1
                return judgement
            }
            #expect(given == judgement)
        }
        for _ in 0..<3 { judge(10) }
        #expect(count == 1)
        judge(11)
        judge(10, taking: 49)
        let ledger = try PayoutLedger(checking: [
            .init(name: "a", script: Rosters.script(0), balance: 0, payouts: 1)
        ])
        judge(10, on: ledger)
        #expect(count == 4)
        judge(12, onto: 2, as: .violated("why"))
        judge(13, onto: 2)
        judged.forget(onto: hash(2))
        judge(10)
        judge(12, onto: 2, as: .violated("why"))
        #expect(count == 6)
        judge(13, onto: 2)
        #expect(count == 7)
        judged.forgetAll()
        judge(10)
        #expect(count == 8)
        // Only so many are kept.
        for number in 20..<100 as Range<UInt64> { judge(number) }
        #expect(count == 88)
        judge(99)
        #expect(count == 88)
        judge(10)
        #expect(count == 89)
    }

    @Test("What trying all there is finds is found, and nothing else", arguments: 0..<10)
    func againstAll(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let schemes: [Roster.Scheme] = [.pplns, .weights, .solo, .rotation, .pplns]
        let rosters = try (0..<3).map { number in
            try Rosters.make(
                (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                    .random(in: 1...9, using: &generator)
                }, scheme: schemes[(Int(seed) + number) % 5],
                maxPayees: .random(in: 1...25, using: &generator),
                minPayout: .random(in: 0...9_000, using: &generator),
                fee: Bool.random(using: &generator) ? 100 : 0,
                finder: Bool.random(using: &generator) ? .random(in: 1...300, using: &generator) : 0
            )
        }
        let windows = (0..<6 as Range<UInt64>).map { number in
            let roster = rosters[Int.random(in: 0..<3, using: &generator)]
            return TemplateWindow(
                window(number, members: roster.inmates.count), rosterHash: roster.hash,
                previous: hash(number % 3 == 0 ? 2 : 1))
        }
        var ledger = PayoutLedger()
        for block in 0..<9 {
            let roster = rosters[Int.random(in: 0..<3, using: &generator)]
            let own = windows.filter { $0.rosterHash == roster.hash }.randomElement(
                using: &generator)
            let reward = Amount(
                satoshis: .random(in: 0...(block % 4 == 0 ? 60_000 : 5_000_000), using: &generator))
            var plan = PayoutPlan(roster: roster, ledger: ledger)
            if roster.scheme == .pplns { plan.shares = own?.window }
            if Bool.random(using: &generator) {
                plan.finder = roster.inmates.randomElement(using: &generator)?.name
            }
            plan.sizeClass = ([nil] + CoinbaseSizeClass.allCases).randomElement(using: &generator)
                .flatMap { $0 }
            let split = try plan.split(reward: reward, onto: hash(1))
            var outputs = split.coinbaseOutputs
            if outputs.count > 2, block % 3 == 0 {
                outputs[0].value += Amount(satoshis: 1)
                outputs[1].value -= Amount(satoshis: 1)
            }
            let judgement = PayoutJudgement.judge(
                coinbase: coinbase(outputs), reward: reward, previous: hash(1), rosters: rosters,
                ledger: ledger, windows: windows)
            let expected = all(
                of: rosters, windows, ledger, reward: reward, paying: Set(outputs.map(\.script))
            ).first { $0.commitment == split.commitment }
            switch judgement {
            case .applied(let found):
                #expect(found == expected && outputs == found.coinbaseOutputs, "seed \(seed)")
            case .violated:
                #expect(expected != nil && outputs != split.coinbaseOutputs, "seed \(seed)")
            case .unrecognised: #expect(expected == nil, "seed \(seed), block \(block)")
            case .none: Issue.record("seed \(seed): it commits to a split")
            }
            if case .applied(let found) = judgement { ledger = found.ledgerAfter }
        }
    }

    /// The slow way: each roster with each of its windows, finders that are paid, and sizes.
    private func all(
        of rosters: [Roster], _ windows: [TemplateWindow], _ ledger: PayoutLedger, reward: Amount,
        paying paid: Set<Script>
    ) -> [PayoutSplit] {
        var splits: [PayoutSplit] = []
        for roster in rosters {
            let own = windows.filter { $0.rosterHash == roster.hash && $0.previous == hash(1) }
            for shares in [nil]
                + (roster.scheme == .pplns ? own.map { $0.window as ShareWindow? } : [])
            {
                // A finder who takes all may be named though others were owed it.
                let finders = roster.inmates.filter { inmate in
                    roster.scheme == .solo
                        || inmate.script(after: ledger[inmate.name]?.payouts ?? 0)
                            .map(paid.contains) ?? false
                }
                for finder in [nil] + (roster.paysFinder ? finders.map(\.name) : []) {
                    for size in [nil] + CoinbaseSizeClass.allCases {
                        let plan = PayoutPlan(
                            roster: roster, ledger: ledger, shares: shares, finder: finder,
                            sizeClass: size)
                        if let split = try? plan.split(reward: reward, onto: hash(1)) {
                            splits.append(split)
                        }
                    }
                }
            }
        }
        return splits
    }
}
