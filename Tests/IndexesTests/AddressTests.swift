import Chain
import Consensus
import Indexes
import Primitives
import TestSupport
import Testing

@Suite("What addresses received, spent and have", .serialized) struct AddressTests {
    @Test("Coins and history are those of a walk through all blocks, through reorganisations too")
    func following() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        var index = try chain.addresses()
        try await chain.build(index)
        try await chain.expectAddresses(index)
        let branch = chain.busyBlocks(
            15, onto: chain.position(after: blocks.prefix(110)), tag: 1,
            spending: Array(blocks[10...]))
        try await chain.submit(branch)
        #expect(chain.validator.tip.hash == branch.last?.hash)
        try await chain.expectAddresses(index)
        await index.close()

        index = try chain.addresses()
        _ = try await chain.validator.invalidate(branch[0].hash)
        #expect(chain.validator.tip.hash == blocks.last?.hash)
        try await chain.expectAddresses(index)
        // A branch that is cut short is left at once.
        _ = try await chain.validator.invalidate(blocks[115].hash)
        #expect(chain.validator.tip.height == 115)
        try await chain.expectAddresses(index)
        #expect(await index.progress.height == 115)
        await index.close()
    }

    @Test("A part of a history is told by heights and count")
    func parts() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        let index = try chain.addresses()
        try await chain.build(index)
        let script = try #require(blocks[0].transactions[0].outputs.first?.script)
        let all = try await index.history(of: script, in: 0...120, limit: .max)
        #expect(all.count > 120)
        let part = try await index.history(of: script, in: 50...60, limit: .max)
        #expect(part == all.filter { (50...60).contains($0.height) })
        #expect(try await index.history(of: script, in: 50...60, limit: 3) == Array(part.prefix(3)))
        #expect(try await index.history(of: Script([0x51, 0x52]), in: 0...120, limit: 9).isEmpty)
    }

    @Test("Whichever write fails, the index that is opened next ends right")
    func failedWrites() async throws {
        let (chain, _) = try await IndexedChain.grown()
        try await chain.failWrites(opening: { try chain.addresses(isAnew: $0, fault: $1) }) {
            try await chain.expectAddresses($0)
        }
    }
}
