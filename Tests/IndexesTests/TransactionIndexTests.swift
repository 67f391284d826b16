import Chain
import Consensus
import Cryptography
import Genesis
import Indexes
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Transactions are found by their ids") struct TransactionIndexTests {
    private func open(_ chain: IndexedChain) throws -> TransactionIndex {
        try TransactionIndex(directory: chain.folder.path, validator: chain.validator)
    }

    @Test("Built late or block by block, the index finds every transaction of the chain")
    func following() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        let index = try open(chain)
        // Far behind, it says so, and builds itself in the background.
        #expect(try await !index.caughtUp())
        #expect(await index.progress == (false, 0))
        try await chain.build(index)
        let more = chain.busyBlocks(
            5, onto: chain.position(after: blocks), spending: Array(blocks[20...]))
        try await chain.submit(more)
        #expect(try await index.caughtUp())
        var count = 0
        for block in blocks + more {
            for transaction in block.transactions {
                let found = try #require(try await index.transaction(transaction.txid))
                #expect(found.transaction == transaction && found.block == block.hash)
                count += 1
            }
        }
        #expect(count > blocks.count + more.count)
        #expect(try await index.transaction(.max) == nil)
        let genesis = chain.validator.network.genesis
        #expect(try await index.transaction(genesis.transactions[0].txid) == nil)
        await index.close()
        // The next start goes on from there.
        let again = try open(chain)
        #expect(await again.progress == (true, 125))
    }

    @Test("What left the chain is found in its old block, until another takes it in")
    func reorganisation() async throws {
        let (chain, blocks) = try await IndexedChain.grown()
        let index = try open(chain)
        try await chain.build(index)
        let fork = Array(blocks.prefix(110))
        let branch = chain.busyBlocks(
            15, onto: chain.position(after: fork), tag: 1, spending: Array(blocks[10...]))
        try await chain.submit(branch)
        #expect(chain.validator.tip.hash == branch.last?.hash)
        #expect(try await index.caughtUp())
        let taken = Set(branch.flatMap { $0.transactions.map(\.txid) })
        for block in blocks[110...] {
            for transaction in block.transactions where !taken.contains(transaction.txid) {
                #expect(try await index.transaction(transaction.txid)?.block == block.hash)
            }
        }
        for block in branch {
            for transaction in block.transactions {
                #expect(try await index.transaction(transaction.txid)?.block == block.hash)
            }
        }
    }

    @Test("Rows that an older version kept with the coins are taken out")
    func formerRows() async throws {
        let folder = TemporaryFolder()
        do {
            let chain = try await IndexedChain(in: folder)
            try await chain.validator.close()
        }
        let path = folder.path + "/chainstate"
        let row = [UInt8(ascii: "t")] + [UInt8](repeating: 9, count: 32)
        do {
            let store = try Database(path: path, cacheBytes: 4 << 20)
            var batch = WriteBatch()
            batch.put(row, [1])
            batch.put([UInt8(ascii: "T")], [])
            try store.write(batch, sync: true)
        }
        let chain = try await IndexedChain(in: folder)
        try await chain.validator.close()
        let store = try Database(path: path, cacheBytes: 4 << 20)
        #expect(try store.get(row) == nil)
        #expect(try store.get([UInt8(ascii: "T")]) == nil)
    }
}
