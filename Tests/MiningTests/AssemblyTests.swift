import Consensus
import Cryptography
import Genesis
import MemoryPool
import Mining
import Primitives
import Scripting
import Testing

@Suite("Block templates") struct AssemblyTests {
    private var pool = Mempool()
    private var counter: UInt64 = 0
    private let chain = ChainContext(
        tipHeight: 200, medianTimePast: 1_700_000_000, now: 1_700_000_600, coinbaseMaturity: 100,
        scriptFlags: .mandatory)

    private func context(height: Int = 201, bits: UInt32 = 0x207f_ffff) -> TemplateContext {
        TemplateContext(
            previous: Hash256(words: (9, 9, 9, 9)), height: height, version: 0x2000_0000,
            bits: bits, minimumTime: 1_700_000_001, medianTimePast: 1_700_000_000,
            time: 1_700_000_600, subsidy: Amount(satoshis: 5_000_000_000), hasWitness: true)
    }

    /// Adds a transaction that spends a coin of the chain, or `parent`.
    @discardableResult
    private mutating func add(fee: Int64, from parent: Transaction? = nil) throws -> Transaction {
        counter += 1
        let script = Rosters.script(Int(counter) + 5_000)
        var coins: [OutPoint: Coin] = [:]
        let point: OutPoint
        let value: Int64
        if let parent {
            point = OutPoint(txid: parent.txid, index: 0)
            value = parent.outputs[0].value.satoshis
        } else {
            point = OutPoint(txid: Hash256(words: (counter, 0, 0, 1)), index: 0)
            value = 1_000_000
            coins[point] = Coin(
                output: TransactionOutput(value: Amount(satoshis: value), script: script),
                height: 1, isCoinbase: false)
        }
        let transaction = Transaction(
            version: 2,
            inputs: [TransactionInput(outPoint: point, witness: Witness([[1], [2]]))],
            outputs: [TransactionOutput(value: Amount(satoshis: value - fee), script: script)],
            lockTime: 0)
        let admission = try pool.judge(
            transaction, in: chain, with: GatheredCoins(coins: coins), locks: { _, _ in .none })
        try pool.commit(admission, in: chain)
        return transaction
    }

