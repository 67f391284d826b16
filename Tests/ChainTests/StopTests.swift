import Chain
import Consensus
import Cryptography
import MemoryPool
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

/// A wish to stop that is made once so many have asked for it.
private final class Patience: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    var isOver: Bool { left.withLock { $0 < 0 } }

    var hook: @Sendable () -> Bool {
        {
            self.left.withLock { left in
                if left >= 0 { left -= 1 }
                return left < 0
            }
        }
    }
}

@Suite("A start that is stopped before its end") struct StopTests {
    enum Work: CaseIterable { case reindex, chainstate, load, strays }

    private static let base = TestChain()
    private static let blocks: [Block] = {
        let base = Self.base.builder.blocks(105, onto: Self.base.genesis)
        let fork = Self.base.position(after: base, from: Self.base.genesis)
        return base + Self.base.busyBlocks(25, onto: fork, spending: base)
    }()

    /// A file of the blocks, some of which come before their parents.
    private func file(in folder: String) throws -> String {
        var order = Self.blocks
        for place in stride(from: 3, to: order.count - 1, by: 7) { order.swapAt(place, place + 1) }
        return try BlockFile.write(order, to: folder + "/blocks.dat", Self.base.builder.network)
    }

    /// A folder in which all is done but the work that is to be stopped.
    private func prepare(_ chain: TestChain, _ work: Work) async throws {
        guard work != .load else { return }
        let validator = try await chain.open { $0.maximumBlockFileSize = 4096 }
        _ = try await validator.submitAll(Self.blocks)
        try await validator.close()
        if work == .strays { try System.removeFolder(chain.folder.path + "/chainstate") }
    }

    private func open(
        _ chain: TestChain, _ work: Work, isAsked: Bool = true, _ stop: Patience? = nil
    ) async throws -> Validator? {
        do {
            return try await chain.reopen {
                $0.maximumBlockFileSize = 4096
                $0.checkLevel = 4
                $0.checkBlocks = 0
                switch work {
                case .reindex: $0.reindex = isAsked ? .everything : .nothing
                case .chainstate: $0.reindex = isAsked ? .chainstate : .nothing
                case .load: $0.loadBlocks = (try? file(in: chain.folder.path)).map { [$0] } ?? []
                case .strays: break
                }
                if let stop { $0.isStopping = stop.hook }
            }
        } catch let error as StorageError where error == Validator.closing {
            return nil
        }
    }

    @Test(
        "Wherever it is stopped, the next start goes on from there, and comes to the same end",
        arguments: Work.allCases)
    func anywhere(_ work: Work) async throws {
        let plain = TestChain()
        let undisturbed = try await plain.open()
        _ = try await undisturbed.submitAll(Self.blocks)
        let expected = try await ChainState(undisturbed)
        try await undisturbed.close()
        var count = 0
        var isStopped = true
        while isStopped {
            let chain = TestChain()
            try await prepare(chain, work)
            for step in 0..<4 {
                let stop = Patience(count)
                try await open(chain, work, isAsked: step == 0, stop)?.close()
                isStopped = stop.isOver
                guard isStopped else { break }
            }
            let last = try #require(try await open(chain, work, isAsked: false))
            #expect(try await ChainState(last) == expected, "stopped after \(count)")
            #expect(try await last.verifyChain(level: 4, count: 0) == nil)
            try await last.close()
            count = count * 8 / 5 + 1
        }
        #expect(count > 100)
    }

