import Cryptography
import MemoryPool
import Mining
import MiningService
import Primitives
import Testing

@Suite("Threads that search") struct SearchPoolTests {
    /// - Parameter bits: some four million headers for a block.
    private func job(onto previous: UInt64, bits: UInt32 = 0x1e03_ffff) throws -> SearchPool.Job {
        let context = TemplateContext(
            previous: Hash256(words: (previous, 9, 9, 9)), height: 201, version: 0x2000_0000,
            bits: bits, minimumTime: 1_700_000_001, medianTimePast: 1_700_000_000,
            time: 1_700_000_600, subsidy: Amount(satoshis: 5_000_000_000), hasWitness: true)
        return SearchPool.Job(
            template: try BlockAssembler().assemble(Mempool(), onto: context, paying: .nobody),
            time: 1_700_000_600, rolling: nil)
    }

    /// Replaces the job more often than a thread looks for another, until there is a block.
    private func search(_ pool: SearchPool, _ jobs: [SearchPool.Job]) async throws -> Block? {
        for round in 0..<60_000 {
            pool.set(jobs[round % jobs.count])
            try await Task.sleep(for: .milliseconds(1))
            if let block = pool.takeSolved() { return block }
        }
        return nil
    }

    @Test("A block found while the template was renewed counts as long as its tip stands")
    func renewed() async throws {
        let pool = SearchPool(threads: 1, duty: 100, extraNonce: 1) {}
        let jobs = try [job(onto: 9)]
        let block = try #require(try await search(pool, jobs))
        #expect(block.header.previous == Hash256(words: (9, 9, 9, 9)))
        // There is one already: who searches on is stopped, and what he finds is not wanted.
        try await Task.sleep(for: .milliseconds(200))
        #expect(pool.takeSolved() == nil)
        await pool.stop()
    }

    @Test("A block on a tip that was left is not wanted")
    func stale() async throws {
        let pool = SearchPool(threads: 2, duty: 100, extraNonce: 1) {}
        // Any header solves the first; none the second, in this time.
        let (easy, hard) = try (job(onto: 8, bits: 0x207f_ffff), job(onto: 9, bits: 0x1703_ffff))
        for _ in 0..<200 {
            pool.set(easy)
            pool.set(hard)
            if let block = pool.takeSolved() {
                // Found before the second was set.
                #expect(block.header.previous == Hash256(words: (8, 9, 9, 9)))
            }
            try await Task.sleep(for: .milliseconds(1))
            #expect(pool.takeSolved() == nil)
        }
        await pool.stop()
    }
}
