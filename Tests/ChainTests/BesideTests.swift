import Chain
import Consensus
import Cryptography
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

/// Blocks that are handed in while others wait are taken in with them: what becomes of them, and what
/// others see, must be as if each had come alone.
@Suite("Blocks judged beside each other") struct BesideTests {
    private let chain = TestChain()

    /// Has some blocks wait together, then asks about each.
    private func take(
        _ blocks: [Block], by validator: Validator, force: Bool = true
    ) async throws -> [BlockReport] {
        let submitted = blocks.map {
            validator.handIn(block: $0, force: force, minimumWorkChecked: true)
        }
        var reports: [BlockReport] = []
        for block in submitted { reports.append(try await validator.report(on: block)) }
        return reports
    }

    private func take(
        _ blocks: [Block], by validator: Validator
    ) async throws -> [BlockOutcome] {
        try await take(blocks, by: validator, force: true).map(\.outcome)
    }

    private func reason(_ outcome: BlockOutcome) -> String? {
        guard case .rejected(let rejection) = outcome else { return nil }
        return rejection.reason
    }

    @Test("More than are taken in at once are all connected, in the order they were handed in")
    func order() async throws {
        let blocks = chain.busyBlocks(150, onto: chain.genesis)
        let validator = try await chain.open()
        let outcomes = try await take(blocks, by: validator)
        #expect(outcomes == Array(repeating: .connected, count: 150))
        #expect(validator.tip.hash == blocks.last?.hash)
        let undisturbed = TestChain()
        let other = try await undisturbed.open()
        _ = try await other.submitAll(blocks)
        #expect(try await ChainState(validator) == ChainState(other))
        #expect(try await take([blocks[7]], by: validator) == [.duplicate])
        try await validator.close()
        try await other.close()
        let again = try await chain.reopen()
        #expect(again.tip.hash == blocks.last?.hash)
        try await again.close()
    }

    @Test(
        "A bad script is held against its block alone, and what stands on it is known to be bad",
        arguments: [0, 1, 5, 11])
    func bad(_ bad: Int) async throws {
        let base = chain.builder.blocks(112, onto: chain.genesis)
        let branch = chain.branch(12, onto: base, bad: bad)
        let validator = try await chain.open()
        _ = try await validator.submitAll(base)
        _ = try await validator.submit(headers: branch.map(\.header))
        let outcomes = try await take(branch, by: validator)
        #expect(outcomes.prefix(bad) == Array(repeating: .connected, count: bad)[...])
        #expect(reason(outcomes[bad])?.hasPrefix("block-script-verify-flag-failed") == true)
        #expect(
            outcomes.dropFirst(bad + 1).allSatisfy { reason($0) == "duplicate-invalid" })
        // Who sent them is told here; nobody is to be told later.
        #expect(await validator.takeInvalidated().isEmpty)

