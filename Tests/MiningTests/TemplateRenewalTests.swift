import Consensus
import Cryptography
import MemoryPool
import Mining
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Templates made anew") struct TemplateRenewalTests {
    @Test(
        "A template made anew after any changes is the one made from scratch, and a plain search's",
        arguments: 1...16 as ClosedRange<UInt64>)
    func renewal(_ seed: UInt64) throws {
        var yard = RandomPool(seed: seed)
        var shelf = SelectionShelf()
        var text = TemplateText()
        for step in 0..<60 {
            for _ in 0..<Int.random(in: 1...8, using: &yard.random) { try yard.change() }
            var options = AssemblyOptions()
            options.maxWeight = 60_000
            if step % 5 == 4 { options.minFeeRate = FeeRate(satoshisPerKvB: 3000) }
            let place = "seed \(seed), step \(step)"
            let assembler = BlockAssembler(options: options)
            let selection = try shelf.choose(
                for: assembler, from: yard.pool, onto: yard.context, paying: .nobody)
            let template = try assembler.finish(selection, onto: yard.context, paying: .nobody)
            let fresh = try assembler.assemble(yard.pool, onto: yard.context)
            expectSame(template, fresh, place)
            let plain = PlainSelection(yard.pool, options: options)
            #expect(template.transactions.map(\.transaction.txid) == plain.txids, "\(place)")
            #expect(template.transactions.map(\.depends) == plain.depends, "\(place)")
            #expect(template.fees.satoshis == plain.fees, "\(place)")
            #expect(template.weight == plain.weight, "\(place)")
            text.renew(template.transactions)
            let expected = plainText(fresh.transactions).bytes(indent: 0)
            #expect(text.bytes == expected, "\(place)")
            if step % 9 == 8 { yard.mine(template) }
        }
    }

    @Test("A full block stays the same while more comes that pays less", arguments: [3, 4])
    func full(_ seed: UInt64) throws {
        var yard = RandomPool(seed: seed)
        var shelf = SelectionShelf()
        for _ in 0..<1300 { try yard.add(rate: 10...20) }
        var options = AssemblyOptions()
        options.maxWeight = 40_000
        let assembler = BlockAssembler(options: options)
        var counts: Set<Int> = []
        for step in 0..<20 {
            try yard.add(rate: step % 2 == 0 ? 1...2 : 30...40)
            let selection = try shelf.choose(
                for: assembler, from: yard.pool, onto: yard.context, paying: .nobody)
            expectSame(
                try assembler.finish(selection, onto: yard.context, paying: .nobody),
                try assembler.assemble(yard.pool, onto: yard.context), "seed \(seed), step \(step)")
            counts.insert(selection.transactions.count)
        }
        #expect(counts.min() ?? 0 > 40)
    }

    @Test("The text of transactions without witnesses counts a quarter of their operations")
    func scale() throws {
        var yard = RandomPool(seed: 1)
        for _ in 0..<5 { try yard.add(rate: 1...5) }
        let template = try BlockAssembler().assemble(yard.pool, onto: yard.context)
        var text = TemplateText(scale: 4)
        text.renew(template.transactions)
        let answer = try JSON(parsing: text.bytes)
        let costs = answer.array?.map { $0["sigops"]?.int }
        #expect(costs == template.transactions.map { Int64($0.sigOpCost / 4) })
        text.renew([])
        #expect(text.bytes == Array("[]".utf8))
    }

    private func expectSame(_ one: BlockTemplate, _ other: BlockTemplate, _ place: String) {
        #expect(
            one.transactions.map(\.transaction.wtxid)
                == other.transactions.map(\.transaction.wtxid),
            "\(place)")
        #expect(one.transactions.map(\.depends) == other.transactions.map(\.depends), "\(place)")
        #expect(one.transactions.map(\.fee) == other.transactions.map(\.fee), "\(place)")
        #expect(one.fees == other.fees && one.weight == other.weight, "\(place)")
        #expect(one.sigOpCost == other.sigOpCost, "\(place)")
        #expect(one.witnessCommitment == other.witnessCommitment, "\(place)")
        #expect(
            one.block(extraNonce: 1).header.merkleRoot
                == other.block(extraNonce: 1).header.merkleRoot, "\(place)")
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

/// A pool that changes by chance.
private struct RandomPool {
    var pool = Mempool()
    var random: SeededGenerator
    var height = 200
    private var counter: UInt64 = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    var context: TemplateContext {
        TemplateContext(
            previous: Hash256(words: (UInt64(height), 9, 9, 9)), height: height + 1,
            version: 0x2000_0000, bits: 0x207f_ffff, minimumTime: 1_700_000_001,
            medianTimePast: 1_700_000_000 + Int64(height), time: 1_700_000_600,
            subsidy: Amount(satoshis: 5_000_000_000), hasWitness: true)
    }

    private var chain: ChainContext {
        ChainContext(
            tipHeight: height, medianTimePast: 1_700_000_000 + Int64(height), now: 1_700_000_600,
            coinbaseMaturity: 100, scriptFlags: .mandatory)
    }

