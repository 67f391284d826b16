import Cryptography
import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite("Payouts by shares of real nodes", .serialized) struct ShareTests {
    private func roster(_ weights: [String: Int], more: String = "") -> String {
        MinerSupport.roster(weights, scheme: "pplns", more: more)
    }

    private func ledger(_ node: NodeProcess, at hash: String? = nil) throws -> JSON {
        try node.rpc.call("getpayoutledger", hash.map { [.string($0)] } ?? [])
    }

    /// Exports the payouts of a node and has them checked; gives what the check says.
    private func audit(_ node: NodeProcess, _ more: String...) throws -> JSON {
        let export = "\(node.folder.path)/export-\(Int.random(in: 0..<1_000_000)).json"
        _ = try node.rpc.call("exportpayouts", [.string(export)])
        let (code, text) = try MinerSupport.python(
            "Audit/verify.py", export, "--blocks", "\(node.networkFolder)/blocks", "--json")
        #expect(code == 0, "\(text)")
        // Notes come before it.
        let line = text.split(separator: "\n").last { $0.hasPrefix("{") } ?? ""
        return try JSON(parsing: String(line))
    }

    @Test(
        "Of two nodes that pay by shares each follows its own, through a reorganisation and a crash",
        .enabled(if: MinerSupport.hasPython))
    func twoNodes() throws {
        let a = try NodeProcess()
        let b = try NodeProcess()
        let text = roster(["ana": 3, "beto": 2], more: "finder_bps = 100")
        func start(_ node: NodeProcess, _ finder: String, _ more: String = "-debug=0") throws {
            try node.write(text, to: "r.toml")
            try node.start("-roster=\(node.folder.path)/r.toml", "-finder=\(finder)", more)
        }
        try start(a, "ana")
        try start(b, "beto")
        try a.connect(to: b)
        try a.mineToRoster(4)
        try a.until("the nodes agree", seconds: 30) { try a.tip() == b.tip() }
        let fork = try #require(try a.tip())
        let owed = try ledger(a)
        #expect(owed["balances"]?["ana"] != nil, "\(owed)")
        // B has none of A's shares: it follows the first alone, before which there were none.
        #expect(try ledger(b)["root"] != owed["root"])
        for node in [a, b] { _ = try node.rpc.call("setnetworkactive", [false]) }
        try a.mineToRoster(2)
        try b.mineToRoster(3)
        let lost = try #require(try a.tip())
        let ofLost = try ledger(a)
        for node in [a, b] { _ = try node.rpc.call("setnetworkactive", [true]) }
        try a.connect(to: b)
        try a.until("the nodes agree again", seconds: 30) { try a.tip() == b.tip() }
        #expect(try a.height() == 7)
        // A's own blocks are undone, B's do nothing to A's ledger.
        #expect(try ledger(a)["root"] == owed["root"])
        #expect(try ledger(a, at: fork)["root"] == owed["root"])
        #expect(try audit(a)["payout_blocks"]?.int == 4)
        #expect(try audit(b)["payout_blocks"]?.int == 4)
        // A is killed; its own branch comes back after it, as it was.
        a.kill()
        try start(a, "ana")
        #expect(try ledger(a)["root"] == owed["root"])
        let hash = try #require(try a.rpc.call("getblockhash", [5]).stringValue)
        _ = try a.rpc.call("invalidateblock", [.string(hash)])
        #expect(try a.tip() == lost)
        #expect(try ledger(a)["root"] == ofLost["root"])
        try a.mineToRoster(2)
        let result = try audit(a)
        #expect(result["payout_blocks"]?.int == 8)
        #expect((result["shares"]?.int ?? 0) >= 7)
        let kept = try ledger(a)
        #expect(try a.stop().code == 0)
        try start(a, "ana", "-reindex-chainstate")
        try a.until("the chain is back", seconds: 30) { try a.height() == 8 }
        #expect(try ledger(a) == kept)
    }

    @Test(
        "When the first shares are gone the audit begins where the log does, if told to trust that",
        .enabled(if: MinerSupport.hasPython))
    func cutLog() throws {
        let node = try NodeProcess()
        try node.write(roster(["ana": 3, "beto": 2], more: "pplns_factor = 1"), to: "r.toml")
        let flags = ["-roster=\(node.folder.path)/r.toml", "-finder=ana"]
        try node.start(flags[0], flags[1])
        try node.mineToRoster(5)
        #expect(try node.stop().code == 0)
        // As when the log outgrew its limit: the last part begins after some of the blocks.
        let folder = "\(node.networkFolder)/shares"
        let (code, output) = try MinerSupport.python(
            "Audit/cut_shares.py", "\(folder)/00000000.log", "\(folder)/00000001.log", "3")
        #expect(code == 0, "\(output)")
        try FileManager.default.removeItem(atPath: "\(folder)/00000000.log")
        try node.start(flags[0], flags[1])
        try node.mineToRoster(5)
        let export = "\(node.folder.path)/export.json"
        _ = try node.rpc.call("exportpayouts", [.string(export)])
        let json = try JSON(parsing: String(contentsOfFile: export, encoding: .utf8))
        let height = try #require(json["start"]?["height"]?.int)
        #expect((3...7).contains(height), "\(height)")
        let blocks = "\(node.networkFolder)/blocks"
        var (end, said) = try MinerSupport.python("Audit/verify.py", export, "--blocks", blocks)
        #expect(end == 1 && said.contains("--trust-start"), "\(said)")
        (end, said) = try MinerSupport.python(
            "Audit/verify.py", export, "--blocks", blocks, "--trust-start")
        #expect(end == 0, "\(said)")
        #expect(said.contains("\(height - 1) blocks below \(height)"), "\(said)")
        // Another ledger there is not the one that the blocks after it go on from.
        let whole = try String(contentsOfFile: export, encoding: .utf8)
        var text = String(whole[..<(try #require(whole.range(of: "\"digest\": "))).lowerBound])
        let start = try #require(text.range(of: "\"start\": "))
        let payouts = try #require(
            text.range(of: "\"payouts\":", range: start.upperBound..<text.endIndex))
        text.replaceSubrange(payouts, with: "\"payouts\":1")
        let digest = SHA256.hash(Array(text.utf8).span).hex
        try node.write(text + "\"digest\": \"\(digest)\"\n}\n", to: "other.json")
        try FileManager.default.copyItem(
            atPath: export + ".shares", toPath: "\(node.folder.path)/other.json.shares")
        (end, said) = try MinerSupport.python(
            "Audit/verify.py", "\(node.folder.path)/other.json", "--blocks", blocks,
            "--trust-start")
        #expect(end == 1 && said.contains("the ledger at the start"), "\(said)")
    }

    @Test("Who is named by -finder is paid for finds; who nobody knows is refused")
    func finder() throws {
        let node = try NodeProcess()
        try node.write(roster(["ana": 3, "beto": 2], more: "finder_bps = 100"), to: "r.toml")
        let roster = "-roster=\(node.folder.path)/r.toml"
        try node.spawn([roster, "-finder=nobody"])
        let end = try node.end()
        #expect(end.code == 1 && end.standardError.contains("nobody"), "\(end)")
        try node.start(roster, "-finder=beto")
        try node.mineToRoster(3)
        let inmates = try node.rpc.call("listinmates").array ?? []
        #expect(inmates.count == 2)
        for inmate in inmates {
            #expect(inmate["shares"]?.int == (inmate["name"] == "beto" ? 3 : 0), "\(inmate)")
        }
        #expect(try node.stop().code == 0)
    }

    @Test("Clients begin at -stratumdifficulty; one that is no difficulty is refused")
    func startDifficulty() throws {
        // Where a block takes more work than that.
        let node = try NodeProcess(chain: "main")
        let text = """
            [payout]
            scheme = "pplns"
            [[inmate]]
            name = "ana"
            weight = 1
            address = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
            """
        try node.write(text, to: "r.toml")
        let port = try LoopbackSocket.freePort()
        let flags = ["-roster=\(node.folder.path)/r.toml", "-stratum=127.0.0.1:\(port)"]
        for wrong in ["0", "x", "inf"] {
            try node.spawn(flags + ["-stratumdifficulty=\(wrong)"])
            let end = try node.end()
            #expect(
                end.code == 1 && end.standardError.contains("-stratumdifficulty"),
                "\(wrong): \(end)")
        }
        try node.start(flags[0], flags[1], "-stratumdifficulty=0.25")
        let socket = try LoopbackSocket.connected(to: port)
        let lines =
            "{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"x\"]}\n"
            + "{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"ana\",\"\"]}\n"
        try socket.send(Array(lines.utf8))
        try node.until("the client has logged in", seconds: 30) {
            try node.rpc.call("liststratumclients")[0]?["inmate"] == "ana"
        }
        let difficulty = try node.rpc.call("liststratumclients")[0]?["difficulty"]?.double
        #expect(abs((difficulty ?? 0) - 0.25) < 1e-6)
        #expect(try node.stop().code == 0)
    }
}
