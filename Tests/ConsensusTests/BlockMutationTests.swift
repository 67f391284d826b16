import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

/// Real blocks, each changed in one place: by someone on the way, whom the commitments give away,
/// or by its miner, who makes them good, so that the deeper rule is what speaks.
@Suite("Real blocks changed in one place", .enabled(if: Vectors.isPresent, Vectors.hint))
struct BlockMutationTests {
    /// Judges changes, and gives how many there were of each name: refused, and let pass.
    private func judge(
        _ changes: [BlockMutation], of real: RealBlock, into counts: inout [String: (Int, Int)]
    ) {
        for change in changes {
            let reason = real.reason(change.block, spending: change.coins, leaving: change.leaving)
            #expect(reason == change.reason, "\(real.file): \(change.name)")
            if change.reason == nil {
                counts[change.name, default: (0, 0)].1 += 1
            } else {
                counts[change.name, default: (0, 0)].0 += 1
            }
        }
    }

    /// Holds that each name was tried so often at least: refused, and let pass.
    private func expect(
        _ counts: [String: (Int, Int)], atLeast least: [String: (Int, Int)],
        _ location: SourceLocation = #_sourceLocation
    ) {
        for (name, least) in least {
            let count = counts[name] ?? (0, 0)
            #expect(
                count.0 >= least.0 && count.1 >= least.1, "\(name): \(count)",
                sourceLocation: location)
        }
        // None is made that nobody counts.
        #expect(Set(counts.keys) == Set(least.keys), sourceLocation: location)
    }

    @Test("With nothing changed each is valid, to the fees and the filter")
    func unchanged() throws {
        let filters = try Vectors.rows("blocks/bip158_basic_filters.json")
        let all = try RealBlock.all()
        var (withCoins, inputs) = (0, 0)
        for real in all {
            let connection = try real.judge(real.block)
            guard let coins = real.coins else { continue }
            let found = try #require(connection)
            withCoins += 1
            inputs += found.checks.count
            #expect(found.checks.count == coins.count)
            #expect(try found.fees.satoshis == real.row.member("fees").integer())
            #expect(found.sigOpCost <= ConsensusLimits.maximumSigOpCost)
            let coinbase = real.block.transactions[0].outputValue.satoshis
            #expect(try coinbase == real.row.member("coinbase_value").integer())

            let row = try #require(filters.first { $0["file"]?.stringValue == real.file })
            let filter = BlockFilter(of: real.block, spentScripts: coins.map(\.output.script))
            #expect(try filter.bytes == row.member("filter_hex").bytes())
            #expect(try filter.hash.displayHex == row.member("filter_hash").text())
        }
        #expect(filters.count == 12)
        #if DEBUG
            #expect((all.count, withCoins) == (9, 7))
            #expect(inputs == 2643)
        #else
            #expect((all.count, withCoins) == (17, 12))
            #expect(inputs == 43_099)
        #endif
    }

    @Test("Each of the 640 bits of a header counts: for the proof of work, and for what it says")
    func headers() throws {
        var reasons: [String: Int] = [:]
        let all = try RealBlock.all()
        for real in all {
            let bits = real.headerBits()
            #expect(bits.count == 640)
            for (bit, block, reason) in bits {
                #expect(real.reason(block) == "high-hash", "\(real.file) bit \(bit)")
                // A bit of the parent's hash leads to another parent, which is looked for first.
                if (32..<288).contains(bit) {
                    var index = real.index
                    #expect(throws: HeaderError.missingParent) {
                        try index.acceptUnmined(block.header, in: real.network)
                    }
                    continue
                }
                // The rest of the block is the same for all of them.
                if real.block.totalSize > 30_000, bit % 8 != 0 { continue }
                let given = real.reason(block, leaving: [.proofOfWork, .scripts])
                #expect(given == reason, "\(real.file) bit \(bit)")
                reasons[reason ?? "", default: 0] += 1
            }
        }
        for reason in ["", "bad-txnmrklroot", "bad-diffbits", "time-too-old", "time-too-new"] {
            #expect(reasons[reason, default: 0] >= 8, "\(reason)")
        }
        #expect(reasons.keys.contains { $0.hasPrefix("bad-version(0x") })
    }

    @Test("What is changed behind a mined header is found by its commitments")
    func behindHeader() throws {
        var counts: [String: (Int, Int)] = [:]
        for real in try RealBlock.all() {
            judge(real.changesBehindHeader(), of: real, into: &counts)
        }
        expect(
            counts,
            atLeast: [
                "coinbase missing": (9, 0), "coinbase raised": (9, 0), "last dropped": (8, 0),
                "coinbase last": (8, 0), "last doubled": (4, 0), "last doubled, unseen": (3, 0),
                "coinbase doubled": (1, 0), "two swapped": (6, 0),
                "unexpected witness": (8, 0), "witness nonce size": (4, 0),
                "witness nonce flipped": (1, 0), "witness stripped": (1, 0),
                "witness item more": (1, 0),
            ])
    }

    @Test("What a miner changes and commits to anew breaks the one rule that it breaks")
    func repaired() throws {
        var counts: [String: (Int, Int)] = [:]
        for real in try RealBlock.all() {
            let connection = try real.judge(real.block, leaving: .scripts)
            judge(real.changesOfShape(), of: real, into: &counts)
            judge(real.changesOfCoinbase(), of: real, into: &counts)
            judge(real.changesOfCommitment(), of: real, into: &counts)
            judge(real.changesOfSigOps(cost: connection?.sigOpCost), of: real, into: &counts)
            judge(real.changesOfSize(), of: real, into: &counts)
            judge(real.changesOfTransactions(), of: real, into: &counts)
            judge(real.changesOfCoins(fees: connection?.fees ?? .zero), of: real, into: &counts)
        }
        expect(
            counts,
            atLeast: [
                "no transactions": (9, 0), "unchanged": (0, 9), "coinbase twice": (9, 0),
                "coinbase missing": (8, 0), "coinbase last": (8, 0),
                "coinbase script length": (18, 18), "coinbase height": (4, 3),
                "coinbase without outputs": (9, 0), "coinbase output negative": (18, 0),
                "coinbase output too large": (18, 0), "coinbase outputs too large": (9, 0),
                "commitment missing": (1, 0), "commitment wrong": (1, 0),
                "commitment extra": (1, 1), "commitment short": (1, 0), "commitment longer": (0, 1),
                "signature operations": (3, 8), "signature operation cost": (1, 0),
                "stripped size": (7, 7), "weight": (1, 1),
                "transaction without outputs": (8, 0), "transaction output negative": (16, 0),
                "transaction output too large": (16, 0), "transaction outputs too large": (8, 0),
                "input twice in a transaction": (8, 0), "input of no coin": (8, 0),
                "lock time": (16, 24), "coinbase amount": (6, 6), "last dropped": (4, 0),
                "outputs raised": (6, 6), "coin twice in the block": (6, 0),
                "spend before what it spends": (1, 0), "two swapped": (0, 4),
                "coin missing": (12, 0), "coinbase spent early": (12, 12),
                "coin of too much": (12, 0), "relative lock": (1, 18),
            ])
    }
}

extension BlockIndex {
    /// Takes a header in as `accept` does, without asking for proof of work.
    fileprivate mutating func acceptUnmined(
        _ header: BlockHeader, in network: Network
    ) throws(HeaderError) {
        guard let parent = find(header.previous) else { throw .missingParent }
        try check(header, onto: parent, in: network, at: Int64(header.time))
    }
}
