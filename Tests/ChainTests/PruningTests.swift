import Chain
import Consensus
import Cryptography
import Foundation
import Primitives
import Storage
import TestSupport
import Testing

@Suite("Old block files are given up") struct PruningTests {
    private let chain = TestChain()

    /// Four hundred blocks, the later of which spend.
    private func blocks() -> [Block] {
        let base = chain.builder.blocks(110, onto: chain.genesis)
        return base
            + chain.busyBlocks(
                290, onto: chain.position(after: base, from: chain.genesis), spending: base)
    }

    private func open(
        _ mode: PruneMode = .manual, _ configure: (inout Validator.Configuration) -> Void = { _ in }
    ) async throws -> Validator {
        try await chain.open {
            $0.maximumBlockFileSize = 4096
            $0.pruneAfterHeight = 100
            $0.prune = mode
            configure(&$0)
        }
    }

    private var fileNames: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: chain.folder.path + "/blocks")
                .filter { $0.hasSuffix(".dat") && $0 != "xor.dat" }.sorted()
        }
    }

    @Test("Who follows is told which blocks went since, and to read all where that is forgotten")
    func log() async throws {
        let all = blocks()
        let validator = try await open()
        _ = try await validator.submitAll(all)
        #expect(await validator.prunedBlocks(since: 0).infos?.isEmpty == true)
        #expect(await validator.prunedBlocks(since: 1).infos == nil)
        func gone() async -> Set<BlockHash> {
            let infos = await validator.blockInfos(from: 0, limit: 1000)
            return Set(infos.filter { !$0.hasData }.map(\.hash))
        }
        try await validator.prune(upTo: 60)
        let first = await gone()
        try await validator.prune(upTo: 105)
        let both = await gone()
        #expect(!first.isEmpty && both.count > first.count)
        for (seen, expected) in [(0, both), (1, both.subtracting(first)), (2, [])] {
            let (count, infos) = await validator.prunedBlocks(since: UInt64(seen))
            #expect(count == 2)
            #expect(infos.map { Set($0.map(\.hash)) } == expected)
            #expect(infos?.contains { $0.hasData } == false)
        }
        #expect(await validator.prunedBlocks(since: 3).infos == nil)
        try await validator.close()
    }

    @Test(
        "What is pruned is gone with its undo data, the last 288 blocks stay, and a restart agrees")
    func manual() async throws {
        let all = blocks()
        var validator = try await open()
        _ = try await validator.submitAll(all)
        let before = try await ChainState(validator)
        let names = try fileNames
        try await validator.prune(upTo: 300)
        let height = try #require(await validator.prunedHeight)
        #expect((90...112).contains(height))
        #expect(await validator.pruneCount == 1)
        func check(_ validator: Validator) async throws {
            #expect(try await ChainState(validator) == before)
            #expect(await validator.prunedHeight == height)
            for (number, block) in all.enumerated() {
                let info = try #require(await validator.blockInfo(block.hash))
                let isKept = number + 1 > height
                #expect(info.hasData == isKept && info.hasUndo == isKept)
                #expect(info.isPruned == !isKept)
                #expect(info.transactionCount == block.transactions.count)
                #expect(try await validator.block(block.hash) == (isKept ? block : nil))
            }
            #expect(try await validator.verifyChain(level: 4, count: 0) != nil)
            #expect(try await validator.verifyChain(level: 4, count: 250) == nil)
        }
        try await check(validator)
        let left = try fileNames
        let gone = Set(names).subtracting(left)
        #expect(gone.contains("blk00000.dat") && gone.contains("rev00000.dat"))
        #expect(gone.count(where: { $0.hasPrefix("blk") }) == gone.count / 2)
        try await validator.close()

        // Where a crash came between the record and the end of the files, the start ends them.
        let leftover = chain.folder.path + "/blocks/blk00000.dat"
        let whole = chain.folder.path + "/blocks/" + (try #require(left.first))
        try FileManager.default.copyItem(atPath: whole, toPath: leftover)
        validator = try await open()
        try await check(validator)
        #expect(try fileNames == left)
        try await validator.close()
        await #expect(throws: StorageError.self) { _ = try await open(.off) }
    }

    @Test("Followers hold pruning back, ten blocks below what they need")
    func locks() async throws {
        let validator = try await open()
        _ = try await validator.submitAll(blocks())
        await validator.holdPruning("slow", from: 60)
        await validator.holdPruning("fast", from: 400)
        try await validator.prune(upTo: 112)
        let held = try #require(await validator.prunedHeight)
        #expect((20...49).contains(held))
        await validator.holdPruning("slow", from: nil)
        try await validator.prune(upTo: 112)
        #expect(try #require(await validator.prunedHeight) > held)
        try await validator.close()
    }

    @Test("Nothing goes while followers are to come, nor from a short chain")
    func held() async throws {
        let target = PruneMode.automatic(targetBytes: 1)
        var validator = try await open(target) { $0.holdsPruning = true }
        let all = blocks()
        _ = try await validator.submitAll(all)
        #expect(await validator.prunedHeight == nil)
        try await validator.startPruning()
        #expect(await validator.prunedHeight != nil)
        try await validator.close()

        let other = TestChain()
        validator = try await other.open {
            $0.maximumBlockFileSize = 4096
            $0.prune = target
            $0.pruneAfterHeight = 400
        }
        _ = try await validator.submitAll(all)
        #expect(await validator.prunedHeight == nil)
        try await validator.close()
    }

    @Test("A node that prunes by itself stays small, and follows every reorganisation it kept")
    func automatic() async throws {
        // What files grow by until the next look is kept free.
        let target = (17 << 20) + 100_000
        let validator = try await open(.automatic(targetBytes: target))
        let all = blocks()
        _ = try await validator.submitAll(all)
        let height = try #require(await validator.prunedHeight)
        #expect((1...112).contains(height))
        #expect(try await validator.sizeOnDisk() <= 100_000 + 4096)
        let fork = chain.position(after: Array(all[..<150]), from: chain.genesis)
        let branch = chain.busyBlocks(251, onto: fork, tag: 7, spending: Array(all[50..<150]))
        _ = try await validator.submitAll(branch)
        #expect(validator.tip.hash == branch.last?.hash)
        let straight = TestChain()
        let whole = try await straight.open()
        _ = try await whole.submitAll(Array(all[..<150]) + branch)
        #expect(try await ChainState(validator) == ChainState(whole))
        try await whole.close()
        try await validator.close()
    }

    @Test("A pruned block can be taken in again, and leaves with its new file")
    func again() async throws {
        let validator = try await open()
        let all = blocks()
        _ = try await validator.submitAll(all)
        try await validator.prune(upTo: 112)
        let state = try await ChainState(validator)
        #expect(try await validator.submit(block: all[4], force: false) == .ignored)
        #expect(try await validator.submit(block: all[4]) == .stored)
        let info = try #require(await validator.blockInfo(all[4].hash))
        #expect(info.hasData && !info.hasUndo && !info.isPruned)
        #expect(try await validator.block(all[4].hash) == all[4])
        #expect(try await ChainState(validator) == state)
        let height = await validator.prunedHeight
        try await validator.prune(upTo: 112)
        #expect(await validator.prunedHeight == height)
        #expect(try await validator.block(all[4].hash) == all[4])
        try await validator.close()
    }

    @Test("A pruned chain that is read anew from its files begins at genesis")
    func reindex() async throws {
        var validator = try await open()
        let all = blocks()
        _ = try await validator.submitAll(all)
        let state = try await ChainState(validator)
        try await validator.prune(upTo: 112)
        try await validator.close()
        validator = try await open { $0.reindex = .everything }
        #expect(validator.tip.height == 0)
        #expect(try fileNames == ["blk00000.dat", "rev00000.dat"])
        _ = try await validator.submitAll(all)
        #expect(try await ChainState(validator) == state)
        try await validator.close()
    }

    @Test("Coins of a pruned chain are not given up to be made anew of blocks that are gone")
    func refusedReindex() async throws {
        let validator = try await open()
        _ = try await validator.submitAll(blocks())
        let state = try await ChainState(validator)
        try await validator.prune(upTo: 112)
        try await validator.close()
        for mode in [PruneMode.off, .manual] {
            let thrown = await #expect(throws: StorageError.self) {
                _ = try await chain.reopen {
                    $0.prune = mode
                    $0.reindex = .chainstate
                }
            }
            let error = try #require(thrown)
            #expect(error.reason.hasPrefix("You need to rebuild the database using -reindex to go"))
        }
        let again = try await chain.reopen { $0.prune = .manual }
        #expect(try await ChainState(again) == state)
        try await again.close()
    }

    @Test("To invalidate a pruned block is to invalidate the lowest that can be taken back")
    func invalidate() async throws {
        let validator = try await open()
        let all = blocks()
        _ = try await validator.submitAll(all)
        try await validator.prune(upTo: 112)
        let height = try #require(await validator.prunedHeight)
        #expect(try await validator.invalidate(all[5].hash))
        #expect(validator.tip.height == height)
        #expect(try await validator.reconsider(all[height].hash))
        #expect(validator.tip.height == 400)
        try await validator.close()
    }

    @Test("A disk that fails while files are given up leaves a chain that can be gone on with")
    func failedWrites() async throws {
        let all = blocks()
        let other = TestChain()
        let whole = try await other.open()
        _ = try await whole.submitAll(all)
        let state = try await ChainState(whole)
        try await whole.close()
        for count in 0..<4 {
            let chain = TestChain()
            let fault = CountingFault(count: .max)
            var validator: Validator? = try await chain.open(fault: fault.hook) {
                $0.maximumBlockFileSize = 4096
                $0.prune = .manual
            }
            _ = try await validator?.submitAll(all)
            fault.allow(count)
            try? await validator?.prune(upTo: 112)
            validator = nil
            let again = try await chain.reopen { $0.prune = .manual }
            #expect(try await ChainState(again) == state)
            try await again.prune(upTo: 112)
            #expect(try #require(await again.prunedHeight) > 90)
            try await again.close()
        }
    }
}