    @Test("What pays best comes first, parents with the children that pay for them")
    mutating func order() throws {
        let middle = try add(fee: 2000)
        let poorParent = try add(fee: 10)
        let richChild = try add(fee: 9000, from: poorParent)
        let last = try add(fee: 500)
        let template = try BlockAssembler().assemble(pool, onto: context())
        #expect(
            template.transactions.map(\.transaction.txid)
                == [poorParent, richChild, middle, last].map(\.txid))
        #expect(template.transactions.map(\.depends) == [[], [1], [], []])
        #expect(template.fees.satoshis == 11_510)
        #expect(template.coinbaseValue.satoshis == 5_000_011_510)
    }

    @Test("A block is no heavier than asked for") mutating func weight() throws {
        for step in 0..<50 as Range<Int64> { try add(fee: 1000 + step) }
        var options = AssemblyOptions()
        options.maxWeight = 8000 + 10 * 400
        let template = try BlockAssembler(options: options).assemble(
            pool, onto: context(), paying: .script(Rosters.script(1)))
        #expect(!template.transactions.isEmpty)
        #expect(template.block().weight.units <= options.maxWeight)
        #expect(template.weight < options.maxWeight)
    }

    /// Adds a transaction whose outputs cost `count` times 80 and `rest` times 4.
    private mutating func addCostly(_ count: Int, _ rest: Int) throws {
        counter += 1
        let point = OutPoint(txid: Hash256(words: (counter, 0, 0, 1)), index: 0)
        let coin = Coin(
            output: TransactionOutput(
                value: Amount(satoshis: 10_000_000), script: Rosters.script(Int(counter))),
            height: 1, isCoinbase: false)
        let multisig = Script([0x51, 33, 2] + [UInt8](repeating: 1, count: 32) + [0x51, 0xae])
        let hash = Script([0x76, 0xa9, 20] + [UInt8](repeating: 1, count: 20) + [0x88, 0xac])
        let scripts =
            [Script](repeating: multisig, count: count)
            + [Script](repeating: hash, count: rest)
        let transaction = Transaction(
            version: 2,
            inputs: [TransactionInput(outPoint: point, witness: Witness([[1], [2]]))],
            outputs: scripts.map { TransactionOutput(value: Amount(satoshis: 1000), script: $0) },
            lockTime: 0)
        let admission = try pool.judge(
            transaction, in: chain, with: GatheredCoins(coins: [point: coin]),
            locks: { _, _ in .none })
        try pool.commit(admission, in: chain)
    }

    @Test("Room is kept for the signature operations of whichever members are paid")
    mutating func signatureOperations() throws {
        // The larger scripts cost nothing, the smaller ones 4 each.
        let large = (0..<2 as Range<UInt8>).map {
            Script([0x00, 32] + [UInt8](repeating: $0, count: 32))
        }
        let small = (0..<2 as Range<UInt8>).map {
            Script([0x76, 0xa9, 20] + [UInt8](repeating: $0, count: 20) + [0x88, 0xac])
        }
        var definition = RosterDefinition()
        definition.scheme = .init("weights")
        definition.maxPayees = .init(2)
        var wallets: [String: Result<Script, RosterError>] = [:]
        for (index, script) in (large + small).enumerated() {
            var member = RosterDefinition.Member()
            member.name = .init("m\(index)")
            member.weight = .init(index < 2 ? 1 : 9)
            member.wallet = .init("w\(index)")
            wallets["w\(index)"] = .success(script)
            definition.members.append(member)
        }
        let roster = try definition.roster(on: .regtest, wallets: wallets)
        // 79,994 in all, the inputs' own among them: with the two members of weight 9 two too many.
        for _ in 0..<5 { try addCostly(199, 19) }
        try addCostly(0, 2)
        let template = try BlockAssembler().assemble(
            pool, onto: context(),
            paying: .roster(PayoutPlan(roster: roster, ledger: PayoutLedger())))
        let paid = template.payout?.payouts.map(\.script) ?? []
        #expect(Set(paid) == Set(small))
        let cost = template.transactions.reduce(8) { $0 + $1.sigOpCost }
        #expect(template.transactions.count == 5)
        #expect(cost <= 80_000)
    }

    @Test("What is below the block's lowest rate stays out") mutating func minimumRate() throws {
        try add(fee: 20)
        var options = AssemblyOptions()
        options.minFeeRate = FeeRate(satoshisPerKvB: 1000)
        let template = try BlockAssembler(options: options).assemble(pool, onto: context())
        #expect(template.transactions.isEmpty)
    }

    @Test("A solved block has its proof of work, merkle root and witness commitment right")
    mutating func solved() throws {
        for _ in 0..<7 { try add(fee: 1000) }
        let template = try BlockAssembler().assemble(
            pool, onto: context(), paying: .script(Rosters.script(1)))
        let search = NonceSearch(template, extraNonce: 77, time: 1_700_000_700)
        let block = try #require(search.run(from: 0, count: 1000))
        #expect(throws: Never.self) { try block.check(in: .regtest) }
        #expect(block.header.time == 1_700_000_700)
        #expect(template.block(extraNonce: 77).header.merkleRoot == block.header.merkleRoot)
        #expect(template.block(extraNonce: 78).header.merkleRoot != block.header.merkleRoot)
        try block.checkMutation(checkingWitness: true)
    }

    @Test("Heights up to 16 are operations, longer ones numbers; the script has 2 to 100 bytes")
    func heights() {
        #expect(Coinbase.script(height: 1, extraNonce: 0) == [0x51, 0x00])
        #expect(Coinbase.script(height: 16, extraNonce: 0) == [0x60, 0x00])
        #expect(Coinbase.script(height: 17, extraNonce: 0) == [0x01, 0x11])
        #expect(Coinbase.script(height: 128, extraNonce: 0) == [0x02, 0x80, 0x00])
        for height in [1, 16, 17, 127, 128, 32_768, 8_388_608, 1_000_000_000] {
            for nonce in [0, 1, .max] as [UInt64] {
                let count = Coinbase.script(height: height, extraNonce: nonce).count
                #expect(Coinbase.scriptSizes.contains(count))
            }
        }
    }

    @Test("The room kept for a roster's coinbase is what it takes", arguments: [1, 3, 60, 300])
    mutating func reserve(_ members: Int) throws {
        for _ in 0..<400 { try add(fee: 1000) }
        let roster = try Rosters.make(
            (0..<members).map { Int64($0 + 1) }, maxPayees: members, minPayout: 0)
        var options = AssemblyOptions()
        options.maxWeight = 160_000
        let plan = PayoutPlan(roster: roster, ledger: PayoutLedger())
        let template = try BlockAssembler(options: options).assemble(
            pool, onto: context(), paying: .roster(plan))
        #expect(template.outputs.count == members + 2)
        let block = template.block(extraNonce: .max)
        #expect(block.weight.units <= options.maxWeight)
        #expect(template.weight - block.weight.units < 40, "nothing is kept but what is needed")
        let paid = template.outputs.reduce(Int64(0)) { $0 + $1.value.satoshis }
        #expect(paid == template.coinbaseValue.satoshis)
    }
}