        let undisturbed = TestChain()
        let other = try await undisturbed.open()
        _ = try await other.submitAll(base + branch.prefix(bad))
        #expect(try await ChainState(validator) == ChainState(other))
        try await validator.close()
        try await other.close()
    }

    @Test("A bad block that comes twice is known to be bad the second time")
    func twice() async throws {
        let base = chain.builder.blocks(112, onto: chain.genesis)
        let branch = chain.branch(1, onto: base, bad: 0)
        let validator = try await chain.open()
        _ = try await validator.submitAll(base)
        let outcomes = try await take(branch + branch, by: validator)
        #expect(reason(outcomes[0])?.hasPrefix("block-script-verify-flag-failed") == true)
        #expect(reason(outcomes[1]) == "duplicate-invalid")
        try await validator.close()
    }

    @Test("Nobody sees a block before its scripts have passed")
    func unseen() async throws {
        let base = chain.builder.blocks(112, onto: chain.genesis)
        let branch = chain.branch(12, onto: base, bad: 6)
        let validator = try await chain.open()
        _ = try await validator.submitAll(base)
        let hints = validator.tips()
        let watcher = Task {
            var seen: Set<BlockHash> = []
            for await tip in hints {
                seen.insert(tip.hash)
                if let info = await validator.blockInfo(tip.hash) {
                    #expect(info.isFullyValid)
                }
            }
            return seen
        }
        let reports = try await take(branch, by: validator, force: true)
        #expect(reports.map { $0.info?.isFullyValid == true } == branch.indices.map { $0 < 6 })
        #expect(validator.tip.hash == branch[5].hash)
        try await validator.close()
        let seen = await watcher.value
        #expect(seen.isDisjoint(with: branch.dropFirst(6).map(\.hash)))
    }

    @Test("Last first, all are connected, without those that were not asked for")
    func backwards() async throws {
        let blocks = chain.builder.blocks(12, onto: chain.genesis)
        let validator = try await chain.open()
        _ = try await validator.submit(headers: blocks.map(\.header))
        let outcomes = try await take(blocks.reversed(), by: validator)
        #expect(outcomes == Array(repeating: .connected, count: 12))
        let low = chain.builder.blocks(2, onto: chain.genesis, tag: 5)
        let reports = try await take([low[0]], by: validator, force: false)
        #expect(reports.map(\.outcome) == [.ignored])
        #expect(reports[0].info?.hasData == false)
        try await validator.close()
    }

    @Test("A block that had been kept and turns out bad is told of once, with its record")
    func keptBefore() async throws {
        let base = chain.builder.blocks(112, onto: chain.genesis)
        let branch = chain.branch(3, onto: base, bad: 1)
        let validator = try await chain.open()
        _ = try await validator.submitAll(base)
        _ = try await validator.submit(headers: branch.map(\.header))
        #expect(try await validator.submit(block: branch[1]) == .stored)
        let reports = try await take([branch[0], branch[2]], by: validator, force: true)
        #expect(reports[0].outcome == .connected)
        let told = reports.flatMap(\.invalidated)
        #expect(told.map(\.hash) == [branch[1].hash])
        #expect(told.map(\.info.isInvalid) == [true])
        #expect(await validator.takeInvalidated().isEmpty)
        try await validator.close()
    }

    @Test(
        "In any order and company the chain, the coins and the refusals are those of blocks alone")
    func anyOrder() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let base = chain.builder.blocks(112, onto: chain.genesis)
        for round in 0..<5 {
            let length = Int.random(in: 4...12, using: &random)
            let bad: Int? =
                Bool.random(using: &random) ? Int.random(in: 0..<length, using: &random) : nil
            let tag = UInt64(20 + round)
            let left = chain.branch(length, onto: base, bad: bad, tag: tag)
            let right = chain.builder.blocks(
                Int.random(in: 1...12, using: &random),
                onto: chain.position(after: base, from: chain.genesis), tag: 100 + tag)
            let together = TestChain()
            let alone = TestChain()
            let (one, other) = (try await together.open(), try await alone.open())
            for validator in [one, other] {
                _ = try await validator.submitAll(base)
                for list in [left, right] {
                    _ = try await validator.submit(headers: list.map(\.header))
                }
            }
            var rest = (left + right).shuffled(using: &random)
            var refused: (Set<String>, Set<String>) = ([], [])
            while !rest.isEmpty {
                let some = Array(rest.prefix(Int.random(in: 1...8, using: &random)))
                rest.removeFirst(some.count)
                for report in try await take(some, by: one, force: true) {
                    if let reason = reason(report.outcome) { refused.0.insert(reason) }
                    for found in report.invalidated { refused.0.insert(found.rejection.reason) }
                }
                for block in some {
                    if let reason = reason(try await other.submit(block: block)) {
                        refused.1.insert(reason)
                    }
                }
                for found in await other.takeInvalidated() {
                    refused.1.insert(found.rejection.reason)
                }
            }
            #expect(try await ChainState(one) == ChainState(other), "seed \(seed), round \(round)")
            for block in left + right {
                let (here, there) = (
                    await one.blockInfo(block.hash)?.isInvalid,
                    await other.blockInfo(block.hash)?.isInvalid
                )
                #expect(here == there, "seed \(seed), round \(round)")
            }
            refused.0.remove("duplicate-invalid")
            refused.1.remove("duplicate-invalid")
            #expect(refused.0 == refused.1, "seed \(seed), round \(round)")
            try await one.close()
            try await other.close()
        }
    }

    @Test("When the disk fails, none of those that wait is told anything else")
    func diskFailure() async throws {
        let blocks = chain.builder.blocks(5, onto: chain.genesis)
        let appended = Mutex(0)
        let validator = try await chain.open(
            fault: WriteFault { operation, path in
                guard operation == .append, path.contains("blk") else { return nil }
                return appended.withLock {
                    $0 += 1
                    // The genesis block is the first.
                    return $0 > 3 ? "it is full" : nil
                }
            })
        let submitted = blocks.map {
            validator.handIn(block: $0, force: true, minimumWorkChecked: true)
        }
        for block in submitted {
            await #expect(throws: StorageError.self) { _ = try await validator.report(on: block) }
        }
    }
}
