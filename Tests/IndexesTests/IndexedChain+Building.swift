import Chain
import Indexes
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

extension IndexedChain {
    /// A chain of 120 blocks, of which the last twenty spend coins.
    static func grown() async throws -> (chain: IndexedChain, blocks: [Block]) {
        let chain = try await IndexedChain()
        let start = chain.busyBlocks(100, onto: chain.builder.genesis)
        let rest = chain.busyBlocks(20, onto: chain.position(after: start), spending: start)
        try await chain.submit(start + rest)
        return (chain, start + rest)
    }

    /// Runs an index from wherever it is until it is at the tip.
    func build<Table>(_ index: ChainIndex<Table>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await index.run() }
            group.addTask {
                while await !index.progress.isSynced { try await Task.sleep(for: .milliseconds(5)) }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Has each of the first four writes of an index fail in turn, each of 32 blocks, and looks at
    /// what the index is that is opened and built next.
    func failWrites<Table>(
        opening open: (_ isAnew: Bool, _ fault: WriteFault) throws -> ChainIndex<Table>,
        expecting: (ChainIndex<Table>) async throws -> Void
    ) async throws {
        for failing in 1...4 {
            let count = Mutex(0)
            let fault = WriteFault { operation, _ in
                guard [.batch, .synchronousBatch].contains(operation) else { return nil }
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                return number == failing ? "The disk is full" : nil
            }
            let broken = Result { try open(true, fault) }
            await #expect(throws: StorageError.self, "write \(failing)") {
                try await build(try broken.get())
            }
            if case .success(let index) = broken { await index.close() }
            let index = try open(false, .none)
            try await build(index)
            try await expecting(index)
            await index.close()
        }
    }
}
