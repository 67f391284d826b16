import Cryptography
import Genesis
import MemoryPool
import Mining
import Primitives
import TestSupport
import Testing

/// Shares of made-up templates, for tests.
enum Shares {
    static func template(_ roster: Roster, height: Int = 201, bits: UInt32 = 0x207f_ffff) throws
        -> BlockTemplate
    {
        let context = TemplateContext(
            previous: Hash256(words: (9, 9, 9, 9)), height: height, version: 0x2000_0000,
            bits: bits, minimumTime: 1_700_000_001, medianTimePast: 1_700_000_000,
            time: 1_700_000_600, subsidy: Amount(satoshis: 5_000_000_000), hasWitness: true)
        return try BlockAssembler().assemble(
            Mempool(), onto: context,
            paying: .roster(PayoutPlan(roster: roster, ledger: PayoutLedger())))
    }

    /// A share of that work, found by trying.
    static func proof(
        _ template: BlockTemplate, job: UInt64, name: String, work: UInt64, extraNonce: UInt64
    ) throws -> ShareProof {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: extraNonce >> (8 * $0)) }
        var header = template.header(
            coinbase: template.coinbase(extraNonce: extraNonce), time: 1_700_000_700)
        while UInt256(header.hash) > ShareWork.target(work) { header.nonce += 1 }
        return ShareProof(
            job: job, name: name, worker: "rig", work: work, extraNonce: bytes, header: header)
    }
}

@Suite("Share log") struct ShareLogTests {
    private func entries(_ count: Int) throws -> [ShareEntry] {
        let template = try Shares.template(Rosters.make([3, 2, 1]))
        var entries: [ShareEntry] = [.job(template.shareJob)]
        for number in 1..<count {
            entries.append(
                .share(
                    try Shares.proof(
                        template, job: 0, name: "m\(number % 3)", work: 4,
                        extraNonce: UInt64(number))))
        }
        return entries
    }

    private func read(_ bytes: [UInt8]) throws(ShareChain.Damage) -> [ShareEntry] {
        var chain = ShareChain()
        var reader = ByteReader(bytes.span)
        var entries: [ShareEntry] = []
        while let entry = try chain.read(from: &reader) { entries.append(entry) }
        return entries
    }

    @Test("What is put to the log is read from it again, and ends at the same hash")
    func roundTrip() throws {
        let entries = try entries(20)
        var writing = ShareChain()
        var bytes: [UInt8] = []
        for entry in entries { bytes += writing.append(entry) }
        #expect(try read(bytes) == entries)
        var reading = ShareChain()
        var reader = ByteReader(bytes.span)
        while try reading.read(from: &reader) != nil {}
        #expect(reading == writing)
        #expect(reading.next == 20)
    }

    @Test("A log cut anywhere is torn, or ends where an entry does")
    func torn() throws {
        var chain = ShareChain()
        var bytes: [UInt8] = []
        var ends: Set<Int> = [0]
        for entry in try entries(4) {
            bytes += chain.append(entry)
            ends.insert(bytes.count)
        }
        for count in 0..<bytes.count where !ends.contains(count) {
            #expect(throws: ShareChain.Damage.torn, "cut at \(count)") {
                try read(Array(bytes[..<count]))
            }
        }
    }

    @Test("One flipped bit anywhere is found")
    func flipped() throws {
        var chain = ShareChain()
        var bytes: [UInt8] = []
        for entry in try entries(4) { bytes += chain.append(entry) }
        for place in bytes.indices {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            #expect(throws: ShareChain.Damage.self, "byte \(place)") { try read(damaged) }
        }
    }

    @Test("An entry taken out, or put elsewhere, is found")
    func order() throws {
        var chain = ShareChain()
        let framed = try entries(5).map { chain.append($0) }
        #expect(throws: ShareChain.Damage.broken) {
            try read(framed[0] + framed[1] + framed[3])
        }
        #expect(throws: ShareChain.Damage.broken) {
            try read(framed[0] + framed[2] + framed[1])
        }
    }

    @Test("A share is proven by its job alone: not with more work, another coinbase or nonce")
    func proof() throws {
        let roster = try Rosters.make([3, 2, 1])
        let template = try Shares.template(roster)
        let job = template.shareJob
        let share = try Shares.proof(template, job: 0, name: "m1", work: 64, extraNonce: 77)
        #expect(share.isProven(by: job))
        var other = share
        other.work = .max / 2
        #expect(!other.isProven(by: job))
        other = share
        other.extraNonce[0] ^= 1
        #expect(!other.isProven(by: job))
        var otherJob = job
        otherJob.suffix[10] ^= 1
        #expect(!share.isProven(by: otherJob))
        // It is the very coinbase of the block.
        let whole = job.prefix + share.extraNonce + job.suffix
        #expect(whole == template.coinbase(extraNonce: 77).strippedBytes)
    }

    @Test("The extra nonce stands where the coinbase is cut, at any height")
    func cut() throws {
        let roster = try Rosters.make([1])
        for height in [1, 2, 16, 17, 127, 128, 255, 256, 32_768, 8_388_608, 500_000_000] {
            let template = try Shares.template(roster, height: height)
            let job = template.shareJob
            let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
            #expect(
                job.prefix + bytes + job.suffix
                    == template.coinbase(extraNonce: 0x0807_0605_0403_0201).strippedBytes,
                "height \(height)")
        }
    }

    @Test(
        "The tally's window is that of all shares, whatever falls out of its ring",
        arguments: 0..<20)
    func tally(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let limit = Int.random(in: 1...50, using: &generator)
        var tally = ShareTally(limit: limit)
        var shares: [Share] = []
        for _ in 0..<Int.random(in: 0...120, using: &generator) {
            let share = Share(
                // The last two differ in how the accent is written alone.
                name: ["m0", "m1", "m2", "jos\u{e9}", "jose\u{301}"].randomElement(
                    using: &generator) ?? "",
                work: .random(in: 1...1000, using: &generator))
            shares.append(share)
            tally.add(name: share.name, work: share.work)
        }
        let size = UInt64.random(in: 0...30_000, using: &generator)
        let slow = ShareWindow(Array(shares.suffix(limit)), size: size, root: .max)
        #expect(tally.window(size: size, root: .max) == slow, "seed \(seed)")
        for total in tally.totals {
            let own = shares.suffix(limit).filter { $0.name.utf8.elementsEqual(total.name.utf8) }
            #expect(total.shares == own.count, "seed \(seed)")
            #expect(total.work == own.reduce(0) { $0 + $1.work }, "seed \(seed)")
        }
    }

    @Test("A work's difficulty stands for the same work, and its target holds that part of hashes")
    func work() {
        #expect(ShareWork.work(difficulty: 1) == 4_295_032_833)
        #expect(ShareWork.target(2) == .max >> 1)
        for work in [2, 3, 1000, 1 << 20, 4_295_032_833, 1 << 45] as [UInt64] {
            #expect(ShareWork.work(difficulty: ShareWork.difficulty(work)) == work)
        }
        #expect(ShareWork.work(bits: 0x207f_ffff) == 2)
        #expect(ShareWork.work(bits: 0x1d00_ffff) == 4_295_032_833)
        for difficulty in [-1, 0, .nan, .infinity, 1e300] as [Double] {
            #expect((2 ... .max / 2).contains(ShareWork.work(difficulty: difficulty)))
        }
    }
}

