import Chain
import Consensus
import Indexes
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("What addresses received, spent and have", .serialized) struct AddressTests {
    private func grownChain() async throws -> (chain: IndexedChain, blocks: [Block]) {
        let chain = try await IndexedChain()
        let start = chain.busyBlocks(100, onto: chain.builder.genesis)
        let rest = chain.busyBlocks(20, onto: chain.position(after: start), spending: start)
        try await chain.submit(start + rest)
        return (chain, start + rest)
    }

    /// Follows the chain from wherever the index is to the tip.
    private func build(_ index: AddressIndex) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await index.run() }
            group.addTask {
                while await !index.progress.isSynced { try await Task.sleep(for: .milliseconds(5)) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    @Test("Coins and history are those of a walk through all blocks, through reorganisations too")
    func following() async throws {
        let (chain, blocks) = try await grownChain()
        var index = try chain.addresses()
        try await build(index)
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
        let (chain, blocks) = try await grownChain()
        let index = try chain.addresses()
        try await build(index)
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
        let (chain, _) = try await grownChain()
        for failing in 1...5 {
            let count = Mutex(0)
            let fault = WriteFault { operation, _ in
                guard operation == .batch else { return nil }
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                return number == failing ? "The disk is full" : nil
            }
            await #expect(throws: StorageError.self) {
                let index = try chain.addresses(isAnew: true, fault: fault)
                do {
                    try await build(index)
                } catch {
                    await index.close()
                    throw error
                }
            }
            let index = try chain.addresses()
            try await build(index)
            try await chain.expectAddresses(index)
            await index.close()
        }
    }
}
