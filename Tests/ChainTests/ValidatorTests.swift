import Chain
import Consensus
import Cryptography
import Genesis
import Primitives
import Storage
import TestSupport
import Testing

@Suite("The validator") struct ValidatorTests {
    private let chain = TestChain()

    @Test("A new folder holds the genesis block alone")
    func genesis() async throws {
        let validator = try await chain.open()
        #expect(validator.tip.hash == chain.genesis.hash)
        #expect(validator.tip.height == 0)
        #expect(try await validator.block(chain.genesis.hash) == chain.builder.network.genesis)
        let info = try await validator.utxoSetInfo(.serialized3)
        #expect(info.outputs == 0)
        try await validator.close()
    }

    @Test("Blocks that extend the tip are connected, and their coins are there")
    func connect() async throws {
        let validator = try await chain.open()
        let blocks = chain.builder.blocks(5, onto: chain.genesis)
        #expect(try await validator.submitAll(blocks) == Array(repeating: .connected, count: 5))
        #expect(validator.tip.hash == blocks[4].hash)
        let coinbase = blocks[0].transactions[0]
        let coin = try await validator.coin(OutPoint(txid: coinbase.txid, index: 0))
        #expect(coin == Coin(output: coinbase.outputs[0], height: 1, isCoinbase: true))
        let info = try #require(await validator.blockInfo(height: 3))
        #expect(info.confirmations == 3 && info.nextHash == blocks[3].hash)
        #expect(info.transactionCount == 1 && info.chainTransactionCount == 4)
        #expect(try await validator.blockBytes(info.hash) == blocks[2].bytes)
        try await validator.close()
    }

    @Test("A reorganisation of twenty blocks moves coins there and back, whatever they spend")
    func reorganise() async throws {
        let validator = try await chain.open()
        let base = chain.builder.blocks(120, onto: chain.genesis)
        _ = try await validator.submitAll(base)
        let fork = chain.position(after: base, from: chain.genesis)
        let before = try await ChainState(validator)
        let left = chain.busyBlocks(20, onto: fork, tag: 1, spending: base)
        let right = chain.busyBlocks(21, onto: fork, tag: 2, spending: base.reversed().suffix(20))
        #expect(try await validator.submitAll(left).allSatisfy { $0 == .connected })
        let onLeft = try await ChainState(validator)
        let outcomes = try await validator.submitAll(right)
        #expect(outcomes.dropLast() == Array(repeating: .stored, count: 20)[...])
        #expect(outcomes.last == .connected)
        #expect(validator.tip.hash == right[20].hash)

        #expect(try await validator.invalidate(right[0].hash))
        #expect(try await ChainState(validator) == onLeft)
        #expect(try await validator.invalidate(left[0].hash))
        #expect(try await ChainState(validator) == before)
        #expect(try await validator.reconsider(left[0].hash))
        #expect(try await ChainState(validator) == onLeft)
        #expect(try await validator.reconsider(right[0].hash))
        #expect(validator.tip.hash == right[20].hash)

        // A node that saw only the right branch agrees.
        let other = TestChain()
        let straight = try await other.open()
        _ = try await straight.submitAll(base + right)
        #expect(try await ChainState(straight) == ChainState(validator))
        #expect(try await validator.verifyChain(level: 4, count: 30) == nil)
        try await validator.close()
        try await straight.close()
    }

