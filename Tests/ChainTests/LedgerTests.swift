import Chain
import Consensus
import Cryptography
import Genesis
import Keys
import Mining
import Primitives
import Storage
import TestSupport
import Testing

@Suite("The payout ledger beside the chain") struct LedgerTests {
    private let chain = TestChain()

    private func roster() throws -> Roster {
        var definition = RosterDefinition()
        definition.scheme = .init("weights")
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
            var block = template.block(extraNonce: 7)
            while !ProofOfWork.check(
                hash: block.hash, bits: block.header.bits,
                limit: chain.builder.network.consensus.powLimit)
            {
                var header = block.header
                header.nonce += 1
                block = Block(header: header, transactions: Array(block.transactions))
            }
            #expect(try await validator.submit(block: block) == .connected)
        }
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
