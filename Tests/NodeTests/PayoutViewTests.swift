import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite("What is shown of payouts", .serialized) struct PayoutViewTests {
    /// Of none of the rosters here.
    private let elsewhere = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"

    private func makeNode(
        _ weights: [String: Int], scheme: String
    ) throws -> (node: NodeProcess, flag: String) {
        let node = try NodeProcess()
        try node.write(MinerSupport.roster(weights, scheme: scheme), to: "r.toml")
        return (node, "-roster=\(node.folder.path)/r.toml")
    }

    private func inmate(_ name: String, _ node: NodeProcess) throws -> JSON {
        try node.rpc.call("getinmate", [.string(name)])
    }

    private func shown(_ node: NodeProcess) throws -> String {
        try MinerSupport.cellblock(
            "roster", "--datadir", node.folder.path, "--chain", "regtest", "--rpcport",
            "\(node.rpcPort)")
    }

    /// Makes an export and lets the program that knows nothing of us compute it anew.
    private func audit(_ node: NodeProcess, _ name: String) throws {
        let export = "\(node.folder.path)/\(name).json"
        _ = try node.rpc.call("exportpayouts", [.string(export)])
        let (code, text) = try MinerSupport.python(
            "Audit/verify.py", export, "--blocks", "\(node.networkFolder)/blocks")
        #expect(code == 0, "\(text)")
    }

    @Test(
        "Who leaves stays in view until he is paid, and after; a new address loses no history",
        .enabled(if: MinerSupport.hasPython))
    func leaver() throws {
        let (node, flag) = try makeNode(["ana": 1, "beto": 1, "carla": 1], scheme: "rotation")
        try node.start(flag)
        try node.mineToRoster(2)
        let names = ["ana", "beto", "carla"]
        let unpaid = try names.filter { try inmate($0, node)["payouts"] == 0 }
        let owed = try #require(unpaid.first)
        let moved = try #require(names.first { $0 != owed })
        _ = try node.rpc.call("setinmate", [.string(moved), .null, .string(elsewhere)])
        let after = try inmate(moved, node)
        #expect(after["address"]?.stringValue == elsewhere)
        #expect(after["paid"]?.numberText == "50.00000000")
        #expect(after["immature"]?.numberText == "50.00000000")
        #expect(after["history"]?.array?.count == 1)
        #expect(after["history"]?[0]?["address"]?.stringValue == MinerSupport.addresses[moved])

        _ = try node.rpc.call("setinmate", [.string(owed), 0])
        let listed = try #require(try node.rpc.call("listinmates").array)
        #expect(listed.count == 3)
        #expect(listed.last?["name"]?.stringValue == owed)
        #expect(listed.last?["left"] == true && listed.last?["weight"] == 0)
        #expect(listed.first?["left"] == nil)
        #expect(listed.last?["owed"]?.numberText == "33.33333333")
        #expect(try shown(node).contains("\(owed) (left)"))
        try node.mineToRoster(1)
        let payout = try #require(
            try node.rpc.call("listpayouts", [100, 0, .string(owed)]).array)
        #expect(payout.map { $0["amount"]?.numberText } == ["33.33333333"])
        #expect(payout.first?["height"] == 3)
        let gone = try inmate(owed, node)
        #expect(gone["left"] == true && gone["history"]?.array?.count == 1)
        try audit(node, "left")
        // He comes back elsewhere, and what he had is his still.
        _ = try node.rpc.call(
            "setinmate", [.string(owed), 2, .string(MinerSupport.addresses[owed] ?? "")])
        #expect(try inmate(owed, node)["paid"]?.numberText == "33.33333333")
        try node.mineToRoster(3)
        try audit(node, "back")
        #expect(throws: RPCClient.Refusal.self) { try inmate("nobody", node) }
    }

    @Test("What was orphaned is shown after a restart too")
    func orphaned() throws {
        let (node, flag) = try makeNode(["ana": 3, "beto": 2], scheme: "weights")
        try node.start(flag)
        try node.mineToRoster(4)
        _ = try node.rpc.call("invalidateblock", [.string(node.tip() ?? "")])
        #expect(try node.height() == 3)
        for isRestarted in [false, true] {
            if isRestarted {
                #expect(try node.stop().code == 0)
                try node.start(flag)
            }
            let payouts = try node.rpc.call("listpayouts").array ?? []
            #expect(payouts.count == 8)
            let orphaned = payouts.filter { $0["status"] == "orphaned" }
            #expect(orphaned.count == 2)
            #expect(orphaned.allSatisfy { $0["height"] == 4 && $0["confirmations"] == -1 })
            let ana = try inmate("ana", node)
            #expect(ana["orphaned"]?.numberText == "30.00000000")
            #expect(ana["paid"]?.numberText == "90.00000000" && ana["payouts"] == 3)
        }
    }

    @Test("A payout is of the template, then immature until it can be spent, then mature")
    func statuses() throws {
        let (node, flag) = try makeNode(["ana": 3, "beto": 2], scheme: "weights")
        try node.start(flag)
        // What is told of the next block is what is mined.
        let preview = try node.rpc.call("previewpayout")
        #expect(preview["height"] == 1 && preview["reward"]?.numberText == "50.00000000")
        try node.mineToRoster(1)
        let expected = preview["payouts"]?.array ?? []
        let outputs = try node.coinbaseOutputs()
        #expect(outputs.map(\.script) == expected.map { $0["scriptPubKey"]?.stringValue })
        #expect(outputs.map(\.amount) == expected.map { $0["amount"]?.numberText })
        #expect(
            try node.rpc.call("getpayoutledger")["root"] == preview["ledgerafter"]?["root"])

        func payout() throws -> JSON { try inmate("ana", node)["history"]?[0] ?? .null }
        let elsewhere = JSON.string(elsewhere)
        #expect(try payout()["status"] == "immature")
        #expect(try payout()["maturesat"] == 100)
        #expect(try shown(node).contains("immature, 99 blocks to go"))
        _ = try node.rpc.call("generatetoaddress", [98, elsewhere])
        #expect(try payout()["status"] == "immature" && node.height() == 99)
        #expect(try inmate("ana", node)["mature"]?.numberText == "0.00000000")
        #expect(try shown(node).contains("immature, 1 block to go"))
        _ = try node.rpc.call("generatetoaddress", [1, elsewhere])
        #expect(try payout()["status"] == "mature" && payout()["maturesat"] == nil)
        let ana = try inmate("ana", node)
        #expect(ana["mature"]?.numberText == "30.00000000")
        #expect(ana["immature"]?.numberText == "0.00000000")
        let table = try shown(node)
        #expect(table.contains("height 100, scheme weights, not mining by itself"), "\(table)")
        #expect(table.contains("inmate") && table.contains("owed (sat)"), "\(table)")
        #expect(table.contains { $0.isNewline } && table.contains("30.00000000"), "\(table)")

        _ = try node.rpc.call("startmining", [1])
        try node.until("a template is told of", seconds: 30) {
            let first = try node.rpc.call("listpayouts", [1])[0]
            return first?["status"] == "template" && first?["confirmations"] == 0
                && first?["blockhash"] == nil
        }
        try node.until("the rate is told", seconds: 30) {
            try node.rpc.call("getminerinfo")["hashespersecond"]?.double ?? 0 > 0
        }
        _ = try node.rpc.call("stopmining")
        #expect(try node.rpc.call("getminerinfo")["hashespersecond"]?.double == 0)
    }

    @Test(
        "A descriptor pays the next script each time, a wallet the same one, and the audit agrees",
        .enabled(if: MinerSupport.hasPython))
    func descriptors() throws {
        let (node, flag) = try makeNode(["ana": 1], scheme: "weights")
        try node.start(flag)
        for name in ["keys", "purse"] { _ = try node.rpc.call("createwallet", [.string(name)]) }
        let listed = try node.rpc.call("listdescriptors", [], wallet: "keys")["descriptors"]
        let all = (listed?.array ?? []).filter { $0["internal"] == false }
            .compactMap { $0["desc"]?.stringValue }
        let first = try #require(all.first { $0.hasPrefix("wpkh(") })
        let second = try #require(all.first { $0.hasPrefix("tr(") })
        // By the call first, then as a file says it.
        _ = try node.rpc.call("setinmate", ["dora", 1, .string(first)])
        _ = try node.rpc.call("setinmate", ["ella", 1, "wallet:purse"])
        _ = try node.rpc.call("setinmate", ["ana", 0])
        try node.mineToRoster(2)
        #expect(try node.stop().code == 0)
        try node.start(flag)
        try node.mineToRoster(1)

        func scripts(_ descriptor: String, _ range: ClosedRange<Int64>) throws -> [String] {
            try
                (node.rpc.call(
                    "deriveaddresses",
                    [.string(descriptor), [.int(range.lowerBound), .int(range.upperBound)]]
                ).array ?? []).compactMap(\.stringValue)
        }
        func paid(_ name: String) throws -> [String] {
            try (inmate(name, node)["history"]?.array ?? []).reversed()
                .compactMap { $0["address"]?.stringValue }
        }
        #expect(try paid("dora") == scripts(first, 0...2))
        #expect(try inmate("dora", node)["address"]?.stringValue == scripts(first, 3...3)[0])
        let purse = try paid("ella")
        #expect(purse.count == 3 && Set(purse).count == 1)
        #expect(
            try node.rpc.call("getaddressinfo", [.string(purse[0])], wallet: "purse")["ismine"]
                == true)
        // Another descriptor goes on at the index the ledger has reached.
        _ = try node.rpc.call("setinmate", ["dora", .null, .string(second)])
        try node.mineToRoster(2)
        #expect(try paid("dora") == scripts(first, 0...2) + scripts(second, 3...4))
        #expect(try inmate("dora", node)["payouts"] == 5)
        try audit(node, "descriptors")
        // It was not to be loaded at the start.
        _ = try node.rpc.call("loadwallet", ["keys"])
        let balances = try node.rpc.call("getbalances", [], wallet: "keys")
        #expect(balances["mine"]?["immature"]?.numberText == "125.00000000")
    }

    @Test(
        "A roster that has no end is refused by its size, and a change that cannot be written undone"
    )
    func failures() throws {
        let (node, flag) = try makeNode(["ana": 3, "beto": 2], scheme: "weights")
        try node.spawn(["-roster=/dev/zero"])
        let end = try node.end()
        #expect(end.code == 1 && end.standardError.contains("/dev/zero"), "\(end)")
        for (option, value) in [
            ("minerthreads", "two"), ("minerthreads", "-1"), ("minerduty", "0"),
            ("minerduty", "101"), ("minerinterval", "x"), ("sharelogsize", "1"),
        ] {
            try node.spawn([flag, "-\(option)=\(value)"])
            let end = try node.end()
            #expect(
                end.code == 1
                    && end.standardError.contains("Invalid value for -\(option): '\(value)'"),
                "\(end)")
        }
        try node.start(flag)
        // The folder of the new file is taken by one of its name.
        let place = "\(node.folder.path)/r.toml.new"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        let before = try node.rpc.call("listinmates")
        #expect(throws: RPCClient.Refusal.self) { try node.rpc.call("setinmate", ["ana", 9]) }
        #expect(try node.rpc.call("listinmates") == before)
        try FileManager.default.removeItem(atPath: place)
        _ = try node.rpc.call("setinmate", ["ana", 9])
        #expect(try node.rpc.call("listinmates")[0]?["weight"] == 9)
        // What is owed as of a block that was never connected is not known.
        try node.mineToRoster(2)
        let hash = try #require(try node.tip())
        let header = try node.rpc.call("getblockheader", [.string(hash), false])
        let other = try NodeProcess()
        try other.write(
            MinerSupport.roster(["ana": 3, "beto": 2], scheme: "weights"), to: "r.toml")
        try other.start("-roster=\(other.folder.path)/r.toml")
        let parent = try node.rpc.call(
            "getblockheader", [node.rpc.call("getblockhash", [1]), false])
        for header in [parent, header] { _ = try other.rpc.call("submitheader", [header]) }
        #expect(throws: RPCClient.Refusal.self) {
            try other.rpc.call("getpayoutledger", [.string(hash)])
        }
    }
}
