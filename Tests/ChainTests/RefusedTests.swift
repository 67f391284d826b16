import Chain
import Consensus
import Primitives
import TestSupport
import Testing

@Suite("Blocks refused for the coins they spend")
struct RefusedTests {
    let chain = TestChain()

    /// A block on the base that makes many coins, and its first transaction.
    private func fan(
        onto base: [Block], into count: Int
    ) -> (block: Block, transaction: Transaction) {
        let coinbase = base[0].transactions[0]
        let transaction = chain.builder.spend(
            [OutPoint(txid: coinbase.txid, index: 0)], worth: coinbase.value(at: 0), into: count)
        var plan = ChainBuilder.Plan()
        plan.transactions = [transaction]
        let position = chain.position(after: base, from: chain.genesis)
        return (chain.builder.block(onto: position, plan), transaction)
    }

    /// Spends of each coin, where the one before it in the block makes the last of them.
    private func spends(of fan: Transaction) -> [Transaction] {
        let value = fan.value(at: 0)
        var spends = fan.outputs.indices.map { number in
            chain.builder.spend(
                [OutPoint(txid: fan.txid, index: UInt32(number))], worth: value,
                fee: Amount(satoshis: 1000))
        }
        if let last = spends.last {
            spends.append(
                chain.builder.spend(
                    [OutPoint(txid: last.txid, index: 0)], worth: last.value(at: 0),
                    fee: Amount(satoshis: 1000)))
        }
        return spends
    }

    @Test(
        "They leave the coins as they were, whether few or many were judged",
        arguments: [3, 400])
    func coinsStand(count: Int) async throws {
        let base = chain.builder.blocks(101, onto: chain.genesis)
        let (fanBlock, fan) = fan(onto: base, into: count)
        let position = chain.position(after: base + [fanBlock], from: chain.genesis)
        let spends = spends(of: fan)
        let last = OutPoint(txid: fan.txid, index: UInt32(count - 1))
        let greedy = chain.builder.spend(
            [last], worth: fan.value(at: 0), fee: Amount(satoshis: -1))
        let locked = Transaction(
            version: 2, inputs: [TransactionInput(outPoint: last, sequence: 9)],
            outputs: Array(spends[count - 1].outputs))
        let unripe = base[50].transactions[0]
        let young = chain.builder.spend(
            [OutPoint(txid: unripe.txid, index: 0)], worth: unripe.value(at: 0))
        let others = Array(spends.prefix(count - 1))
        let bad: [(String, [Transaction], Int64)] = [
            ("bad-txns-in-belowout", others + [greedy], 0),
            ("bad-txns-nonfinal", others + [locked], 0),
            ("bad-txns-premature-spend-of-coinbase", others + [young], 0),
            ("bad-txns-inputs-missingorspent", others + [twice(others[0])], 0),
            ("bad-txns-inputs-missingorspent", others + [spends[count]], 0),
            ("bad-cb-amount", spends, 1000 * Int64(spends.count) + 1),
        ]
        let validator = try await chain.open()
        _ = try await validator.submitAll(base + [fanBlock])
        let before = try await ChainState(validator)
        for (tag, (reason, transactions, fees)) in bad.enumerated() {
            let block = chain.builder.block(
                onto: position,
                ChainBuilder.Plan(
                    transactions: transactions, fees: Amount(satoshis: fees), tag: UInt64(tag)))
            #expect(try await validator.submit(block: block).bip22 == reason)
            #expect(try await ChainState(validator) == before, "\(reason)")
        }
        let good = chain.builder.block(
            onto: position,
            ChainBuilder.Plan(
                transactions: spends, fees: Amount(satoshis: 1000 * Int64(spends.count))))
        _ = try await validator.submit(block: good)
        let after = try await ChainState(validator)
        #expect(after.tip.hash == good.hash)
        #expect(try await validator.verifyChain(level: 4, count: 0) == nil)
        try await validator.close()

        // Another that never saw a bad block holds the same.
        let other = TestChain()
        let untroubled = try await other.open()
        _ = try await untroubled.submitAll(base + [fanBlock, good])
        #expect(try await ChainState(untroubled) == after)
        try await untroubled.close()
    }

    /// Another transaction that spends the same coins.
    private func twice(_ transaction: Transaction) -> Transaction {
        Transaction(
            version: 1, inputs: Array(transaction.inputs), outputs: Array(transaction.outputs))
    }
}
