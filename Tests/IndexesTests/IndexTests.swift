import Chain
import Consensus
import Cryptography
import Indexes
import Primitives
import TestSupport
import Testing

@Suite("Indexes follow the chain", .serialized) struct IndexTests {
    @Test("Built late or block by block, an index has what a recount gives")
    func following() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        let (coins, filters) = (try chain.coins(), try chain.filters())
        // Far behind at first, it says so, unless it runs by itself.
        #expect(try await !coins.caughtUp())
        #expect(await coins.progress == (false, 0))
        let running = Task { try await coins.run() }
        let alsoRunning = Task { try await filters.run() }
        defer {
            running.cancel()
            alsoRunning.cancel()
        }
        while await !coins.progress.isSynced { await Task.yield() }
        while await !filters.progress.isSynced { await Task.yield() }
        try await chain.expectRecount(coins)
        try await chain.expectFilters(filters)
        let more = chain.busyBlocks(
            5, onto: chain.position(after: blocks), spending: Array(blocks[20...]))
        for block in more {
            try await chain.submit([block])
            try await chain.expectRecount(coins)
        }
        try await chain.expectFilters(filters)
        #expect(await filters.progress == (true, 125))
    }

    @Test("What a block did is the difference to its parent")
    func oneBlock() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        let coins = try chain.coins()
        try await chain.build(coins)
        let (parent, last) = (blocks[118].hash, blocks[119].hash)
        let before = try #require(try await coins.statistics(at: parent))
        let after = try #require(try await coins.statistics(at: last))
        let coin = Amount.coin.satoshis
        #expect(after.spent - before.spent == UInt128(50 * coin))
        #expect(after.coinbase - before.coinbase == UInt128(50 * coin + 3500))
        #expect(after.unspendable.genesis == Amount(satoshis: 50 * coin))
        #expect(after.unspendable.scripts - before.unspendable.scripts == Amount(satoshis: 500))
        // The fee less what the coinbase took, whole or for dead scripts.
        let fee = Int64(after.spent - before.spent) - Int64(after.created - before.created)
        let unclaimed = after.unspendable.unclaimed - before.unspendable.unclaimed
        #expect(unclaimed == Amount(satoshis: fee - 4000))
    }

    @Test("An index leaves a branch with the chain, and still tells of it")
    func reorganisation() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        let (coins, filters) = (try chain.coins(), try chain.filters())
        try await chain.build(coins)
        try await chain.build(filters)
        let left = try #require(blocks.last?.hash)
        let row = try await coins.statistics(at: left)
        let fork = Array(blocks.prefix(110))
        let branch = chain.busyBlocks(
            15, onto: chain.position(after: fork), tag: 1, spending: Array(blocks[10...]))
        try await chain.submit(branch)
        #expect(chain.validator.tip.hash == branch.last?.hash)
        try await chain.expectRecount(coins)
        try await chain.expectFilters(filters)
        #expect(try await coins.statistics(at: left) == row)
        #expect(try await filters.filter(of: left) != nil)
    }

    @Test("A restarted index goes on where it was, though the chain has moved meanwhile")
    func restart() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        var (coins, filters) = (try chain.coins(), try chain.filters())
        try await chain.build(coins)
        try await chain.build(filters)
        await coins.close()
        await filters.close()

        (coins, filters) = (try chain.coins(), try chain.filters())
        #expect(await coins.progress == (true, 120))
        #expect(await filters.progress == (true, 120))
        await coins.close()
        await filters.close()

        _ = try await chain.validator.invalidate(blocks[109].hash)
        let branch = chain.busyBlocks(
            3, onto: chain.position(after: blocks.prefix(109)), tag: 2,
            spending: Array(blocks[9...]))
        try await chain.submit(branch)
        (coins, filters) = (try chain.coins(), try chain.filters())
        #expect(await coins.progress == (false, 120))
        try await chain.expectRecount(coins)
        try await chain.expectFilters(filters)

        _ = try await chain.validator.reconsider(blocks[109].hash)
        #expect(chain.validator.tip.hash == blocks.last?.hash)
        try await chain.expectRecount(coins)
        try await chain.expectFilters(filters)
    }

    @Test("Whichever write fails, the index that is opened next ends right")
    func failedWrites() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        try await chain.failWrites(opening: { try chain.coins(isAnew: $0, fault: $1) }) { coins in
            try await chain.expectRecount(coins)
            #expect(try await coins.statistics(at: blocks[0].hash) != nil)
        }
    }

    @Test("An index made anew forgets what it held")
    func anew() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        var filters = try chain.filters()
        try await chain.build(filters)
        await filters.close()
        filters = try chain.filters(isAnew: true)
        #expect(await filters.progress == (false, 0))
        #expect(try await filters.filter(of: blocks[0].hash) == nil)
        try await chain.build(filters)
        try await chain.expectFilters(filters)
    }
}
