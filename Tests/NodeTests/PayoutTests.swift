import Cryptography
import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

/// A connection on which nothing is said.
private final class HeldSocket {
    private let socket: LoopbackSocket

    init(to port: UInt16) throws { socket = try LoopbackSocket.connected(to: port) }
}

@Suite("Payouts of real nodes", .serialized) struct PayoutTests {
    private func roster(_ weights: [String: Int], scheme: String, more: String = "") -> String {
        MinerSupport.roster(weights, scheme: scheme, more: more)
    }

    @Test("Two nodes with other rosters part, mine ten and twelve, and agree bit for bit after")
    func reorganisation() throws {
        let a = try NodeProcess()
        let b = try NodeProcess()
        let rosterA = roster(["ana": 3, "beto": 4], scheme: "weights")
        let rosterB = roster(["beto": 1, "carla": 2], scheme: "rotation")
        for node in [a, b] {
            try node.write(rosterA, to: "a.toml")
            try node.write(rosterB, to: "b.toml")
        }
        try a.start("-roster=\(a.folder.path)/a.toml", "-knownroster=\(a.folder.path)/b.toml")
        try b.start("-roster=\(b.folder.path)/b.toml", "-knownroster=\(b.folder.path)/a.toml")
        // Three blocks in common, of A's roster, then apart.
        try a.connect(to: b)
        try a.mineToRoster(3)
        try a.until("the nodes agree", seconds: 30) { try a.tip() == b.tip() }
        #expect(try ledger(a) == ledger(b))
        _ = try a.rpc.call("setnetworkactive", [false])
        try a.mineToRoster(10)
        try b.mineToRoster(12)
        let before = try ledger(a)
        #expect(try before != ledger(b))
        _ = try a.rpc.call("setnetworkactive", [true])
        try a.connect(to: b)
        try a.until("the nodes agree again", seconds: 30) { try a.tip() == b.tip() }
        #expect(try a.height() == 15)
        #expect(try ledger(a) == ledger(b))
        // What A's ten blocks paid is gone from the ledger, and shown as orphaned.
        let payouts = try a.rpc.call("listpayouts", [1000]).array ?? []
        #expect(payouts.contains { $0["status"] == "orphaned" })
        // The same after a start from the disk, and after the chain is connected anew.
        let kept = try ledger(a)
        #expect(try a.stop().code == 0)
        try a.start(
            "-roster=\(a.folder.path)/a.toml", "-knownroster=\(a.folder.path)/b.toml",
            "-reindex-chainstate")
        try a.until("the chain is back", seconds: 30) { try a.height() == 15 }
        #expect(try ledger(a) == kept)
    }

    private func ledger(_ node: NodeProcess) throws -> JSON {
        try node.rpc.call("getpayoutledger")
    }

