import Consensus
import Cryptography
import Foundation
import NodeClient
import Notation
import Primitives
import Synchronization
import TestSupport
import Testing

/// BIP22's `coinbasetxn` and `submitold`, which Bitcoin Core does not serve.
@Suite("Coinbases given to miners from outside", .serialized)
struct CoinbaseTransactionTests {
    private func makeNode() throws -> NodeProcess {
        let node = try NodeProcess()
        try node.write(
            MinerSupport.roster(["ana": 3, "beto": 2], scheme: "weights"), to: "r.toml")
        try node.start("-roster=\(node.folder.path)/r.toml")
        return node
    }

    private func template(
        _ node: NodeProcess, _ capabilities: [String]?, longpollid: JSON? = nil
    ) throws -> JSON {
        var request: JSONObject = ["rules": ["segwit"]]
        if let capabilities {
            request.append("capabilities", .array(capabilities.map(JSON.string)))
        }
        if let longpollid { request.append("longpollid", longpollid) }
        return try node.rpc.call("getblocktemplate", [.object(request)])
    }

    @Test("A block of the coinbase that was given is accepted and pays the inmates, fees too")
    func mined() throws {
        let node = try makeNode()
        _ = try node.rpc.call("createwallet", ["w"])
        let address = try node.rpc.call("getnewaddress", [], wallet: "w")
        _ = try node.rpc.call("generatetoaddress", [101, address])
        _ = try node.rpc.call("sendtoaddress", [address, 1], wallet: "w")
        let before = try node.rpc.call("getpayoutledger")
        let template = try template(node, ["coinbasetxn", "workid"])
        #expect(template["mutable"] == ["time", "coinbase/append"])
        let given = try #require(template["coinbasetxn"])
        let fee = template["transactions"]?[0]?["fee"]?.int ?? 0
        #expect(fee > 0 && given["fee"]?.int == -fee)
        #expect(given["required"] == true && given["depends"] == [])
        let coinbase = try Transaction(
            decoding: try #require(given["data"]?.stringValue.flatMap { Hex.decode($0) }))
        #expect(given["txid"]?.stringValue == coinbase.txid.displayHex)
        #expect(given["hash"] == given["txid"])
        // The witness is put in when the block is handed in.
        #expect(!coinbase.hasWitness)
        #expect(given["weight"]?.int == Int64(coinbase.weight.units + 36))
        // Clients that ask for a coinbase and make their own all the same are not to mint nothing.
        #expect(template["coinbasevalue"]?.int == 5_000_000_000 + fee)
        #expect(given["sigops"] == 0)
        #expect(coinbase.outputValue == Amount(satoshis: 5_000_000_000 + fee))
        // The client tells its work apart from that of others.
        let block = try node.solve(template) { coinbase in
            var inputs = Array(coinbase.inputs)
            inputs[0].script = Script(Array(inputs[0].script.bytes) + [4, 1, 2, 3, 4])
            return Transaction(
                version: coinbase.version, inputs: inputs, outputs: Array(coinbase.outputs),
                lockTime: coinbase.lockTime)
        }
        #expect(try node.rpc.call("submitblock", [.hex(block.bytes)]) == .null)
        #expect(try node.tip() == block.hash.displayHex)
        #expect(try node.rpc.call("getmempoolinfo")["size"] == 0)
        #expect(try node.rpc.call("getpayoutledger") != before)
        let payouts = try node.rpc.call("listpayouts").array ?? []
        #expect(payouts.count == 2 && payouts.allSatisfy { $0["status"] == "immature" })
        #expect(Set(payouts.compactMap { $0["name"]?.stringValue }) == ["ana", "beto"])
        #expect(payouts.allSatisfy { $0["flaw"] == nil })
    }

    @Test("It is given to whoever asks for it, and where a roster is paid")
    func asked() throws {
        let node = try makeNode()
        let plain = try template(node, nil)
        let keys = try #require(plain.object?.keys)
        #expect(!keys.contains("coinbasetxn") && !keys.contains("submitold"))
        #expect(plain["mutable"] == ["time", "transactions", "prevblock"])
        for capabilities in [["coinbasevalue"], ["longpoll", "proposal"], []] {
            #expect(try template(node, capabilities).object?.keys == keys)
        }
        let both = try template(node, ["coinbasevalue", "coinbasetxn"])
        #expect(both["coinbasetxn"] != nil)
        #expect(both["coinbasevalue"] == plain["coinbasevalue"])
        #expect(try template(node, ["coinbasetxn"])["coinbasevalue"] == plain["coinbasevalue"])
        // Another roster pays otherwise at once.
        let first = both["coinbasetxn"]?["txid"]
        _ = try node.rpc.call("setinmate", ["beto", 7])
        #expect(try template(node, ["coinbasetxn"])["coinbasetxn"]?["txid"] != first)

        let other = try NodeProcess()
        try other.start()
        let without = try template(other, ["coinbasetxn"])
        #expect(without["coinbasetxn"] == nil && without["coinbasevalue"] == 5_000_000_000)
    }

    @Test("A wait that a new tip ends says that older work is worth nothing any more")
    func submitOld() throws {
        let node = try makeNode()
        for (capabilities, isTold) in [(["longpoll"], true), (["coinbasetxn"], true), ([], false)] {
            let old = try template(node, capabilities)
            #expect(old["submitold"] == nil)
            let previous = try node.tip()
            let waiting = Waiting()
            let request: JSON = [
                "rules": ["segwit"], "longpollid": old["longpollid"] ?? .null,
                "capabilities": .array(capabilities.map(JSON.string)),
            ]
            waiting.ask(node.rpc, request)
            try node.until("the call waits", seconds: 30) {
                let active = try node.rpc.call("getrpcinfo")["active_commands"]?.array ?? []
                return active.contains { $0["method"]?.stringValue == "getblocktemplate" }
            }
            #expect(waiting.answer == nil)
            try node.mineToRoster(1)
            try node.until("the wait ends", seconds: 30) { waiting.answer != nil }
            let answer = try #require(waiting.answer)
            #expect(answer["previousblockhash"]?.stringValue != previous)
            let expected: JSON? = isTold ? false : nil
            #expect(answer["submitold"] == expected)
        }
    }

    /// A call that another thread waits for.
    private final class Waiting: Sendable {
        private let given = Mutex<JSON?>(nil)

        var answer: JSON? { given.withLock { $0 } }

        func ask(_ client: RPCClient, _ request: JSON) {
            Thread.detachNewThread {
                let answer = try? client.call("getblocktemplate", [request])
                self.given.withLock { $0 = answer ?? .null }
            }
        }
    }

    @Test(
        "A block that pays otherwise than it commits to is shown wherever payouts are",
        .enabled(if: MinerSupport.hasPython))
    func violated() throws {
        let node = try makeNode()
        try node.mineToRoster(1)
        let ledger = try node.rpc.call("getpayoutledger")
        let block = try node.solve(try template(node, ["coinbasetxn"])) { coinbase in
            var outputs = Array(coinbase.outputs)
            outputs[0].value -= Amount(satoshis: 1)
            outputs[1].value += Amount(satoshis: 1)
            return Transaction(
                version: coinbase.version, inputs: Array(coinbase.inputs), outputs: outputs,
                lockTime: coinbase.lockTime)
        }
        #expect(try node.rpc.call("getminerinfo")["violated"] == nil)
        #expect(try node.rpc.call("submitblock", [.hex(block.bytes)]) == .null)
        #expect(try node.rpc.call("getpayoutledger") == ledger)
        try node.mineToRoster(1)
        for isRestarted in [false, true] {
            if isRestarted {
                #expect(try node.stop().code == 0)
                try node.start("-roster=\(node.folder.path)/r.toml")
            }
            let info = try node.rpc.call("getminerinfo")
            #expect(info["violated"] == 1)
            #expect(info["lastviolated"]?["height"] == 2)
            #expect(info["lastviolated"]?["blockhash"]?.stringValue == block.hash.displayHex)
            let payouts = try node.rpc.call("listpayouts").array ?? []
            let flawed = payouts.filter { $0["flaw"] == "violated" }
            #expect(flawed.count == 2 && payouts.count == 6)
            #expect(flawed.allSatisfy { $0["height"] == 2 && $0["reason"] != nil })
        }
        let shown = try MinerSupport.cellblock(
            "roster", "--datadir", node.folder.path, "--chain", "regtest", "--rpcport",
            "\(node.rpcPort)")
        #expect(shown.contains("WARNING: 1 blocks do not pay as they commit to"), "\(shown)")
        let export = "\(node.folder.path)/export.json"
        #expect(try node.rpc.call("exportpayouts", [.string(export)])["blocks"] == 2)
        let text = try JSON(parsing: String(contentsOfFile: export, encoding: .utf8))
        #expect(text["flagged"]?.array?.count == 1)
        #expect(text["flagged"]?[0]?["flaw"] == "violated")
        let (code, said) = try MinerSupport.python(
            "Audit/verify.py", export, "--blocks", "\(node.networkFolder)/blocks")
        #expect(code == 0 && said.contains("was not applied: violated"), "\(said)")
    }
}
