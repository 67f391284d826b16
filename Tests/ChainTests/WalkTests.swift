import Chain
import Consensus
import Dispatch
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

/// A place in others' work at which it waits until the test lets it go on.
private final class Gate: Sendable {
    private let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)
    private let state = Mutex((isUsed: false, isOverdue: false))

    /// Waits, the first time; not for ever, so that a test that fails ends.
    func pass() {
        guard
            !state.withLock({ state in
                defer { state.isUsed = true }
                return state.isUsed
            })
        else { return }
        arrived.signal()
        if opened.wait(timeout: .now() + 60) == .timedOut { state.withLock { $0.isOverdue = true } }
    }

    /// Returns once somebody waits.
    func reached() async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                self.arrived.wait()
                continuation.resume()
            }
        }
    }

    func open() { opened.signal() }

    /// Whether nobody opened it in time.
    var isOverdue: Bool { state.withLock { $0.isOverdue } }

    /// Waits before the first write to a path of which the body says so.
    func fault(where isMeant: @escaping @Sendable (String) -> Bool) -> WriteFault {
        WriteFault { operation, path in
            if operation == .truncate || operation == .batch, isMeant(path) { self.pass() }
            return nil
        }
    }
}

@Suite("Walks through the coins beside the chain") struct WalkTests {
    private let chain = TestChain()

    /// Blocks that leave more coins than a walk reads at once, two that go on from there, and three of
    /// a branch.
    private func blocks() -> (base: [Block], more: [Block], branch: [Block]) {
        var base = chain.builder.blocks(105, onto: chain.genesis)
        var plan = ChainBuilder.Plan()
        for block in base[..<2] {
            guard let coinbase = block.transactions.first else { continue }
            let value = coinbase.value(at: 0)
            let spend = chain.builder.spend(
                [OutPoint(txid: coinbase.txid, index: 0)], worth: value, into: 5000)
            plan.transactions.append(spend)
            plan.fees = Amount(
                satoshis: plan.fees.satoshis + value.satoshis - spend.outputValue.satoshis)
        }
        let fork = chain.position(after: base, from: chain.genesis)
        base.append(chain.builder.block(onto: fork, plan))
        let there = chain.position(after: base, from: chain.genesis)
        let sources = Array(base[2..<6])
        return (
            base, chain.busyBlocks(2, onto: there, tag: 1, spending: sources),
            chain.busyBlocks(3, onto: there, tag: 2, spending: sources)
        )
    }

    @Test(
        "A block is taken in while coins are counted, and they are those of the block before",
        arguments: [UTXOHashKind.serialized3, .muhash])
    func counting(_ kind: UTXOHashKind) async throws {
        let (base, more, _) = blocks()
        let validator = try await chain.open()
        _ = try await validator.submitAll(base)
        var before = try await validator.utxoSetInfo(kind)
        #expect(before.outputs > 10_000)
        let gate = Gate()
        let scan = try await validator.scanCoins()
        async let count = scan.count(kind) { _ in
            gate.pass()
            return true
        }
        await gate.reached()
        #expect(try await validator.submitAll(more) == [.connected, .connected])
        try await validator.flush()
        #expect(!gate.isOverdue)
        gate.open()
        var counted = try #require(try await count)
        (before.diskSize, counted.diskSize) = (0, 0)
        #expect(counted == before)
        #expect(try await validator.utxoSetInfo(kind).bestBlock == more[1].hash)
        try await validator.close()
    }

    @Test("A block is taken in while coins are written, and they are those of the block before")
    func dumping() async throws {
        let (base, more, _) = blocks()
        let gate = Gate()
        let path = "\(chain.folder.path)/coins"
        let validator = try await chain.open(fault: gate.fault { $0.hasSuffix(".incomplete") })
        _ = try await validator.submitAll(base)
        let before = try await validator.utxoSetInfo(.serialized3)
        async let dump = validator.dumpCoins(to: path)
        await gate.reached()
        #expect(try await validator.submitAll(more) == [.connected, .connected])
        await #expect(throws: CoinDumpError.exists(path)) {
            try await validator.dumpCoins(to: path)
        }
        #expect(!gate.isOverdue)
        gate.open()
        let written = try await dump
        #expect(written.base == before.bestBlock && written.coinsHash == before.hash)
        #expect(written.coinCount == UInt64(before.outputs))
        try await validator.close()
    }

    @Test("The chain may leave the blocks that are being taken back for a file of coins")
    func rollback() async throws {
        let (base, more, branch) = blocks()
        let gate = Gate()
        let folder = chain.folder.path
        let validator = try await chain.open(fault: gate.fault { $0.contains("temp_utxo") })
        _ = try await validator.submitAll(base)
        let before = try await validator.utxoSetInfo(.serialized3)
        _ = try await validator.submitAll(more)
        async let dump = validator.dumpCoins(to: "\(folder)/coins", at: before.bestBlock)
        await gate.reached()
        _ = try await validator.submitAll(branch)
        #expect(validator.tip.hash == branch[2].hash)
        // A second one to the same height does not meet the first.
        let second = try await validator.dumpCoins(to: "\(folder)/other", at: before.bestBlock)
        #expect(!gate.isOverdue)
        gate.open()
        for written in [second, try await dump] {
            #expect(written.base == before.bestBlock && written.coinsHash == before.hash)
        }
        #expect(!(try System.names(in: folder).contains { $0.hasPrefix("temp_utxo") }))
        try await validator.close()
    }

    @Test("Blocks that are to be taken back are kept from pruning until then")
    func pruning() async throws {
        let gate = Gate()
        let folder = chain.folder.path
        let validator = try await chain.open(fault: gate.fault { $0.contains("temp_utxo") }) {
            $0.prune = .manual
            $0.maximumBlockFileSize = 4096
        }
        let blocks = chain.builder.blocks(420, onto: chain.genesis)
        _ = try await validator.submitAll(blocks)
        let target = blocks[99].hash
        async let dump = validator.dumpCoins(to: "\(folder)/coins", at: target, inMemory: true)
        await gate.reached()
        try await validator.prune(upTo: 130)
        #expect(await validator.blockInfo(height: 30)?.hasData == false)
        #expect(await validator.blockInfo(height: 101)?.hasData == true)
        #expect(!gate.isOverdue)
        gate.open()
        #expect(try await dump.coinCount == 100)
        try await validator.prune(upTo: 130)
        #expect(await validator.blockInfo(height: 101)?.hasData == false)
        await #expect(throws: CoinDumpError.pruned) {
            try await validator.dumpCoins(to: "\(folder)/late", at: target)
        }
        #expect(!(try System.names(in: folder).contains { $0.hasSuffix(".incomplete") }))
        try await validator.close()
    }

    @Test("Who no longer wants the coins gets none, and nothing is left of the file")
    func cancelling() async throws {
        let (base, _, _) = blocks()
        let gate = Gate()
        let folder = chain.folder.path
        let validator = try await chain.open(fault: gate.fault { $0.hasSuffix(".incomplete") })
        _ = try await validator.submitAll(base)
        let task = Task { try await validator.dumpCoins(to: "\(folder)/coins") }
        await gate.reached()
        task.cancel()
        gate.open()
        await #expect(throws: CoinDumpError.self) { try await task.value }
        #expect(!(try System.names(in: folder).contains { $0.hasPrefix("coins") }))
        let counted = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await validator.utxoSetInfo(.muhash)
        }
        await #expect(throws: StorageError.self) { try await counted.value }
        try await validator.close()
    }
}