    @Test("Of two branches with the same work the first stays, until the other is preferred")
    func precious() async throws {
        let validator = try await chain.open()
        let left = chain.builder.blocks(2, onto: chain.genesis, tag: 1)
        let right = chain.builder.blocks(2, onto: chain.genesis, tag: 2)
        _ = try await validator.submitAll(left + right)
        #expect(validator.tip.hash == left[1].hash)
        #expect(try await validator.precious(right[1].hash))
        #expect(validator.tip.hash == right[1].hash)
        let tips = await validator.chainTips()
        #expect(
            tips.map(\.status) == ["active", "valid-fork"]
                || tips.map(\.status) == ["valid-fork", "active"])
        try await validator.close()
    }

    @Test("Submitting answers in the words of BIP22")
    func words() async throws {
        let validator = try await chain.open()
        let blocks = chain.builder.blocks(3, onto: chain.genesis)
        #expect(try await validator.submit(block: blocks[1]).bip22 == "prev-blk-not-found")
        #expect(try await validator.submit(block: blocks[0]).bip22 == nil)
        #expect(try await validator.submit(block: blocks[0]).bip22 == "duplicate")
        let side = chain.builder.blocks(1, onto: chain.genesis, tag: 9)
        #expect(try await validator.submit(block: side[0]).bip22 == "inconclusive")

        var greedy = ChainBuilder.Plan()
        greedy.amendOutputs = { $0[0].value += Amount(satoshis: 1) }
        let bad = chain.builder.block(
            onto: chain.position(after: [blocks[0]], from: chain.genesis), greedy)
        #expect(try await validator.submit(block: bad).bip22 == "bad-cb-amount")
        #expect(try await validator.submit(block: bad).bip22 == "duplicate-invalid")
        #expect(validator.tip.hash == blocks[0].hash)
        let child = chain.builder.block(
            onto: chain.builder.position(
                bad, above: chain.position(after: [blocks[0]], from: chain.genesis)))
        #expect(try await validator.submit(block: child).bip22 == "bad-prevblk")
        try await validator.close()
    }

    @Test("A kept block that is found invalid when its branch would win is told of, once")
    func foundOutLater() async throws {
        let validator = try await chain.open()
        let left = chain.builder.blocks(1, onto: chain.genesis, tag: 1)
        var greedy = ChainBuilder.Plan(tag: 2)
        greedy.amendOutputs = { $0[0].value += Amount(satoshis: 1) }
        let bad = chain.builder.block(onto: chain.genesis, greedy)
        let place = chain.builder.position(bad, above: chain.genesis)
        let child = chain.builder.block(onto: place)
        #expect(try await validator.submitAll(left + [bad]) == [.connected, .stored])
        #expect(await validator.takeInvalidated().isEmpty)
        #expect(try await validator.submit(block: child) == .stored)
        #expect(validator.tip.hash == left[0].hash)
        let found = await validator.takeInvalidated()
        #expect(found.map(\.hash) == [bad.hash])
        #expect(found.map(\.rejection.reason) == ["bad-cb-amount"])
        #expect(await validator.takeInvalidated().isEmpty)
        // Whoever hands in an invalid block is answered, and it is not told of again.
        let next = chain.builder.block(
            onto: chain.position(after: left, from: chain.genesis), greedy)
        #expect(try await validator.submit(block: next).bip22 == "bad-cb-amount")
        #expect(await validator.takeInvalidated().isEmpty)
        try await validator.close()
    }

    @Test("Blocks whose headers are known may come in any order")
    func outOfOrder() async throws {
        let validator = try await chain.open()
        let blocks = chain.builder.blocks(30, onto: chain.genesis)
        let headers = try await validator.submit(headers: blocks.map(\.header))
        #expect(headers.accepted == 30 && headers.rejection == nil)
        #expect(headers.last?.height == 30)
        let wanted = await validator.missingBlocks(toward: blocks[29].hash, limit: 16)
        #expect(wanted.map(\.hash) == blocks[..<16].map(\.hash))
        for block in blocks.reversed() { _ = try await validator.submit(block: block) }
        #expect(validator.tip.hash == blocks[29].hash)
        #expect(await validator.missingBlocks(toward: blocks[29].hash, limit: 16).isEmpty)
        try await validator.close()
    }

    @Test("A follower is led from a block it has seen, on whatever branch, to the tip")
    func follow() async throws {
        let validator = try await chain.open()
        let left = chain.builder.blocks(3, onto: chain.genesis, tag: 1)
        let right = chain.builder.blocks(5, onto: chain.genesis, tag: 2)
        _ = try await validator.submitAll(left + right)
        let path = await validator.followPath(from: left[2].hash)
        #expect(path.fork?.hash == chain.genesis.hash)
        #expect(path.disconnected == left.reversed().map(\.hash))
        #expect(path.connected == right.map(\.hash) && path.isComplete)
        let start = await validator.followPath(from: nil, limit: 2)
        #expect(start.connected == [chain.genesis.hash, right[0].hash] && !start.isComplete)
        try await validator.close()
    }

    @Test("The tip is hinted at once and at every change")
    func hints() async throws {
        let validator = try await chain.open()
        var tips = validator.tips().makeAsyncIterator()
        #expect(await tips.next()?.height == 0)
        _ = try await validator.submitAll(chain.builder.blocks(2, onto: chain.genesis))
        #expect(await tips.next()?.height == 2)
        try await validator.close()
        #expect(await tips.next() == nil)
    }
}
