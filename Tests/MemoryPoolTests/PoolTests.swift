import Consensus
import Cryptography
import MemoryPool
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("The pool") struct PoolTests {
    private var builder = PoolBuilder()

    @Test("A cluster has 64 transactions at most") mutating func clusterCount() throws {
        var last = builder.spend([builder.coin(10_000_000)], paying: [9_990_000])
        try builder.add(last)
        for step in 1..<64 {
            last = builder.spend([last.point()], paying: [9_990_000 - Int64(step) * 1000])
            try builder.add(last)
        }
        #expect(builder.pool.summary(of: last.txid)?.ancestors.count == 64)
        let next = builder.spend([last.point()], paying: [9_000_000])
        #expect(builder.reason(next) == "too-large-cluster")
    }

    @Test("A block takes out what it confirms and what conflicts, with its children")
    mutating func blocks() throws {
        let (one, other) = (builder.coin(100_000), builder.coin(100_000))
        let parent = builder.spend([one], paying: [99_000])
        let child = builder.spend([parent.point()], paying: [98_000])
        let loser = builder.spend([other], paying: [99_000])
        let orphan = builder.spend([loser.point()], paying: [98_000])
        for transaction in [parent, child, loser, orphan] { try builder.add(transaction) }
        builder.pool.prioritise(loser.txid, by: 7)
        _ = builder.pool.takeChanges()
        let winner = builder.spend([other], paying: [50_000])
        builder.pool.blockConnected(block(of: [parent, winner]), now: builder.context.now)
        #expect(builder.pool.allEntries().map(\.txid) == [child.txid])
        #expect(builder.pool.deltas.isEmpty)
        #expect(
            builder.pool.takeChanges().map(\.kind) == [
                .removed(.block), .removed(.conflict), .removed(.conflict),
            ])
        #expect(builder.pool.summary(of: child.txid)?.ancestors.count == 1)
    }

    private func block(of transactions: [Transaction]) -> Block {
        let coinbase = Transaction(
            version: 2, inputs: [TransactionInput(outPoint: .null, script: [1, 1])],
            outputs: [TransactionOutput(value: .coin)], lockTime: 0)
        return Block(
            header: BlockHeader(
                version: 1, previous: .zero, merkleRoot: .zero, time: 0, bits: 0, nonce: 0),
            transactions: [coinbase] + transactions)
    }

    @Test("What comes back from a block finds its children again")
    mutating func comesBack() throws {
        let parent = builder.spend([builder.coin(100_000)], paying: [99_000])
        let child = builder.spend([parent.point()], paying: [98_000])
        try builder.add(parent)
        try builder.add(child)
        builder.pool.blockConnected(block(of: [parent]), now: builder.context.now)
        try builder.add(parent, options: AdmissionOptions(bypassesLimits: true))
        builder.pool.reorganised(
            in: builder.context, with: GatheredCoins(coins: builder.coins), locks: { _, _ in .none }
        )
        #expect(builder.pool.count == 2)
        #expect(builder.pool.summary(of: child.txid)?.ancestors.count == 2)
        #expect(builder.pool[parent.txid]?.sequence == 0)
        #expect(builder.pool.txidsByScore == [parent.txid, child.txid])
    }

    @Test("After a reorganisation nothing stays that the next block could not hold")
    mutating func reorganisation() throws {
        let young = builder.coin(100_000, height: 101, isCoinbase: true)
        let gone = builder.coin(100_000)
        let locked = builder.spend([builder.coin(100_000)], paying: [99_000], lockTime: 200)
        let minted = builder.spend([young], paying: [99_000])
        let child = builder.spend([minted.point()], paying: [98_000])
        let unfunded = builder.spend([gone], paying: [99_000])
        let good = builder.spend([builder.coin(100_000)], paying: [99_000])
        for transaction in [locked, minted, child, unfunded, good] { try builder.add(transaction) }
        builder.coins[gone] = nil
        builder.context.tipHeight -= 1
        builder.pool.reorganised(
            in: builder.context, with: GatheredCoins(coins: builder.coins), locks: { _, _ in .none }
        )
        #expect(builder.pool.txidsByScore == [good.txid])
    }

    @Test("What comes back may tie clusters that are too large together: the excess goes")
    mutating func trims() throws {
        // A parent of 80 children: they could come one by one only while it was in a block.
        let values = (0..<80).map { Int64(20_000 + $0) }
        let parent = builder.spend([builder.coin(10_000_000)], paying: values)
        for (index, output) in parent.outputs.enumerated() {
            builder.coins[parent.point(UInt32(index))] = Coin(
                output: output, height: 150, isCoinbase: false)
        }
        for index in 0..<80 {
            try builder.add(
                builder.spend([parent.point(UInt32(index))], paying: [10_000 - Int64(index)]))
        }
        try builder.add(parent, options: AdmissionOptions(bypassesLimits: true))
        builder.pool.reorganised(
            in: builder.context, with: GatheredCoins(coins: builder.coins), locks: { _, _ in .none }
        )
        #expect(builder.pool.count == 64)
        #expect(builder.pool.contains(txid: parent.txid))
    }

    @Test("A full pool drops what pays least, and asks more of whoever comes next")
    mutating func eviction() throws {
        builder.pool.policy.maxSizeBytes = 200_000
        var rates: [Int64] = []
        for step in 0..<400 as Range<Int64> {
            let fee = 1000 + (step * 7919) % 50_000
            let transaction = builder.spend([builder.coin(1_000_000)], paying: [1_000_000 - fee])
            do throws(MempoolRejection) {
                try builder.add(transaction)
                rates.append(fee)
            } catch {
                #expect(
                    error.rejectReason == "mempool min fee not met"
                        || error.rejectReason == "mempool full")
            }
        }
        #expect(builder.pool.memoryUsage <= 200_000)
        let kept = builder.pool.allEntries().map(\.fee.satoshis)
        #expect(kept == kept.sorted(by: >))
        #expect(kept == Array(rates.sorted(by: >).prefix(kept.count)))
        let now = builder.context.now
        let minimum = builder.pool.minimumFeeRate(now: now)
        #expect(minimum.satoshisPerKvB > 1000)
        // It falls only once a block has come, to half in twelve hours, faster where there is room.
        #expect(builder.pool.minimumFeeRate(now: now + 12 * 3600) == minimum)
        builder.pool.blockConnected(block(of: []), now: now)
        let later = builder.pool.minimumFeeRate(now: now + 12 * 3600)
        #expect(abs(later.satoshisPerKvB - minimum.satoshisPerKvB / 2) <= 1)
        #expect(builder.pool.minimumFeeRate(now: now + 100 * 12 * 3600) == .zero)
    }

    @Test("After two weeks a transaction has waited long enough") mutating func expiry() throws {
        let old = builder.spend([builder.coin(100_000)], paying: [99_000])
        try builder.add(old)
        builder.context.now += 336 * 3600
        let child = builder.spend([old.point()], paying: [98_000])
        try builder.add(child)
        #expect(builder.pool.count == 2)
        builder.context.now += 1
        let young = builder.spend([builder.coin(100_000)], paying: [99_000])
        try builder.add(young)
        #expect(builder.pool.txidsByScore == [young.txid])
    }

    @Test("Whatever comes and goes, all sums and orders stay right", arguments: 0..<6)
    mutating func churn(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var points = (0..<40).map { _ in builder.coin(1_000_000) }
        for _ in 0..<600 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0:
                let txids = builder.pool.txidsByScore
                if let txid = txids.randomElement(using: &generator) {
                    builder.pool.prioritise(txid, by: .random(in: -900...5000, using: &generator))
                }
            case 1:
                let some = builder.pool.allEntries().filter { entry in
                    builder.pool.ancestors(of: entry.txid)?.isEmpty ?? false
                }
                let mined = some.prefix(Int.random(in: 0...3, using: &generator)).map(\.transaction)
                builder.pool.blockConnected(block(of: mined), now: builder.context.now)
                for transaction in mined {
                    for (index, output) in transaction.outputs.enumerated() {
                        builder.coins[transaction.point(UInt32(index))] = Coin(
                            output: output, height: 150, isCoinbase: false)
                    }
                }
            default:
                let count = Int.random(in: 1...3, using: &generator)
                let chosen = Array(
                    Set((0..<count).compactMap { _ in points.randomElement(using: &generator) }))
                let value = chosen.compactMap { builder.pool.coin($0) ?? builder.coins[$0] }
                    .reduce(Int64(0)) { $0 + $1.output.value.satoshis }
                let fee = Int64.random(in: 100...9000, using: &generator)
                guard value > 2 * fee + 4000 else { continue }
                let transaction = builder.spend(
                    chosen.sorted { $0.description < $1.description },
                    paying: [(value - fee) / 2, (value - fee) / 2])
                if (try? builder.add(transaction)) != nil {
                    points += [transaction.point(0), transaction.point(1)]
                }
            }
        }
        check(seed)
    }

    private func check(_ seed: UInt64) {
        let entries = builder.pool.allEntries()
        #expect(entries.count == builder.pool.count)
        #expect(entries.reduce(0) { $0 + $1.virtualSize } == builder.pool.totalVirtualSize)
        #expect(entries.reduce(Amount.zero) { $0 + $1.fee } == builder.pool.totalFee)
        var placed: Set<Txid> = []
        for entry in entries {
            for index in 0..<entry.transaction.inputs.count {
                let parent = entry.transaction.outPoint(at: index).txid
                #expect(
                    placed.contains(parent) || !builder.pool.contains(txid: parent), "seed \(seed)")
                #expect(
                    builder.pool.spender(of: entry.transaction.outPoint(at: index)) == entry.txid)
            }
            placed.insert(entry.txid)
        }
        // A pool that is filled anew orders all alike.
        var fresh = PoolBuilder()
        fresh.coins = builder.coins
        for (txid, delta) in builder.pool.deltas { fresh.pool.prioritise(txid, by: delta) }
        for entry in entries {
            #expect(throws: Never.self, "seed \(seed)") {
                try fresh.add(entry.transaction, options: AdmissionOptions(bypassesLimits: true))
            }
        }
        #expect(fresh.pool.txidsByScore == builder.pool.txidsByScore, "seed \(seed)")
        var order = MiningOrder(builder.pool)
        var mined: [Txid] = []
        while let chunk = order.next() { mined += order.entries(of: chunk).map(\.txid) }
        #expect(mined == builder.pool.txidsByScore, "seed \(seed)")
    }
}