    @Test(
        "A miner from outside finds blocks, is credited, is paid, and the audit agrees",
        .enabled(if: MinerSupport.hasPython))
    func stratum() throws {
        let node = try NodeProcess()
        let port = try LoopbackSocket.freePort()
        try node.write(
            roster(["ana": 3, "beto": 2], scheme: "pplns", more: "finder_bps = 100"), to: "r.toml")
        let flags = ["-roster=\(node.folder.path)/r.toml", "-stratum=127.0.0.1:\(port)"]
        try node.start(flags[0], flags[1])
        let server = "127.0.0.1:\(port)"
        var (code, text) = try MinerSupport.python(
            "Stratum/stratum_miner.py", server, "ana.rig", "--blocks", "6", "--json")
        #expect(code == 0, "\(text)")
        (code, text) = try MinerSupport.python(
            "Stratum/stratum_miner.py", server, "beto", "--blocks", "4", "--size", "384",
            "--roll-versions", "--json")
        #expect(code == 0, "\(text)")
        (code, text) = try MinerSupport.python(
            "Stratum/stratum_miner.py", server, "nobody", "--blocks", "1", "--seconds", "5")
        #expect(code != 0 && text.contains("24"), "\(text)")
        try node.until("all blocks are connected", seconds: 20) { try (node.height() ?? 0) >= 10 }
        let inmates = try node.rpc.call("listinmates").array ?? []
        #expect(inmates.count == 2)
        for inmate in inmates { #expect((inmate["shares"]?.int ?? 0) >= 4) }
        let shown = try MinerSupport.cellblock(
            "roster", "--datadir", node.folder.path, "--chain", "regtest", "--rpcport",
            "\(node.rpcPort)", "--json")
        let view = try JSON(parsing: shown)
        #expect(view["inmates"]?.array?.count == 2)
        #expect(view["height"]?.int == (try node.height()))
        let before = try node.rpc.call("listinmates")
        #expect(try node.stop().code == 0)
        try node.start(flags[0], flags[1])
        #expect(try node.rpc.call("listinmates")[0]?["shares"] == before[0]?["shares"])
        let export = "\(node.folder.path)/export.json"
        let written = try node.rpc.call("exportpayouts", [.string(export)])
        #expect(written["blocks"]?.int == (try node.height()))
        (code, text) = try MinerSupport.python(
            "Audit/verify.py", export, "--blocks", "\(node.networkFolder)/blocks")
        #expect(code == 0, "\(text)")
        // Connected anew, the blocks do to the ledger what they did, shares and all.
        let kept = try ledger(node)
        #expect(try node.stop().code == 0)
        try node.start(flags[0], flags[1], "-reindex-chainstate")
        try node.until("the chain is back", seconds: 30) {
            try node.height() == written["blocks"]?.int
        }
        #expect(try ledger(node) == kept)
        (code, text) = try MinerSupport.python(
            "Audit/test_flips.py", export, "--blocks", "\(node.networkFolder)/blocks", "--flips",
            "60")
        #expect(code == 0, "\(text)")
        (code, text) = try MinerSupport.python(
            "Audit/test_forgeries.py", export, "--blocks", "\(node.networkFolder)/blocks")
        #expect(code == 0, "\(text)")
    }

    @Test("At the miners' door floods, endless and malformed lines are cut off, and others stay")
    func abuse() throws {
        let node = try NodeProcess()
        let port = try LoopbackSocket.freePort()
        try node.write(roster(["ana": 3, "beto": 2], scheme: "solo"), to: "r.toml")
        try node.start("-roster=\(node.folder.path)/r.toml", "-stratum=127.0.0.1:\(port)")
        let ping = Array("{\"id\":1,\"method\":\"mining.ping\"}\n".utf8)
        let lines: [[UInt8]] = [
            [UInt8](repeating: 0x20, count: 20_000), Array("garbage\n".utf8),
            [0xff, 0x00, 0x0a], Array(repeatElement(ping, count: 5000).joined()),
        ]
        for line in lines {
            let socket = try LoopbackSocket.connected(to: port)
            // The door may close while it is still being sent to.
            try? socket.send(line)
            _ = try? socket.receiveAll()
        }
        #expect(try node.rpc.call("liststratumclients") == [])
        #expect(try node.height() == 0)
    }

    @Test("However many sit at the miners' door, the node goes on and miners come in")
    func crowd() throws {
        let node = try NodeProcess()
        let port = try LoopbackSocket.freePort()
        try node.write(roster(["ana": 3, "beto": 2], scheme: "pplns"), to: "r.toml")
        node.fileLimit = 400
        try node.start("-roster=\(node.folder.path)/r.toml", "-stratum=127.0.0.1:\(port)")
        let silent = try (0..<450).map { _ in try HeldSocket(to: port) }
        let miner = try LoopbackSocket.connected(to: port)
        try miner.send(
            Array(
                "{\"id\":1,\"method\":\"mining.authorize\",\"params\":[\"ana\",\"x\"]}\n".utf8))
        try node.until("a miner is let in", seconds: 30) {
            try node.rpc.call("liststratumclients").array?.count == 1
        }
        try node.mineToRoster(2)
        withExtendedLifetime(silent) {}
        #expect(try node.stop().code == 0)
    }

    @Test("setinmate changes who is paid from the next block on, in the file too")
    func setInmate() throws {
        let node = try NodeProcess()
        try node.write(roster(["ana": 1, "beto": 1], scheme: "weights"), to: "r.toml")
        try node.start("-roster=\(node.folder.path)/r.toml")
        try node.mineToRoster(2)
        _ = try node.rpc.call(
            "setinmate", ["carla", 5, .string(MinerSupport.addresses["carla"] ?? "")])
        try node.mineToRoster(1)
        let names = try node.rpc.call("listinmates").array?.compactMap { $0["name"]?.stringValue }
        #expect(names == ["ana", "beto", "carla"])
        let balances = try ledger(node)["balances"]?.object?.keys
        #expect(balances == ["ana", "beto", "carla"])
        _ = try node.rpc.call("setinmate", ["ana", 0])
        #expect(throws: RPCClient.Refusal.self) {
            _ = try node.rpc.call("setinmate", ["beto", 1, "no address"])
        }
        #expect(throws: RPCClient.Refusal.self) { _ = try node.rpc.call("setinmate", ["ana", 0]) }
        let text = try String(contentsOfFile: "\(node.folder.path)/r.toml", encoding: .utf8)
        #expect(!text.contains("ana") && text.contains("carla"))
        // The blocks of the earlier rosters are still judged by them.
        let kept = try ledger(node)
        #expect(try node.stop().code == 0)
        try node.start("-roster=\(node.folder.path)/r.toml", "-reindex-chainstate")
        try node.until("the chain is back", seconds: 30) { try node.height() == 3 }
        #expect(try ledger(node) == kept)
    }