    @Test("A reindex that was stopped reads no file again that it was through with")
    func resumption() async throws {
        let chain = TestChain()
        try await prepare(chain, .reindex)
        let stop = Patience(240)
        let (told, again) = (Lines(), Lines())
        func open(_ lines: Lines, _ configure: (inout Validator.Configuration) -> Void) async throws
            -> Validator
        {
            var configuration = Validator.Configuration(
                network: chain.builder.network, directory: chain.folder.path)
            configuration.maximumBlockFileSize = 4096
            configure(&configuration)
            return try await Validator.open(configuration, clock: chain.clock) { lines.add($0) }
        }
        let first = try await open(told) {
            $0.reindex = .everything
            $0.isStopping = stop.hook
        }
        #expect(stop.isOver && first.tip.height > 10 && first.tip.height < 130)
        try await first.close()
        let second = try await open(again) { _ in }
        #expect(second.tip.hash == Self.blocks.last?.hash)
        try await second.close()
        let (before, after) = (told.files, again.files)
        #expect(before.count > 2 && after.count > 2)
        // The one it was stopped in is all that they have in common.
        #expect(Set(before).intersection(after).count == 1)
    }

    @Test("What was in the mempool outlives a start that was stopped before reading it")
    func mempool() async throws {
        let chain = TestChain()
        let validator = try await chain.open()
        _ = try await validator.submitAll(Self.blocks)
        let coinbase = try #require(Self.blocks[28].transactions.first)
        let spend = chain.builder.spend(
            [OutPoint(txid: coinbase.txid, index: 0)], worth: coinbase.value(at: 0))
        _ = try await validator.submit(transaction: spend)
        #expect(await validator.mempool { $0.count } == 1)
        try await validator.close()
        for count in [0, 1, 5, 150, 200, 300, 400] {
            let stop = Patience(count)
            try await open(chain, .strays, stop)?.close()
        }
        let again = try await chain.reopen()
        #expect(await again.mempool { $0.count } == 1)
        try await again.close()
    }

    @Test("At the height to stop at, nothing further is connected, whatever brings the blocks")
    func stopHeight() async throws {
        for work in [Work.load, .reindex, .chainstate, .strays] {
            let chain = TestChain()
            try await prepare(chain, work)
            let stopped = try await chain.reopen {
                $0.maximumBlockFileSize = 4096
                $0.stopHeight = 57
                switch work {
                case .reindex: $0.reindex = .everything
                case .chainstate: $0.reindex = .chainstate
                default:
                    $0.loadBlocks = (try? file(in: chain.folder.path)).map { [$0] } ?? []
                }
            }
            #expect(stopped.hasReachedStopHeight)
            #expect(stopped.tip.height == 57, "\(work)")
            try await stopped.close()
            // A start at that height goes no further either.
            let atOnce = try await chain.reopen {
                $0.maximumBlockFileSize = 4096
                $0.stopHeight = 50
            }
            #expect(atOnce.hasReachedStopHeight && atOnce.tip.height == 57)
            try await atOnce.close()
            let again = try #require(try await open(chain, work, isAsked: false))
            #expect(again.tip.height == Self.blocks.count, "\(work)")
            #expect(!again.hasReachedStopHeight)
            try await again.close()
        }
        let chain = TestChain()
        let validator = try await chain.open { $0.stopHeight = 57 }
        _ = try await validator.submitAll(Self.blocks)
        #expect(validator.tip.height == 57 && validator.hasReachedStopHeight)
        try await validator.close()
    }

    @Test("Blocks are not taken back further once the node is to stop")
    func invalidating() async throws {
        let chain = TestChain()
        let stop = Mutex(false)
        let validator = try await chain.open {
            $0.isStopping = { stop.withLock { $0 } }
        }
        _ = try await validator.submitAll(Self.blocks)
        stop.withLock { $0 = true }
        #expect(try await validator.invalidate(Self.blocks[9].hash))
        #expect(validator.tip.height == Self.blocks.count)
        #expect(await validator.blockInfo(Self.blocks[9].hash)?.isInvalid == false)
        stop.withLock { $0 = false }
        #expect(try await validator.invalidate(Self.blocks[9].hash))
        #expect(validator.tip.height == 9)
        // Genesis stays, as with Core.
        #expect(try await validator.invalidate(Self.base.genesis.hash))
        #expect(validator.tip.height == 9)
        try await validator.close()
    }
}

/// What a start tells.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    /// The block files that were read anew.
    var files: [String] { lines.withLock { $0.filter { $0.hasPrefix("Reindexing block file") } } }
}
