import Chain
import Consensus
import Foundation
import Genesis
import Indexes
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Indexes after the end of the machine", .serialized) struct PowerLossTests {
    /// A chain of 120 blocks with an index over all of them, of which the disk then lost the last five
    /// blocks; and those blocks.
    private func loss() async throws -> (chain: IndexedChain, blocks: [Block]) {
        let source = try await IndexedChain()
        let start = source.busyBlocks(100, onto: source.builder.genesis)
        let rest = source.busyBlocks(20, onto: source.position(after: start), spending: start)
        let blocks = start + rest
        try await source.submit(Array(blocks[..<110]))
        try await source.validator.flush()
        try await source.submit(Array(blocks[110...]))
        let addresses = try source.addresses()
        let spenders = try source.spenders()
        try await source.build(addresses)
        try await source.build(spenders)
        await addresses.close()
        await spenders.close()
        // What was not brought to the disk since is gone with the power: here the ends of a file.
        let folder = TemporaryFolder()
        for name in ["blocks", "chainstate", "indexes"] {
            try FileManager.default.copyItem(
                atPath: "\(source.folder.path)/\(name)", toPath: "\(folder.path)/\(name)")
        }
        let kept = [source.builder.network.genesis] + blocks[..<115]
        let file = try File("\(folder.path)/blocks/blk00000.dat", .writing)
        try file.truncate(to: kept.reduce(0) { $0 + 8 + $1.bytes.count })
        let chain = try await IndexedChain(in: folder)
        #expect(chain.validator.tip.height == 115)
        return (chain, blocks)
    }

    @Test("They wait for blocks that the disk lost, and go on from where they were")
    func lostBlocks() async throws {
        let (chain, blocks) = try await loss()
        let addresses = try chain.addresses()
        let spenders = try chain.spenders()
        for block in blocks[115...] {
            // Not from the beginning again.
            #expect(try await addresses.caughtUp())
            #expect(try await spenders.caughtUp())
            #expect(await addresses.progress.height == 120)
            #expect(await spenders.progress.height == 120)
            try await chain.submit([block])
        }
        try await chain.expectAddresses(addresses)
        try await chain.expectSpenders(spenders)
    }

    @Test("Where other blocks come in their place, they end right all the same")
    func otherBlocks() async throws {
        let (chain, blocks) = try await loss()
        let addresses = try chain.addresses()
        let spenders = try chain.spenders()
        try await chain.build(addresses)
        let branch = chain.busyBlocks(
            7, onto: chain.position(after: blocks[..<115]), tag: 3, spending: Array(blocks[15...]))
        try await chain.submit(branch)
        #expect(chain.validator.tip.hash == branch.last?.hash)
        try await chain.build(addresses)
        try await chain.build(spenders)
        try await chain.expectAddresses(addresses)
        try await chain.expectSpenders(spenders)
    }

    @Test("No block is written down as seen before its header is on the disk")
    func order() async throws {
        // Of the writes to the block index, the last; of those to the index, what came before each.
        let state = Mutex((last: WriteFault.Operation?.none, before: [WriteFault.Operation?]()))
        let fault = WriteFault { operation, path in
            state.withLock { state in
                if path.hasSuffix("/chainstate") { state.last = operation }
                if path.contains("/indexes/"), operation == .batch {
                    state.before.append(state.last)
                }
            }
            return nil
        }
        let chain = try await IndexedChain(fault: fault)
        let index = try chain.filters(fault: fault)
        var position = chain.builder.genesis
        for _ in 0..<4 {
            let blocks = chain.busyBlocks(3, onto: position)
            for block in blocks { position = chain.builder.position(block, above: position) }
            try await chain.submit(blocks)
            try await chain.build(index)
            #expect(try await index.caughtUp())
        }
        let before = state.withLock { $0.before }
        #expect(before.count >= 4)
        #expect(before.allSatisfy { $0 == .synchronousBatch })
    }

    @Test(
        "What is taken from a block is on the disk before the block may be pruned",
        arguments: [PruneMode.off, .manual])
    func pruned(_ mode: PruneMode) async throws {
        let writes = Mutex<[WriteFault.Operation]>([])
        let fault = WriteFault { operation, path in
            if path.contains("/indexes/") { writes.withLock { $0.append(operation) } }
            return nil
        }
        let chain = try await IndexedChain { $0.prune = mode }
        try await chain.submit(chain.busyBlocks(40, onto: chain.builder.genesis))
        let index = try chain.filters(fault: fault)
        try await chain.build(index)
        let seen = writes.withLock { $0 }
        #expect(seen.count >= 2)
        // Where all blocks stay nothing waits for the disk.
        #expect(seen.allSatisfy { $0 == (mode == .off ? .batch : .synchronousBatch) })
    }
}
