import Consensus
import Cryptography
import Genesis
import Mining
import Notation
import Primitives
import TestSupport
import Testing

/// A client by hand, for tests: it says things and keeps what it is answered.
private struct Client {
    var session: StratumSession
    var now: Duration = .seconds(1000)
    var template: BlockTemplate
    /// Lines that were sent, read.
    var lines: [JSON] = []
    var shares: [StratumShare] = []
    var closed: String?
    private var jobNumber: UInt64 = 0

    init(bits: UInt32 = 0x1d00_ffff, startWork: UInt64 = 4, settings: StratumSettings? = nil) throws
    {
        let roster = try Rosters.make([3, 2, 1])
        template = try Shares.template(roster, bits: bits)
        session = StratumSession(
            number: 0x0102_0304,
            settings: settings
                ?? StratumSettings(names: ["m0", "m1", "m2"], startWork: startWork),
            secret: Hash256(words: (1, 2, 3, 4)), at: now)
    }

    mutating func say(_ text: String) { take(session.receive(Array(text.utf8), at: now)) }

    mutating func ask(_ method: String, _ parameters: JSON = []) -> JSON {
        let before = lines.count
        let request: JSON = ["id": 7, "method": .string(method), "params": parameters]
        say(request.text(indent: 0))
        return lines.dropFirst(before).first { $0["id"] == 7 } ?? .null
    }

    mutating func take(_ actions: [StratumSession.Action]) {
        for action in actions {
            switch action {
            case .send(let bytes):
                for line in bytes.split(separator: 0x0a) {
                    lines.append((try? JSON(parsing: Array(line))) ?? .null)
                }
            case .accept(let share): shares.append(share)
            case .needsJob: offer()
            case .close(let reason): closed = reason
            }
        }
    }

    mutating func offer() {
        jobNumber += 1
        take(session.offer(StratumJob(number: jobNumber, template: template), at: now))
    }

    mutating func logIn(_ user: String = "m1.rig", _ password: String = "x") {
        _ = ask("mining.subscribe", ["test/1.0"])
        _ = ask("mining.authorize", [.string(user), .string(password)])
    }

    var notices: [JSON] { lines.filter { $0["method"]?.stringValue == "mining.notify" } }
    var difficulties: [Double] {
        lines.filter { $0["method"]?.stringValue == "mining.set_difficulty" }
            .compactMap { $0["params"]?[0]?.double }
    }
    /// The hashes that those stand for: what was told may differ in its last digit.
    var works: [UInt64] { difficulties.map { ShareWork.work(difficulty: $0) } }
    var job: String { notices.last?["params"]?[0]?.stringValue ?? "" }

    /// The header of a job as the client was told it, its nonce still zero.
    func header(job: String, extra: String = "00000000") -> BlockHeader {
        let told = notices.last { $0["params"]?[0]?.stringValue == job }?["params"]
        let parts = ShareJob(
            prefix: Hex.decode(told?[2]?.stringValue ?? "") ?? [],
            suffix: Hex.decode(told?[3]?.stringValue ?? "") ?? [],
            branch: template.shareJob.branch)
        var header = template.header(coinbase: template.coinbase(), time: 1_700_000_601)
        header.merkleRoot = parts.merkleRoot(
            extraNonce: [1, 2, 3, 4] + (Hex.decode(extra) ?? []))
        return header
    }

    /// Looks for a nonce whose hash lies between two targets, and says its share.
    mutating func submit(
        work: UInt64, harderThan limit: UInt64 = .max / 2, extra: String = "00000000",
        job: String? = nil, user: String = "m1.rig", version: String? = nil, from start: UInt32 = 0
    ) -> JSON {
        var header = header(job: job ?? self.job, extra: extra)
        if let version, let bits = UInt32(version, radix: 16) {
            header.version = Int32(bitPattern: UInt32(bitPattern: header.version) | bits)
        }
        header.nonce = start
        while UInt256(header.hash) > ShareWork.target(work)
            || UInt256(header.hash) <= ShareWork.target(limit)
        { header.nonce += 1 }
        return hand(
            in: header.nonce, extra: extra, job: job ?? self.job, user: user, version: version)
    }

