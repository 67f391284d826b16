import Consensus
import Cryptography
import MemoryPool
import Mining
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Templates made anew") struct TemplateRenewalTests {
    @Test(
        "A small template made anew after any changes is the one made from scratch, in its order",
        arguments: 1...12 as ClosedRange<UInt64>)
    func small(_ seed: UInt64) throws {
        var yard = RandomPool(seed: seed)
        var shelf = SelectionShelf()
        var text = TemplateText()
        for step in 0..<60 {
            for _ in 0..<Int.random(in: 1...8, using: &yard.random) { try yard.change() }
            var options = AssemblyOptions()
            options.maxWeight = 60_000
            if step % 5 == 4 { options.minFeeRate = FeeRate(satoshisPerKvB: 3000) }
            let template = try renew(&shelf, &text, yard, options, "seed \(seed), step \(step)")
            let plain = PlainSelection(yard.pool, yard.context(), options: options)
            #expect(
                template.transactions.map(\.transaction.txid) == plain.txids,
                "seed \(seed), step \(step)")
            if step % 9 == 8 { yard.mine(template) }
        }
    }

    /// What fills the blocks of a test, and whether anything does.
    struct Filling: Sendable, Hashable, CustomTestStringConvertible {
        var testDescription: String
        var traits = RandomPool.Traits(kinship: 15, blocks: 0)
        var maxWeight = 90_000
        var lag = 0
        var isFull = true
    }

    static let fillings = [
        Filling(testDescription: "weight"),
        Filling(testDescription: "signature operations", maxWeight: 4_000_000).with {
            $0.traits.costly = 30
        },
        Filling(testDescription: "nothing", maxWeight: 4_000_000, isFull: false),
        Filling(testDescription: "weight, some not final", lag: 3).with { $0.traits.locked = 25 },
        Filling(testDescription: "weight, in large clusters").with { $0.traits.kinship = 45 },
    ]

    @Test(
        "A large template made anew holds what one made from scratch does, parents first",
        arguments: fillings, 1...3 as ClosedRange<UInt64>)
    func large(_ filling: Filling, _ seed: UInt64) throws {
        var yard = RandomPool(seed: seed, filling.traits)
        var shelf = SelectionShelf(orderedCount: 10)
        var text = TemplateText()
        var options = AssemblyOptions()
        options.maxWeight = filling.maxWeight
        for _ in 0..<250 { try yard.add(rate: 1...40) }
        var kept = 0
        var full = 0
        for step in 0..<40 {
            for _ in 0..<Int.random(in: 1...4, using: &yard.random) { try yard.change() }
            let template = try renew(
                &shelf, &text, yard, options, "seed \(seed), step \(step)", lag: filling.lag)
            let plain = PlainSelection(
                yard.pool, yard.context(lag: filling.lag), options: options)
            if template.transactions.map(\.transaction.txid) != plain.txids { kept += 1 }
            let isFull = template.weight > filling.maxWeight - 4000 || template.sigOpCost > 78_000
            if isFull { full += 1 }
            if step == 30 { yard.mine(template) }
        }
        #expect(kept > 10, "seed \(seed): most are made of what was there, not from nothing")
        #expect(filling.isFull ? full > 20 : full == 0, "seed \(seed): \(full)")
    }

    @Test("A full block stays the same while more comes that pays less", arguments: [3, 4])
    func full(_ seed: UInt64) throws {
        var yard = RandomPool(seed: seed)
        var shelf = SelectionShelf()
        var text = TemplateText()
        for _ in 0..<1300 { try yard.add(rate: 10...20) }
        var options = AssemblyOptions()
        options.maxWeight = 40_000
        var counts: Set<Int> = []
        for step in 0..<20 {
            try yard.add(rate: step % 2 == 0 ? 1...2 : 30...40)
            let template = try renew(&shelf, &text, yard, options, "seed \(seed), step \(step)")
            counts.insert(template.transactions.count)
        }
        #expect(counts.min() ?? 0 > 40)
    }

    @Test("The text of transactions without witnesses counts a quarter of their operations")
    func scale() throws {
        var yard = RandomPool(seed: 1)
        for _ in 0..<5 { try yard.add(rate: 1...5) }
        let template = try BlockAssembler().assemble(yard.pool, onto: yard.context())
        var text = TemplateText(scale: 4)
        text.renew(template.transactions)
        let answer = try JSON(parsing: Array(text.pieces.joined()))
        let costs = answer.array?.map { $0["sigops"]?.int }
        #expect(costs == template.transactions.map { Int64($0.sigOpCost / 4) })
        text.renew(try BlockAssembler().assemble(Mempool(), onto: yard.context()).transactions)
        #expect(Array(text.pieces.joined()) == Array("[]".utf8))
    }

    // MARK: Comparing

    /// Makes a template with what was kept, and compares it with one made with nothing kept.
    private func renew(
        _ shelf: inout SelectionShelf, _ text: inout TemplateText, _ yard: RandomPool,
        _ options: AssemblyOptions, _ place: String, lag: Int = 0
    ) throws -> BlockTemplate {
        let assembler = BlockAssembler(options: options)
        let context = yard.context(lag: lag)
        let selection = try shelf.choose(
            for: assembler, from: yard.pool, onto: context, paying: .nobody)
        let template = try assembler.finish(selection, onto: context, paying: .nobody)
        expectSame(template, try assembler.assemble(yard.pool, onto: context), place)
        expectRight(template, place)
        text.renew(template.transactions)
        let expected = plainText(Array(template.transactions)).bytes(indent: 0)
        #expect(Array(text.pieces.joined()) == expected, "\(place)")

        let plain = PlainSelection(yard.pool, context, options: options)
        #expect(Set(template.transactions.map(\.transaction.txid)) == Set(plain.txids), "\(place)")
        #expect(template.fees.satoshis == plain.fees, "\(place)")
        #expect(template.weight == plain.weight, "\(place)")
        #expect(template.sigOpCost == plain.sigOps, "\(place)")
        return template
    }

    private func expectSame(_ one: BlockTemplate, _ other: BlockTemplate, _ place: String) {
        #expect(one.transactions.count == other.transactions.count, "\(place)")
        #expect(
            Set(one.transactions.map(\.transaction.wtxid))
                == Set(other.transactions.map(\.transaction.wtxid)), "\(place)")
        #expect(one.fees == other.fees && one.weight == other.weight, "\(place)")
        #expect(one.sigOpCost == other.sigOpCost, "\(place)")
    }

    /// Checks what follows from the transactions and their order.
    private func expectRight(_ template: BlockTemplate, _ place: String) {
        let txids = template.transactions.map(\.transaction.txid)
        #expect(Set(txids).count == txids.count, "\(place)")
        var places: [Txid: Int] = [:]
        for (index, txid) in txids.enumerated() { places[txid] = index + 1 }
        for (index, chosen) in template.transactions.enumerated() {
            let parents = chosen.transaction.inputs.compactMap { places[$0.outPoint.txid] }
            #expect(chosen.depends == parents, "\(place)")
            #expect(parents.allSatisfy { $0 <= index }, "\(place)")
        }
        let weight = template.transactions.reduce(8000) { $0 + $1.transaction.weight.units }
        #expect(template.weight == weight, "\(place)")
        let witnesses = [.zero] + template.transactions.map(\.transaction.wtxid)
        let commitment = Block.witnessCommitment(root: MerkleTree.root(witnesses), nonce: .zero)
        #expect(
            template.witnessCommitment == Block.witnessCommitmentScript(commitment), "\(place)")
        let coinbase = template.coinbase(extraNonce: 1).txid
        #expect(
            template.block(extraNonce: 1).header.merkleRoot
                == MerkleTree.root([coinbase] + txids), "\(place)")
    }

    private func plainText(_ transactions: [TemplateTransaction]) -> JSON {
        .array(
            transactions.map { chosen in
                [
                    "data": .hex(chosen.transaction.bytes),
                    "txid": .string(chosen.transaction.txid.displayHex),
                    "hash": .string(chosen.transaction.wtxid.displayHex),
                    "depends": .array(chosen.depends.map { .int($0) }),
                    "fee": .int(chosen.fee.satoshis), "sigops": .int(chosen.sigOpCost),
                    "weight": .int(chosen.transaction.weight.units),
                ]
            })
    }
}

extension TemplateRenewalTests.Filling {
    /// The same with something changed.
    fileprivate func with(_ change: (inout Self) -> Void) -> Self {
        var changed = self
        change(&changed)
        return changed
    }
}
