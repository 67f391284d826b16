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
}