    @Test("Of calls of setinmate at once none undoes another")
    func setInmatesAtOnce() throws {
        let node = try NodeProcess()
        let names = ["ana", "beto", "carla"]
        try node.write(roster(["ana": 1, "beto": 1, "carla": 1], scheme: "weights"), to: "r.toml")
        try node.start("-roster=\(node.folder.path)/r.toml")
        let client = node.rpc
        for weight in Int64(2)...12 {
            DispatchQueue.concurrentPerform(iterations: names.count) { number in
                _ = try? client.call("setinmate", [.string(names[number]), .int(weight)])
            }
            let weights = try client.call("listinmates").array?.compactMap { $0["weight"]?.int }
            #expect(weights == [weight, weight, weight])
        }
    }

    @Test("A signed network of our own is mined unattended with its key, and not without")
    func signet() throws {
        // The key of 32 bytes 0x01, and a script that wants a signature by it.
        let secret = "cMceqPhHedrhbcR9eXgzmfWy7kRqLyAxMYwFT6ABDWsiwUp9Nsq9"
        let challenge = "21031b84c5567b126440995d3ed5aaba0565d71e1834604819ff9c17f5e9d5dd078fac"
        let regtest = MinerSupport.scripts.deletingLastPathComponent().appending(
            path: "Genesis/regtest.json")
        var definition = try String(contentsOf: regtest, encoding: .utf8)
        definition = definition.replacing("\"regtest\"", with: "\"workshop\"")
        for (old, new) in [
            ("fabfb5da", "b0c1d2e3"), ("1296688602", "1296688603"),
            ("\"nonce\": 2", "\"nonce\": 1"),
            (
                "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
                "4b795ffab08cfd275e8afb7ff775eed15fded322e91c06dcb81161c0d695ecdd"
            ),
        ] {
            definition = definition.replacing(old, with: new)
        }
        definition = definition.replacing(
            "\"relaysPrivateAddresses\"",
            with: "\"signetChallenge\": \"\(challenge)\",\n    \"relaysPrivateAddresses\"")
        let folder = TemporaryFolder()
        let file = "\(folder.path)/workshop.json"
        try Data(definition.utf8).write(to: URL(filePath: file))

        let node = try NodeProcess(chain: "workshop", "-network=\(file)")
        try node.write(roster(["ana": 3, "beto": 2], scheme: "pplns"), to: "r.toml")
        let roster = "-roster=\(node.folder.path)/r.toml"
        try node.start(
            roster, "-finder=beto", "-signetkey=\(secret)", "-minerthreads=1", "-minerinterval=1")
        try node.until("blocks are mined by themselves", seconds: 60) {
            try (node.height() ?? 0) >= 3
        }
        #expect(
            try node.rpc.call("getblockchaininfo")["signet_challenge"]?.stringValue == challenge)
        // Each find is work that its finder has shown, though its coinbase was signed after it was made.
        let work = try node.rpc.call("listinmates").array ?? []
        #expect(work.contains { $0["name"] == "beto" && ($0["shares"]?.int ?? 0) >= 3 }, "\(work)")
        // The signature covers the version, which is not turned.
        for height in 1...3 {
            let hash = try node.rpc.call("getblockhash", [.int(height)])
            #expect(try node.rpc.call("getblockheader", [hash])["version"] == 0x2000_0000)
        }
        // Another node takes them as they are.
        let other = try NodeProcess(chain: "workshop", "-network=\(file)")
        try other.start()
        try other.connect(to: node)
        try other.until("the blocks arrive", seconds: 30) { try (other.height() ?? 0) >= 3 }
        #expect(try node.stop().code == 0)
        let height = try other.height()
        // Without the key what is found is refused.
        try node.start(roster)
        let before = try node.height()
        _ = try? node.rpc.call("startmining", [1, 1])
        try node.until("the miner says why", seconds: 30) {
            try node.rpc.call("getminerinfo")["problem"] != nil
        }
        #expect(try node.height() == before)
        // With a wallet that has the key it goes on.
        try giveKey(secret, to: "signer", of: node)
        _ = try node.rpc.call("createwallet", ["stranger"])
        #expect(try node.stop().code == 0)
        try node.spawn([roster, "-signetwallet=stranger"])
        let end = try node.end()
        #expect(end.code == 1 && end.standardError.contains("holds no key"), "\(end)")
        try node.start(roster, "-signetwallet=signer", "-minerthreads=1", "-minerinterval=1")
        try node.until("blocks are mined by themselves", seconds: 60) {
            try (node.height() ?? 0) >= (before ?? 0) + 3
        }
        try other.connect(to: node)
        try other.until("the blocks arrive", seconds: 30) {
            try (other.height() ?? 0) >= (before ?? 0) + 3
        }
        #expect(height != nil)
    }

    /// Makes a wallet that holds a key.
    private func giveKey(_ secret: String, to name: String, of node: NodeProcess) throws {
        _ = try node.rpc.call("createwallet", [.string(name), false, true])
        let text = "wpkh(\(secret))"
        let checksum = try node.rpc.call("getdescriptorinfo", [.string(text)])["checksum"]
        let imported = try node.rpc.call(
            "importdescriptors",
            [[["desc": .string(text + "#" + (checksum?.stringValue ?? "")), "timestamp": "now"]]],
            wallet: name)
        #expect(imported[0]?["success"] == true, "\(imported)")
    }

    @Test("A node that mines only when transactions wait rests until one does")
    func schedule() throws {
        let node = try NodeProcess()
        try node.write(roster(["ana": 3, "beto": 2], scheme: "weights"), to: "r.toml")
        try node.start("-roster=\(node.folder.path)/r.toml", "-minertxonly", "-minerthreads=1")
        try node.until("it rests", seconds: 10) {
            try node.rpc.call("getminerinfo")["waitsfor"] == "transactions"
        }
        #expect(try node.height() == 0)
        _ = try node.rpc.call("createwallet", ["w"])
        let address = try node.rpc.call("getnewaddress", [], wallet: "w")
        _ = try node.rpc.call("generatetoaddress", [101, address])
        try node.until("it still rests", seconds: 10) {
            try node.rpc.call("getminerinfo")["waitsfor"] == "transactions"
        }
        #expect(try node.height() == 101)
        _ = try node.rpc.call("sendtoaddress", [address, 1], wallet: "w")
        try node.until("the transaction is mined", seconds: 30) {
            try node.rpc.call("getmempoolinfo")["size"] == 0 && node.height() == 102
        }
    }
}