    /// Says a share, whether it is one or not.
    mutating func hand(
        in nonce: UInt32, extra: String = "00000000", job: String, user: String = "m1.rig",
        version: String? = nil
    ) -> JSON {
        var parameters: [JSON] = [
            .string(user), .string(job), .string(extra), "6553f359",
            .string(Hex.encode((0..<4).map { UInt8(truncatingIfNeeded: nonce >> (24 - 8 * $0)) })),
        ]
        if let version { parameters.append(.string(version)) }
        return ask("mining.submit", .array(parameters))
    }
}

extension JSON {
    fileprivate var code: Int64? { self["error"]?[0]?.int }
}

@Suite("Stratum sessions") struct StratumTests {
    @Test("A client subscribes, logs in, is told a difficulty and a job, and its share counts")
    func whole() throws {
        var client = try Client()
        let subscription = client.ask("mining.subscribe", ["cpuminer/2.5.1"])
        #expect(subscription["result"]?[1] == "01020304")
        #expect(subscription["result"]?[2] == 4)
        #expect(client.ask("mining.authorize", ["m1.rig", "x"])["result"] == true)
        #expect(client.works == [4])
        #expect(client.notices.count == 1)
        #expect(client.notices[0]["params"]?[8] == true)
        #expect(client.submit(work: 4)["result"] == true)
        let share = try #require(client.shares.first)
        #expect(share.name == "m1" && share.worker == "rig" && share.work == 4 && !share.isBlock)
        #expect(
            ShareProof(
                job: 0, name: "m1", worker: "rig", work: 4, extraNonce: share.extraNonce,
                header: share.header
            ).isProven(by: share.job.share))
    }

    @Test("A share that is a block gives the block, its proof and roots right")
    func block() throws {
        var client = try Client(bits: 0x207f_ffff, startWork: 1 << 30)
        client.logIn()
        #expect(
            client.works == [2], "no share is harder than the block")
        #expect(client.submit(work: 4)["result"] == true)
        let share = try #require(client.shares.first)
        #expect(share.isBlock)
        #expect(throws: Never.self) { try share.block.check(in: .regtest) }
        #expect(share.block.header == share.header)
    }

    @Test("Each refusal has its number")
    func refusals() throws {
        var client = try Client()
        #expect(client.submit(work: 4).code == 25)
        client.logIn()
        #expect(client.submit(work: 4, job: "ffff").code == 21)
        #expect(client.submit(work: 4, user: "m2").code == 24)
        #expect(client.submit(work: 4)["result"] == true)
        #expect(client.submit(work: 4).code == 22)
        #expect(client.submit(work: 1, harderThan: 4, extra: "00000001").code == 23)
        #expect(client.submit(work: 4, extra: "000000").code == 20)
        #expect(client.ask("mining.submit", ["m1.rig"]).code == 20)
        #expect(client.ask("mining.nonsense").code == 20)
        #expect(
            client.ask(
                "mining.submit",
                ["m1.rig", .string(client.job), "00000000", "00000001", "00000000"]
            ).code == 20)
        #expect(client.ask("mining.authorize", ["nobody", "x"]).code == 24)
        #expect(client.session.counts.accepted == 1)
        #expect(client.session.counts.duplicate == 1)
        #expect(client.session.counts.low == 1)
        #expect(client.session.counts.stale == 1)
        #expect(client.closed == nil)
    }

    @Test("A new tip makes old jobs stale; a better template for the same tip does not")
    func jobs() throws {
        var client = try Client()
        client.logIn()
        let first = client.job
        client.offer()
        #expect(client.notices.last?["params"]?[8] == false)
        #expect(client.submit(work: 4, job: first)["result"] == true)
        #expect(client.submit(work: 4, job: first).code == 22)
        // Under the other job's name it is another header, though the coinbase pays the same.
        #expect(client.header(job: first) != client.header(job: client.job))
        #expect(client.submit(work: 4)["result"] == true)
        let old = client.template
        client.template = try Shares.template(Rosters.make([3, 2, 1]), height: 202)
        var moved = old.context
        moved.previous = Hash256(words: (8, 8, 8, 8))
        client.template = try movedTemplate(moved)
        client.offer()
        #expect(client.notices.last?["params"]?[8] == true)
        #expect(client.submit(work: 4, job: first).code == 21)
        #expect(client.submit(work: 4)["result"] == true)
    }

    @Test(
        "A job is told just after its difficulty, and a share of it has that, whatever came later")
    func order() throws {
        var client = try Client()
        client.logIn()
        let first = client.job
        // Harder from the next job on, which is of the same tip.
        #expect(
            client.ask("mining.suggest_difficulty", [.double(ShareWork.difficulty(64))])["result"]
                == true)
        let second = client.job
        var moved = client.template.context
        moved.previous = Hash256(words: (8, 8, 8, 8))
        #expect(client.submit(work: 4, harderThan: 64, job: first)["result"] == true)
        #expect(client.submit(work: 4, harderThan: 64, extra: "00000001", job: second).code == 23)
        #expect(client.submit(work: 64, extra: "00000002", job: second)["result"] == true)
        #expect(client.shares.map(\.work) == [4, 64])
        // Then another tip, and easier again with it.
        client.template = try movedTemplate(moved)
        client.offer()
        _ = client.ask("mining.suggest_difficulty", [.double(ShareWork.difficulty(8))])
        #expect(client.submit(work: 64, job: second).code == 21)
        #expect(client.submit(work: 8, harderThan: 64, extra: "00000003")["result"] == true)
        #expect(client.shares.last?.work == 8)
        let told = client.lines.compactMap { line -> String? in
            switch line["method"]?.stringValue {
            case "mining.set_difficulty":
                return "\(ShareWork.work(difficulty: line["params"]?[0]?.double ?? 0))"
            case "mining.notify": return line["params"]?[8] == true ? "new" : "same"
            default: return nil
            }
        }
        #expect(told == ["4", "new", "64", "same", "new", "8", "same"])
    }

    @Test(
        "No hash counts for more than it was searched for, whatever difficulties are asked meanwhile")
    func games() throws {
        var client = try Client(startWork: 8)
        client.logIn()
        let works: [UInt64] = [8, 16, 32, 64, 128, 256]
        var jobs = [client.job]
        for work in works.dropFirst() {
            _ = client.ask("mining.suggest_difficulty", [.double(ShareWork.difficulty(work))])
            jobs.append(client.job)
        }
        #expect(client.works == works, "each is told, and given at once")
        // All are of one template. Each hash is handed in for the most it can stand for.
        let headers = jobs.map { client.header(job: $0) }
        let targets = works.map { ShareWork.target($0) }
        let count: UInt32 = 1 << 12
        for nonce in 0..<count {
            var header = headers[0]
            header.nonce = nonce
            let hash = UInt256(header.hash)
            guard let place = targets.lastIndex(where: { hash <= $0 }) else { continue }
            _ = client.hand(in: nonce, job: jobs[place])
            client.now += .milliseconds(5)
        }
        #expect(client.closed == nil)
        let credited = client.shares.reduce(0) { $0 + $1.work }
        #expect(credited < UInt64(count) * 5 / 4, "\(credited) for \(count) hashes")
    }

    @Test("Two clients' jobs, and two of one client, share no header that either could know before")
    func sequences() throws {
        var seen: Set<Hash256> = []
        for secret in 1...3 as ClosedRange<UInt64> {
            var client = try Client()
            client.session = StratumSession(
                number: 0x0102_0304, settings: client.session.settings,
                secret: Hash256(words: (secret, 0, 0, 0)), at: client.now)
            client.logIn()
            for _ in 0..<20 {
                client.offer()
                #expect(seen.insert(client.header(job: client.job).merkleRoot).inserted)
                let suffix = client.notices.last?["params"]?[3]?.stringValue ?? ""
                let sequence = Array((Hex.decode(suffix) ?? []).prefix(4))
                #expect(sequence[3] & 0x80 != 0, "no relative lock time")
                #expect(sequence != [0xff, 0xff, 0xff, 0xff], "a lock time that counts")
            }
        }
        #expect(StratumSession.randomSecret() != StratumSession.randomSecret())
    }

    private func movedTemplate(_ context: TemplateContext) throws -> BlockTemplate {
        try BlockAssembler().assemble(
            exactly: [], onto: context,
            paying: .roster(PayoutPlan(roster: Rosters.make([3, 2, 1]), ledger: PayoutLedger())))
    }

    @Test("Version bits may roll within the mask that was agreed upon, and not outside")
    func versions() throws {
        var client = try Client()
        let answer = client.ask(
            "mining.configure",
            [
                ["version-rolling", "minimum-difficulty", "no-such-thing"],
                [
                    "version-rolling.mask": "00ffe000", "version-rolling.min-bit-count": 2,
                    "minimum-difficulty.value": .double(0.000001),
                ],
            ])
        #expect(answer["result"]?["version-rolling"] == true)
        #expect(answer["result"]?["version-rolling.mask"] == "00ffe000")
        #expect(answer["result"]?["minimum-difficulty"] == true)
        #expect(answer["result"]?["no-such-thing"] == false)
        client.logIn()
        #expect(client.works == [4295])
        #expect(client.submit(work: 4295, version: "00802000")["result"] == true)
        #expect(client.submit(work: 4295, version: "00000001").code == 20)
        #expect(client.submit(work: 4295, version: "1fffe000").code == 20)
    }

    @Test("Who finds shares too fast is given harder ones, who finds none easier ones")
    func retargeting() throws {
        var client = try Client(startWork: 1 << 10)
        client.logIn()
        for number in 0..<32 {
            client.now += .milliseconds(10)
            let digits = String(number, radix: 16)
            let extra = String(repeating: "0", count: 8 - digits.count) + digits
            _ = client.submit(work: 1 << 10, extra: extra)
        }
        #expect(client.shares.count == 32)
        let harder = try #require(client.difficulties.last)
        // 32 shares of 1024 hashes in 0.32 s are 102,400 hashes a second: 512,000 in five.
        #expect(abs(harder / ShareWork.difficulty(512_000) - 1) < 0.1)
        for _ in 0..<20 {
            client.now += .seconds(10)
            client.take(client.session.tick(at: client.now))
        }
        #expect(try #require(client.difficulties.last) < harder / 16)
        #expect(client.session.hashesPerSecond(at: client.now) > 0)
    }

    @Test("What the client suggests is what it gets, down to far below one")
    func suggestions() throws {
        var client = try Client()
        _ = client.ask("mining.subscribe")
        #expect(client.ask("mining.suggest_difficulty", [.double(0.00001)])["result"] == true)
        _ = client.ask("mining.authorize", ["m0"])
        #expect(client.difficulties.count == 1)
        #expect(abs((client.difficulties.last ?? 0) / 0.00001 - 1) < 1e-4)
        #expect(client.ask("mining.suggest_difficulty", ["x"]).code == 20)
        #expect(client.ask("mining.suggest_difficulty", [.double(0.5)])["result"] == true)
        #expect(abs((client.difficulties.last ?? 0) - 0.5) < 1e-9)
        #expect(client.ask("mining.extranonce.subscribe")["result"] == true)
    }

    @Test(
        "Where a window is paid by, no share counts that is so small that a million push others out",
        arguments: [UInt32(0x1d00_ffff), 0x1b00_ffff, 0x207f_ffff])
    func smallShares(_ bits: UInt32) throws {
        var settings = StratumSettings(names: ["m0", "m1", "m2"], startWork: 4)
        settings.windowFactor = 4
        var client = try Client(bits: bits, settings: settings)
        client.logIn("m1.rig", "d=0.000000001")
        let window = ShareTally.windowSize(bits: bits, factor: 4)
        let block = ShareWork.work(bits: bits)
        let least = min(max(ShareTally.leastWork(bits: bits, factor: 4), 2), block)
        #expect(
            least.multipliedReportingOverflow(by: UInt64(ShareTally.limit)).partialValue >= window)
        // A slow device is told what it can find.
        let told = min(4, block)
        #expect(client.works.last == told)
        if least > told {
            #expect(client.submit(work: told, harderThan: least)["result"] == true)
            #expect(client.shares.isEmpty)
            #expect(client.session.counts.accepted == 1)
            #expect(client.session.counts.work == told)
            #expect(client.submit(work: told, harderThan: least).code == 22, "seen before")
        }
        if least < 1 << 20 {
            #expect(client.submit(work: least)["result"] == true)
            #expect(client.shares.map(\.work) == [least])
            #expect(client.session.counts.work == (least > told ? 2 * told : told))
            let share = try #require(client.shares.first)
            #expect(share.credit.proof(job: 1).isProven(by: share.job.share))
        }
        // Who is told more than the least is credited for that.
        #expect(client.ask("mining.suggest_difficulty", [.double(1e9)])["result"] == true)
        #expect(client.works.last == min(ShareWork.work(difficulty: 1e9), block))
        // Other schemes take what they are told.
        settings.windowFactor = nil
        client = try Client(bits: bits, settings: settings)
        client.logIn("m1.rig", "d=0.000000001")
        #expect(client.works.last == told)
        #expect(client.submit(work: told)["result"] == true)
        #expect(client.shares.map(\.work) == [told])
    }

    @Test("What slow devices are credited for is what they worked, in the long run")
    func fairness() throws {
        let bits: UInt32 = 0x1f00_ffff
        var settings = StratumSettings(names: ["m1"], startWork: 4)
        // A share counts for 64 times what this one is told.
        settings.windowFactor = Int(
            256 * UInt64(ShareTally.limit) / ShareWork.work(bits: bits))
        var client = try Client(bits: bits, settings: settings)
        client.logIn("m1.rig", "d=0.000000001")
        let told = try #require(client.works.last)
        for number in 0..<4000 {
            let answer = client.submit(work: told, from: UInt32(number) << 16)
            #expect(answer["result"] == true)
            client.now += .seconds(5)
            if client.works.last != told { break }
        }
        let credited = client.shares.reduce(0) { $0 + Double($1.work) }
        let shown = Double(client.session.counts.work)
        #expect(client.shares.allSatisfy { $0.work >= 255 })
        // By chance it is some of a hundred shares more or less.
        #expect(abs(credited - shown) < 0.5 * shown, "\(credited) instead of \(shown)")
    }

    @Test("mining.suggest_target gives shares of that target, as far as the window allows")
    func suggestedTarget() throws {
        var client = try Client(startWork: 1 << 20)
        client.logIn()
        let target = ShareWork.target(5000)
        #expect(
            client.ask("mining.suggest_target", [.string(target.hex)])["result"] == true)
        #expect(client.works.last == 5000)
        #expect(client.ask("mining.suggest_target", ["00zz"]).code == 20)
        #expect(client.works.last == 5000)
    }

    @Test(
        "A device's size is known by its user agent, unless it says another",
        arguments: [
            ("NerdMinerV2", CoinbaseSizeClass.bytes384), ("NiceHash/1.0.0", .bytes755),
            ("Antminer S19/Tue", .bytes2250), ("bitaxe/BM1366", .bytes2250),
            ("whatsminer/v1.0", .bytes6500), ("cgminer/4.12.1", .bytes16000), ("", .bytes16000),
        ])
    func agents(_ agent: String, _ size: CoinbaseSizeClass) throws {
        var client = try Client()
        _ = client.ask("mining.subscribe", [.string(agent)])
        _ = client.ask("mining.authorize", ["m0"])
        #expect(client.session.jobKey?.sizeClass == size)
        client = try Client()
        _ = client.ask("mining.subscribe", [.string(agent)])
        _ = client.ask("mining.authorize", ["m0", "size=800"])
        #expect(client.session.jobKey?.sizeClass == .bytes755)
    }

    @Test("A name may have dots; the longest inmate counts, and the password names device's size")
    func logins() throws {
        var client = try Client(
            settings: StratumSettings(names: ["a", "a.b", "c"], startWork: 4))
        client.logIn("a.b.rig.2", "d=0.25;size=755")
        #expect(client.session.name == "a.b")
        #expect(client.session.worker == "rig.2")
        #expect(client.session.jobKey?.sizeClass == .bytes755)
        #expect(client.works == [ShareWork.work(difficulty: 0.25)])
    }

    @Test("A client that writes an accent in another way is credited by the roster's name")
    func accents() throws {
        let (composed, decomposed) = ("jos\u{e9}", "jose\u{301}")
        for user in [decomposed, decomposed + ".rig"] {
            var client = try Client(
                settings: StratumSettings(names: [composed], startWork: 4))
            client.logIn(user)
            #expect(client.session.name.map { Array($0.utf8) } == Array(composed.utf8))
            _ = client.submit(work: 4, user: user)
            #expect(client.shares.map { Array($0.name.utf8) } == [Array(composed.utf8)])
        }
    }

    @Test("Malformed, oversized and too many lines end the connection, as do false logins")
    func cutOff() throws {
        for line in [
            "{", "[]", "\u{0}", "{\"id\":[],\"method\":\"mining.subscribe\"}", "7",
            "{\"id\":1,\"method\":7}", "{\"id\":1,\"method\":\"x\",\"params\":{}}",
        ] {
            var client = try Client()
            client.say(line)
            #expect(client.closed != nil, "\(line)")
        }
        var client = try Client()
        client.say(String(repeating: " ", count: StratumSettings.maximumLine + 1))
        #expect(client.closed == "line too long")
        client = try Client()
        for _ in 0..<2001 { client.say("{\"id\":1,\"method\":\"mining.ping\"}") }
        #expect(client.closed == "too many lines")
        client = try Client()
        for _ in 0..<5 { _ = client.ask("mining.authorize", ["nobody"]) }
        #expect(client.closed == "too many failed logins")
        client = try Client()
        client.take(client.session.tick(at: client.now + .seconds(61)))
        #expect(client.closed == "no login")
    }

    @Test("Random bytes and random JSON never trap", arguments: 0..<50)
    func noise(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var client = try Client()
        client.logIn()
        let methods = [
            "mining.submit", "mining.configure", "mining.authorize", "mining.subscribe",
            "mining.suggest_difficulty", "mining.suggest_target",
        ]
        let values: [JSON] = [
            nil, true, -1, .number("1e400"), "", "ffffffff", "zz", [], [[]], [:],
            ["a": nil], "m1.rig", .string(client.job), .number("99999999999999999999999999"),
        ]
        for _ in 0..<200 {
            let parameters = (0..<Int.random(in: 0...7, using: &generator)).compactMap { _ in
                values.randomElement(using: &generator)
            }
            _ = client.ask(methods.randomElement(using: &generator) ?? "", .array(parameters))
        }
        #expect(client.shares.isEmpty, "seed \(seed)")
    }
}
