import Chain
import Consensus
import Indexes
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Where coins were spent", .serialized) struct SpenderTests {
    @Test("Every coin that was spent has its spender, and no other has one")
    func following() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        let index = try chain.spenders()
        try await chain.build(index)
        try await chain.expectSpenders(index)
        for block in chain.busyBlocks(
            3, onto: chain.position(after: blocks), spending: Array(blocks[20...]))
        {
            try await chain.submit([block])
            try await chain.expectSpenders(index)
        }
    }

    @Test("A branch that replaces another takes its spenders out; one cut short keeps them")
    func reorganisation() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        var index = try chain.spenders()
        try await chain.build(index)
        let spent = blocks[119].transactions[1].outPoint(at: 0)
        _ = try await chain.validator.invalidate(blocks[110].hash)
        #expect(try await index.caughtUp())
        #expect(try await index.spender(of: spent)?.block == blocks[119].hash)

        let branch = chain.busyBlocks(
            12, onto: chain.position(after: blocks.prefix(110)), tag: 3,
            spending: Array(blocks[10..<15]))
        try await chain.submit(branch)
        try await chain.expectSpenders(index)
        #expect(try await index.spender(of: spent) == nil)
        await index.close()

        // What it was told while another branch was in force is not lost with the process.
        index = try chain.spenders()
        #expect(await index.progress == (true, 122))
        _ = try await chain.validator.reconsider(blocks[110].hash)
        _ = try await chain.validator.invalidate(branch[0].hash)
        #expect(chain.validator.tip.hash == blocks.last?.hash)
        try await chain.expectSpenders(index)
    }

    @Test("A search through the coins sees those of its beginning, whatever comes meanwhile")
    func scanning() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        let before = try await chain.validator.utxoSetInfo(.none)
        let scan = try await chain.validator.scanCoins()
        let script = try #require(blocks[0].transactions[0].outputs.first?.script)
        let more = chain.busyBlocks(
            20, onto: chain.position(after: blocks), spending: Array(blocks[20...]))
        try await chain.submit(more)
        try await chain.validator.flush()
        let found = try await scan.find([script]) { _ in true }
        #expect(found.isComplete)
        #expect(found.count == before.outputs)
        #expect(scan.tip.hash == blocks.last?.hash)
        let paid = blocks.flatMap(\.transactions).flatMap { transaction in
            transaction.outputs.enumerated().filter { $0.element.script == script }
                .map { OutPoint(txid: transaction.txid, index: UInt32($0.offset)) }
        }
        let spent = Set(blocks.flatMap(\.transactions).flatMap { $0.inputs.map(\.outPoint) })
        #expect(Set(found.coins.map(\.point)) == Set(paid).subtracting(spent))
    }

    @Test("A search ends with its node, and fails from then on")
    func closing() async throws {
        let (chain, _) = try await IndexedChain.grown()
        let scan = try await chain.validator.scanCoins()
        try await chain.validator.close()
        await #expect(throws: StorageError.self) { try await scan.find([]) { _ in true } }
    }
}
