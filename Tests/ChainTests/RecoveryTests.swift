import Chain
import Consensus
import Cryptography
import Genesis
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("After a crash") struct RecoveryTests {
    private let chain = TestChain()

    @Test("A node that was closed starts where it was")
    func restart() async throws {
        let base = chain.builder.blocks(110, onto: chain.genesis)
        let more = chain.busyBlocks(
            10, onto: chain.position(after: base, from: chain.genesis), spending: base)
        var validator = try await chain.open()
        _ = try await validator.submitAll(base + more)
        let before = try await ChainState(validator)
        try await validator.close()
        validator = try await chain.open()
        #expect(validator.tip == before.tip)
        #expect(try await ChainState(validator) == before)
        try await validator.close()
    }

    @Test("A node that was dropped without a flush starts where it was")
    func killed() async throws {
        let base = chain.builder.blocks(110, onto: chain.genesis)
        let fork = chain.position(after: base, from: chain.genesis)
        let left = chain.busyBlocks(5, onto: fork, tag: 1, spending: base)
        let right = chain.busyBlocks(6, onto: fork, tag: 2, spending: base)
        let reference = TestChain()
        let straight = try await reference.open()
        _ = try await straight.submitAll(base + right)
        let expected = try await ChainState(straight)
        try await straight.close()

        for flushAt in [0, 1, 111, 114, 116, 121] {
            let chain = TestChain()
            do {
                let validator = try await chain.open()
                for (number, block) in (base + left + right).enumerated() {
                    _ = try await validator.submit(block: block)
                    if number == flushAt { try await validator.flush() }
                }
                #expect(validator.tip == expected.tip)
                // No close: what was not flushed is lost with the process.
            }
            let again = try await chain.reopen()
            #expect(try await ChainState(again) == expected, "flushed after block \(flushAt)")
            #expect(try await again.verifyChain(level: 4, count: 0) == nil)
            try await again.close()
        }
    }

    @Test(
        "What a killed node left in the files is brought to the disk before anything builds on it")
    func doubtfulFiles() async throws {
        let small: (inout Validator.Configuration) -> Void = { $0.maximumBlockFileSize = 4096 }
        let blocks = chain.builder.blocks(60, onto: chain.genesis)
        do {
            let validator = try await chain.open(small)
            _ = try await validator.submitAll(blocks)
            // No close: nobody has synchronised the files.
        }
        let written = Mutex<[(WriteFault.Operation, String)]>([])
        let watch = WriteFault { operation, path in
            written.withLock { $0.append((operation, path)) }
            return nil
        }
        let again = try await chain.open(fault: watch, small)
        try await again.flush()
        let events = written.withLock(\.self)
        let synchronised = Set(events.filter { $0.0 == .synchronise }.map(\.1))
        for prefix in ["blk", "rev"] {
            for number in 0..<3 {
                #expect(
                    synchronised.contains { $0.hasSuffix("\(prefix)0000\(number).dat") },
                    "\(prefix) \(number) of \(synchronised)")
            }
        }
        try await again.close()
    }

    @Test("A chain that was called invalid is left even if the coins on the disk stand on it")
    func invalidated() async throws {
        let base = chain.builder.blocks(110, onto: chain.genesis)
        let fork = chain.position(after: base, from: chain.genesis)
        let left = chain.busyBlocks(5, onto: fork, tag: 1, spending: base)
        let right = chain.busyBlocks(4, onto: fork, tag: 2, spending: base)
        do {
            let validator = try await chain.open()
            _ = try await validator.submitAll(base + left + right)
            try await validator.flush()
            #expect(validator.tip.hash == left[4].hash)
            #expect(try await validator.invalidate(left[1].hash))
            #expect(validator.tip.hash == right[3].hash)
            // No close: the coins on the disk are still those of the other chain.
        }
        let again = try await chain.reopen()
        #expect(again.tip.hash == right[3].hash)
        #expect(try await again.reconsider(left[1].hash))
        #expect(again.tip.hash == left[4].hash)
        try await again.close()
    }

    @Test("A block whose bytes were lost with the power is fetched again, not judged")
    func lostBlock() async throws {
        let blocks = chain.builder.blocks(10, onto: chain.genesis)
        do {
            let validator = try await chain.open { $0.hidesBlockFiles = false }
            _ = try await validator.submitAll(Array(blocks[..<5]))
            try await validator.flush()
            _ = try await validator.submitAll(Array(blocks[5...]))
        }
        // The last block ends where the file does.
        let path = chain.folder.path + "/blocks/blk00000.dat"
        do {
            let file = try File(path, .writing)
            try file.truncate(to: try file.size() - 10)
        }
        let validator = try await chain.reopen { $0.hidesBlockFiles = false }
        #expect(validator.tip.hash == blocks[8].hash)
        #expect(try await validator.submit(block: blocks[9]) == .connected)
        try await validator.close()
    }

    @Test("Whichever write fails, the node stops, and starts well when the disk is back")
    func everyWrite() async throws {
        let base = chain.builder.blocks(101, onto: chain.genesis)
        let fork = chain.position(after: base, from: chain.genesis)
        let left = chain.busyBlocks(2, onto: fork, tag: 1, spending: base)
        let right = chain.busyBlocks(3, onto: fork, tag: 2, spending: base)
        let reference = TestChain()
        let straight = try await reference.open()
        _ = try await straight.submitAll(base + left + right)
        let expected = try await ChainState(straight)
        try await straight.close()

        var failures = 0
        for number in 0..<200 {
            let chain = TestChain()
            let first = try await chain.open()
            _ = try await first.submitAll(base)
            try await first.close()

            let fault = CountingFault(count: number)
            do {
                let validator = try await chain.open(fault: fault.hook)
                for block in left + right {
                    let outcome = try await validator.submit(block: block)
                    if case .rejected = outcome { Issue.record("write \(number): \(outcome)") }
                    try await validator.flush()
                }
                try await validator.close()
            } catch let error as StorageError {
                #expect(error.reason == "no space")
                failures += 1
            }
            let again = try await chain.reopen()
            for block in left + right { _ = try await again.submit(block: block) }
            #expect(try await ChainState(again) == expected, "write \(number)")
            try await again.close()
            if !fault.hasFailed { break }
        }
        #expect(failures > 20)
    }

    @Test("A validator whose disk failed says so to whoever waits, and answers nothing more")
    func failure() async throws {
        let fault = CountingFault(count: .max)
        let validator = try await chain.open(fault: fault.hook)
        let waiting = Task { try await validator.failure() }
        let blocks = chain.builder.blocks(2, onto: chain.genesis)
        fault.failNow()
        await #expect(throws: StorageError.self) { try await validator.submit(block: blocks[0]) }
        #expect(try await waiting.value.reason == "no space")
        await #expect(throws: StorageError.self) { try await validator.submit(block: blocks[0]) }
        await #expect(throws: StorageError.self) { try await validator.close() }
    }

    @Test("A second node on the folder is refused in Core's words")
    func locked() async throws {
        let validator = try await chain.open()
        await #expect(
            throws: StorageError(
                path: "",
                reason:
                    "Cannot obtain a lock on directory \(chain.folder.path)/blocks. Cellblock is "
                    + "probably already running.")
        ) {
            _ = try await chain.open()
        }
        try await validator.close()
    }

    @Test("Chain and index are built anew from the block files alone")
    func reindex() async throws {
        let base = chain.builder.blocks(110, onto: chain.genesis)
        let more = chain.busyBlocks(
            10, onto: chain.position(after: base, from: chain.genesis), spending: base)
        var validator = try await chain.open { $0.maximumBlockFileSize = 4096 }
        let headers = (base + more).map(\.header)
        _ = try await validator.submit(headers: headers)
        for block in (base + more).reversed() { _ = try await validator.submit(block: block) }
        let before = try await ChainState(validator)
        try await validator.close()
        // A block that is assumed to be valid may come in any file, or not at all.
        let unknown = BlockHash(words: (1, 2, 3, 4))
        var ways: [(kind: Validator.Configuration.Reindex, assumed: BlockHash)] = [
            (.chainstate, .zero)
        ]
        for hash in [.zero, base[40].hash, more[9].hash, unknown] {
            ways.append((.everything, hash))
        }
        for (kind, assumed) in ways {
            validator = try await chain.open {
                $0.reindex = kind
                $0.assumeValid = assumed
            }
            #expect(try await ChainState(validator) == before)
            #expect(try await validator.verifyChain(level: 4, count: 0) == nil)
            try await validator.close()
        }
    }

    @Test("Built anew, scripts below an assumed block two weeks deep are taken on trust, no others")
    func reindexOnTrust() async throws {
        let base = chain.builder.blocks(101, onto: chain.genesis)
        let bad = chain.branch(1, onto: base, bad: 0)
        let position = chain.position(after: base + bad, from: chain.genesis)
        // Two weeks are 2,016 blocks; the last makes it more.
        let above = chain.builder.blocks(2017, onto: position)
        let network = chain.builder.network
        let all = [network.genesis] + base + bad + above
        let blocksPath = chain.folder.path + "/blocks"
        try System.createFolder(blocksPath)
        for (count, assumed, height) in [
            (all.count, bad[0].hash, 2119), (all.count - 1, bad[0].hash, 101),
            (all.count, base[100].hash, 101), (all.count, .zero, 101),
        ] {
            let path = blocksPath + "/blk00000.dat"
            _ = try BlockFile.write(Array(all.prefix(count)), to: path, network)
            let validator = try await chain.open {
                $0.reindex = .everything
                $0.assumeValid = assumed
            }
            #expect(validator.tip.height == height)
            try await validator.close()
        }
    }
}

/// Lets so many writes through, then none.
final class CountingFault: Sendable {
    private let left: Mutex<Int>

    init(count: Int) { left = Mutex(count) }

    var hasFailed: Bool { left.withLock { $0 < 0 } }

    func reset(count: Int) { left.withLock { $0 = count } }

    func failNow() { left.withLock { $0 = 0 } }

    /// Lets so many more writes through.
    func allow(_ count: Int) { left.withLock { $0 = count } }

    var hook: WriteFault {
        WriteFault { _, _ in
            let fails = self.left.withLock { left in
                left = max(-1, left - 1)
                return left < 0
            }
            return fails ? "no space" : nil
        }
    }
}
