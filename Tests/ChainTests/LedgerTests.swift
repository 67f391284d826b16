import Chain
import Consensus
import Cryptography
import Genesis
import Keys
import Mining
import Primitives
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("The payout ledger beside the chain") struct LedgerTests {
    private let chain = TestChain()

    private func roster(_ scheme: String = "weights") throws -> Roster {
        var definition = RosterDefinition()
        definition.scheme = .init(scheme)
        for (name, weight) in [("ana", 3), ("beto", 2), ("caro", 2)] {
            var member = RosterDefinition.Member()
            member.name = .init(name)
            member.weight = .init(Int64(weight))
            let program = Hash160.hash(Array(name.utf8).span)
            let address = Address.witnessPubKeyHash(program).text(on: chain.builder.network)
            member.address = .init(address)
            definition.members.append(member)
        }
        return try definition.roster(on: chain.builder.network)
    }

    private func mine(_ validator: Validator, _ count: Int, _ roster: Roster) async throws {
        for _ in 0..<count {
            let plan = PayoutPlan(roster: roster, ledger: PayoutLedger())
            let template = try await validator.blockTemplate(paying: .roster(plan))
            #expect(try await validator.submit(block: solve(template, 7)) == .connected)
        }
    }

    private func solve(_ template: BlockTemplate, _ extraNonce: UInt64) -> Block {
        template.block(extraNonce: extraNonce).solved(on: chain.builder.network)
    }

    /// A template that is paid by a window of ana's and beto's work.
    private func shareTemplate(_ validator: Validator, _ roster: Roster) async throws
        -> BlockTemplate
    {
        var plan = PayoutPlan(roster: roster, ledger: PayoutLedger())
        let template = try await validator.blockTemplate(paying: .roster(plan))
        plan.ledger = try #require(template.payout).ledgerBefore
        let height = UInt64(template.context.height)
        let window = ShareWindow(
            [Share(name: "ana", work: 5 + height), Share(name: "beto", work: 7)], size: .max,
            root: Hash256(words: (height, 1, 2, 3)))
        plan.shares = window
        await validator.remember(
            TemplateWindow(
                window, rosterHash: roster.hash, previous: template.context.previous))
        return try template.paying(plan)
    }

    /// What writes wait for, in order.
    private final class Writes: Sendable {
        let seen = Mutex<[WriteFault.Operation]>([])
        var fault: WriteFault {
            WriteFault { operation, _ in
                self.seen.withLock { $0.append(operation) }
                return nil
            }
        }
    }

    @Test("What a block paid by shares does is on the disk before the block is in the files")
    func durable() async throws {
        let writes = Writes()
        for (scheme, waits) in [("pplns", true), ("weights", false)] {
            let roster = try roster(scheme)
            let validator = try await chain.open(fault: writes.fault) { $0.rosters = [roster] }
            let template =
                waits
                ? try await shareTemplate(validator, roster)
                : try await validator.blockTemplate(
                    paying: .roster(PayoutPlan(roster: roster, ledger: PayoutLedger())))
            let block = solve(template, 7)
            writes.seen.withLock { $0 = [] }
            #expect(try await validator.submit(block: block) == .connected)
            let seen = writes.seen.withLock { $0 }
            #expect(try await validator.payoutChange(of: block.hash) != nil)
            #expect(seen.contains(.synchronousBatch) == waits, "\(scheme): \(seen)")
            if let batch = seen.firstIndex(of: .synchronousBatch) {
                #expect(!seen[..<batch].contains(.append), "\(scheme): \(seen)")
            }
            try await validator.close()
        }
    }

    @Test("A block paid by shares is known after the process ended with it in the files alone")
    func stray() async throws {
        let roster = try roster("pplns")
        let block: Block
        do {
            // The first write to a store after the block is in the files fails, as all later ones.
            let appended = Mutex(false)
            let fault = WriteFault { operation, path in
                appended.withLock { appended in
                    if operation == .append, path.contains("blk") { appended = true }
                    return appended && operation != .append ? "the end" : nil
                }
            }
            let validator = try await chain.open { $0.rosters = [roster] }
            try await validator.close()
            let broken = try await chain.reopen {
                $0.rosters = [roster]
                $0.writeFault = fault
            }
            let template = try await shareTemplate(broken, roster)
            block = solve(template, 7)
            await #expect(throws: StorageError.self) {
                _ = try await broken.submit(block: block)
                try await broken.flush()
            }
        }
        let again = try await chain.reopen { $0.rosters = [roster] }
        #expect(again.tip.hash == block.hash)
        #expect(try await again.ledger() != PayoutLedger())
        #expect(try await again.payoutChange(of: block.hash)?.terms?.shareRoot.isZero == false)
        try await again.close()
    }

    @Test("A block paid by shares that came too late is known when it is the tip after a restart")
    func late() async throws {
        let roster = try roster("pplns")
        let validator = try await chain.open { $0.rosters = [roster] }
        let first = try await shareTemplate(validator, roster)
        #expect(try await validator.submit(block: solve(first, 7)) == .connected)
        let template = try await shareTemplate(validator, roster)
        let before = try await validator.ledger()
        let winner = solve(template, 1)
        let loser = solve(template, 2)
        #expect(try await validator.submit(block: winner) == .connected)
        let ledger = try await validator.ledger()
        #expect(try await validator.submit(block: loser) == .stored)
        // One that takes a satoshi less than it may, and commits to that.
        var poor = template
        var plan = PayoutPlan(roster: roster, ledger: try #require(before))
        plan.shares = ShareWindow(
            [Share(name: "ana", work: 7), Share(name: "beto", work: 7)], size: .max,
            root: Hash256(words: (2, 1, 2, 3)))
        poor = try template.paying(plan)
        let split = try plan.split(
            reward: Amount(satoshis: template.coinbaseValue.satoshis - 1),
            onto: template.context.previous)
        let modest = modestBlock(of: poor, split)
        #expect(try await validator.submit(block: modest) == .stored)
        try await validator.close()

        let again = try await chain.reopen { $0.rosters = [roster] }
        #expect(try await again.ledger() == ledger)
        #expect(try await again.invalidate(winner.hash))
        #expect(again.tip.hash == loser.hash)
        #expect(try await again.ledger() == ledger, "the same split, and not the one before")
        #expect(try await again.ledger() != before)
        #expect(try await again.invalidate(loser.hash))
        #expect(again.tip.hash == modest.hash)
        #expect(try await again.ledger() == before)
        #expect(try await again.payoutChange(of: modest.hash) == nil)
        #expect(try await again.reconsider(winner.hash))
        #expect(try await again.invalidate(modest.hash))
        #expect(again.tip.hash == winner.hash)
        #expect(try await again.ledger() == ledger)
        try await again.close()
    }

    private func modestBlock(of template: BlockTemplate, _ split: PayoutSplit) -> Block {
        var outputs = split.coinbaseOutputs
        if let script = template.witnessCommitment {
            outputs.append(TransactionOutput(value: .zero, script: script))
        }
        let coinbase = Coinbase.transaction(
            height: template.context.height, extraNonce: 3, outputs: outputs, hasWitness: true)
        var header = template.header(coinbase: coinbase, time: UInt32(template.context.time))
        header.solve(on: chain.builder.network)
        return template.block(header: header, coinbase: coinbase)
    }

    @Test("It moves with the blocks that pay by it: forward, back, and through a crash")
    func follows() async throws {
        let roster = try roster()
        var ledgers: [BlockHash: PayoutLedger] = [:]
        do {
            let validator = try await chain.open { $0.rosters = [roster] }
            for _ in 0..<6 {
                try await mine(validator, 1, roster)
                let ledger = try await validator.ledger()
                #expect(ledger != PayoutLedger())
                ledgers[validator.tip.hash] = ledger
            }
            let last = validator.tip.hash
            let third = try #require(await validator.hash(height: 3))
            let fourth = try #require(await validator.hash(height: 4))
            #expect(try await validator.invalidate(fourth))
            #expect(try await validator.ledger() == ledgers[third])
            #expect(try await validator.ledger(at: last) == ledgers[last])
            #expect(try await validator.reconsider(fourth))
            #expect(try await validator.ledger() == ledgers[last])
            // With the coins goes the ledger as of the same block.
            let file = chain.folder.path + "/coins"
            let dump = try await validator.dumpCoins(to: file, at: third)
            let ledgerPath = try #require(dump.ledgerPath)
            let bytes = try #require(try File.contents(of: ledgerPath, limit: 1 << 20))
            let snapshot = try LedgerSnapshot(
                decoding: bytes, networkMagic: chain.builder.network.magic)
            #expect(snapshot.base == third)
            #expect(snapshot.ledger == ledgers[third])
            let genesis = try await validator.ledger(at: chain.genesis.hash)
            #expect(genesis == PayoutLedger())
        }
        // Nobody has named a roster yet when the blocks since the last flush are connected again.
        let again = try await chain.reopen()
        #expect(again.tip.height == 6)
        #expect(try await again.ledger() == ledgers[again.tip.hash])
        try await again.close()
    }

    @Test("It is found as of any block, however far below the blocks that pay by it are")
    func asOf() async throws {
        let roster = try roster()
        let validator = try await chain.open { $0.rosters = [roster] }
        func position() async throws -> ChainBuilder.Position {
            let tip = validator.tip
            return ChainBuilder.Position(hash: tip.hash, height: tip.height, time: tip.time)
        }
        let start = chain.builder.blocks(3, onto: chain.genesis)
        _ = try await validator.submitAll(start)
        try await mine(validator, 2, roster)
        let fork = try await position()
        chain.clock.set(chain.clock.now() + 10_000)
        let long = chain.builder.blocks(130, onto: fork)
        _ = try await validator.submitAll(long)
        try await mine(validator, 1, roster)
        // A branch on which the last payment is another.
        let branch = chain.builder.blocks(132, onto: fork, tag: 5)
        _ = try await validator.submitAll(branch)
        #expect(validator.tip.hash == branch.last?.hash)
        try await mine(validator, 1, roster)
        chain.clock.set(chain.clock.now() + 10_000)
        let above = chain.builder.blocks(101, onto: try await position())
        _ = try await validator.submitAll(above)
        for isFlushed in [false, true] {
            if isFlushed { try await validator.flush() }
            for info in await validator.blockInfos(from: 0, limit: 1000) {
                // The slow way: block by block.
                var expected = PayoutLedger()
                var walk: BlockInfo? = info
                while let here = walk {
                    if let change = try await validator.payoutChange(of: here.hash) {
                        expected = change.after
                        break
                    }
                    walk =
                        here.height == 0
                        ? nil : await validator.blockInfo(here.header.previous)
                }
                #expect(try await validator.ledger(at: info.hash) == expected)
            }
        }
        #expect(try await validator.ledger(at: above[100].hash) != PayoutLedger())
        #expect(try await validator.ledger(at: start[2].hash) == PayoutLedger())
        try await validator.close()
    }
}