@Suite("Coinbase sizes") struct CoinbaseSizeTests {
    @Test(
        "A coinbase fits its class, and what is not paid is owed",
        arguments: CoinbaseSizeClass.allCases)
    func fits(_ sizeClass: CoinbaseSizeClass) throws {
        let roster = try Rosters.make((1...700).map { Int64($0) }, maxPayees: 600, minPayout: 0)
        let plan = PayoutPlan(roster: roster, ledger: PayoutLedger())
        let whole = try Shares.template(roster, height: 1_000_000)
        var small = plan
        small.sizeClass = sizeClass
        let template = try whole.paying(small)
        let size = template.coinbase(extraNonce: .max).strippedBytes.count
        #expect(size <= sizeClass.rawValue)
        let count = template.outputs.count
        if count < 602 { #expect(size + 31 + 2 > sizeClass.rawValue, "one more would not fit") }
        let split = try #require(template.payout)
        #expect(split.ledgerAfter.accounts.reduce(0) { $0 + $1.balance } == 0)
        let paid = template.outputs.reduce(Int64(0)) { $0 + $1.value.satoshis }
        #expect(paid == whole.coinbaseValue.satoshis)
        // A node that has the roster finds by which class it was paid.
        let judged = PayoutJudgement.judge(
            coinbase: template.coinbase(extraNonce: 5), reward: whole.coinbaseValue,
            previous: whole.context.previous, rosters: [roster], ledger: PayoutLedger())
        #expect(judged == .applied(split))
    }

    @Test("The finder is no part of the commitment where he is paid no bonus")
    func finder() throws {
        let roster = try Rosters.make([3, 2, 1])
        let whole = try Shares.template(roster)
        let named = try whole.paying(
            PayoutPlan(roster: roster, ledger: PayoutLedger(), finder: "m2"))
        #expect(named.payout == whole.payout)
    }

    @Test("A block paid by a share window is judged by the window it commits to")
    func windows() throws {
        let roster = try Rosters.make([1, 1, 1], scheme: .pplns)
        let windows = (0..<5).map { number in
            ShareWindow(
                [Share(name: "m\(number % 3)", work: 5), Share(name: "m0", work: 3)], size: 100,
                root: Hash256(words: (UInt64(number), 0, 0, 0)))
        }
        let whole = try Shares.template(roster)
        let template = try whole.paying(
            PayoutPlan(roster: roster, ledger: PayoutLedger(), shares: windows[2]))
        let previous = whole.context.previous
        func judge(
            _ windows: [ShareWindow], of rosterHash: Hash256? = nil, onto tip: BlockHash? = nil
        ) -> PayoutJudgement {
            PayoutJudgement.judge(
                coinbase: template.coinbase(extraNonce: 1), reward: whole.coinbaseValue,
                previous: previous, rosters: [roster], ledger: PayoutLedger(),
                windows: windows.map {
                    TemplateWindow(
                        $0, rosterHash: rosterHash ?? roster.hash, previous: tip ?? previous)
                })
        }
        #expect(judge(windows) == template.payout.map(PayoutJudgement.applied))
        #expect(judge([windows[0], windows[1]]) == .unrecognised)
        // One made for another block, or another roster, is none of this.
        #expect(judge(windows, onto: roster.hash) == .unrecognised)
        #expect(judge(windows, of: .zero) == .unrecognised)
    }
}