    /// One of the things that happen to a pool.
    mutating func change() throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0:
            if let entry = anyEntry() { pool.removeRecursive(entry.transaction, reason: .reorg) }
        case 1, 2:
            if let entry = anyEntry() {
                pool.prioritise(entry.txid, by: .random(in: -20_000...20_000, using: &random))
            }
        case 3: if let entry = anyEntry() { confirm([entry.transaction]) }
        default: try add(rate: 1...40)
        }
    }

    /// A transaction that spends coins of the chain, of the pool, or both.
    mutating func add(rate: ClosedRange<Int64>) throws {
        counter += 1
        let script = Rosters.script(Int(counter) + 7_000)
        var coins: [OutPoint: Coin] = [:]
        var inputs: [TransactionInput] = []
        var value: Int64 = 0
        for place in 0..<Int.random(in: 1...3, using: &random) {
            if Bool.random(using: &random), let parent = anyEntry()?.transaction,
                let index = parent.outputs.indices.first(where: { index in
                    let point = OutPoint(txid: parent.txid, index: UInt32(index))
                    return !pool.isSpent(point) && !inputs.contains { $0.outPoint == point }
                })
            {
                let point = OutPoint(txid: parent.txid, index: UInt32(index))
                inputs.append(TransactionInput(outPoint: point, witness: Witness([[1], [2]])))
                value += parent.outputs[index].value.satoshis
            } else {
                let point = OutPoint(txid: Hash256(words: (counter, 0, 0, 1)), index: UInt32(place))
                coins[point] = Coin(
                    output: TransactionOutput(value: Amount(satoshis: 1_000_000), script: script),
                    height: 1, isCoinbase: false)
                inputs.append(TransactionInput(outPoint: point, witness: Witness([[1], [2]])))
                value += 1_000_000
            }
        }
        let fee = Int64.random(in: rate, using: &random) * 200
        let half = (value - fee) / 2
        guard half > 1000 else { return }
        let transaction = Transaction(
            version: 2, inputs: inputs,
            outputs: [half, value - fee - half].map {
                TransactionOutput(value: Amount(satoshis: $0), script: script)
            },
            lockTime: 0)
        do throws(MempoolRejection) {
            let admission = try pool.judge(
                transaction, in: chain, with: GatheredCoins(coins: coins), locks: { _, _ in .none })
            try pool.commit(admission, in: chain)
        } catch {
            // Its cluster would be too large: nothing has changed.
            #expect(error.rejectReason == "too-large-cluster")
        }
    }

    /// A block of what the template holds.
    mutating func mine(_ template: BlockTemplate) {
        confirm(template.transactions.map(\.transaction))
    }

    private mutating func confirm(_ transactions: [Transaction]) {
        height += 1
        let coinbase = Coinbase.transaction(
            height: height, extraNonce: 1, outputs: [TransactionOutput(value: .coin)],
            hasWitness: false)
        pool.blockConnected(
            Block(
                header: BlockHeader(
                    version: 1, previous: .zero, merkleRoot: .zero, time: 0, bits: 0, nonce: 0),
                transactions: [coinbase] + transactions), now: 1_700_000_600)
    }

    private mutating func anyEntry() -> MempoolEntry? {
        let all = pool.txidsByScore
        guard !all.isEmpty else { return nil }
        return pool[all[Int.random(in: 0..<all.count, using: &random)]]
    }
}

/// What a block takes from a pool, found by sorting all chunks and trying one after the other.
private struct PlainSelection {
    private struct Chunk {
        var cluster: Int
        var rate: FeeFraction
        var prefix: Int64
        var txids: [Txid]

        var last: [UInt8] {
            txids.map(\.bytes).max { $0.lexicographicallyPrecedes($1) } ?? []
        }

        func precedes(_ other: Chunk) -> Bool {
            if !rate.isSameRate(as: other.rate) { return rate.isHigherRate(than: other.rate) }
            if prefix != other.prefix { return prefix < other.prefix }
            return last.lexicographicallyPrecedes(other.last)
        }
    }

    var txids: [Txid] = []
    var depends: [[Int]] = []
    var fees: Int64 = 0
    var weight: Int

    init(_ pool: Mempool, options: AssemblyOptions) {
        weight = options.reservedWeight
        var skipped: Set<Int> = []
        for chunk in Self.chunks(of: pool).sorted(by: { $0.precedes($1) }) {
            let perKilobyte = chunk.rate.overVirtualSize.satoshisPerKilobyte
            if perKilobyte < options.minFeeRate.satoshisPerKvB { break }
            if skipped.contains(chunk.cluster) { continue }
            guard weight + Int(chunk.rate.size) < options.maxWeight else {
                skipped.insert(chunk.cluster)
                continue
            }
            for txid in chunk.txids {
                guard let entry = pool[txid] else { continue }
                depends.append(
                    entry.transaction.inputs.compactMap { input in
                        txids.firstIndex(of: input.outPoint.txid).map { $0 + 1 }
                    })
                txids.append(txid)
                fees += entry.fee.satoshis
                weight += entry.weight
            }
        }
    }

    private static func chunks(of pool: Mempool) -> [Chunk] {
        var chunks: [Chunk] = []
        var seen: Set<Txid> = []
        for (number, txid) in pool.txidsByScore.sorted().enumerated() where !seen.contains(txid) {
            var prefix: Int64 = 0
            var rate: FeeFraction?
            for chunk in pool.cluster(of: txid)?.chunks ?? [] {
                let isSame = rate.map { $0.isSameRate(as: chunk.rate) } ?? false
                prefix = (isSame ? prefix : 0) + chunk.rate.size
                rate = chunk.rate
                seen.formUnion(chunk.txids)
                chunks.append(
                    Chunk(cluster: number, rate: chunk.rate, prefix: prefix, txids: chunk.txids))
            }
        }
        return chunks
    }
}
