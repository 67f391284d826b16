import Cryptography
import Foundation
import NodeClient
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Calls about mining", .serialized) struct MiningCallTests {
    private let elsewhere: JSON = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"

    /// The code and the words with which a call is refused.
    private func refusal(
        _ node: NodeProcess, _ method: String, _ parameters: JSON
    ) throws -> RPCClient.Refusal {
        do {
            let answer = try node.rpc.call(method, parameters)
            throw NodeProcess.Failure("\(method) was answered: \((try? answer.text()) ?? "")")
        } catch let error as RPCClient.Refusal {
            return error
        }
    }

    @Test("getblocktemplate refuses what it does not know, and says what is wrong with a proposal")
    func refusals() throws {
        let node = try NodeProcess()
        try node.write(
            MinerSupport.roster(["ana": 3, "beto": 2], scheme: "weights"), to: "r.toml")
        try node.start("-roster=\(node.folder.path)/r.toml")
        func refused(_ request: JSON) throws -> RPCClient.Refusal {
            try refusal(node, "getblocktemplate", [request])
        }
        let segwit: JSON = ["segwit"]
        #expect(try refused(["mode": "nonsense", "rules": segwit]).message == "Invalid mode")
        #expect(try refused(["mode": 1, "rules": segwit]).code == -8)
        for rules in [[], ["csv"]] as [JSON] {
            let refusal = try refused(["rules": rules])
            #expect(refusal.code == -8 && refusal.message.contains("segwit rule set"))
        }
        #expect(try refused(["mode": "proposal"]).code == -3)
        #expect(try refused(["mode": "proposal", "data": "00"]).code == -22)

        func judged(_ block: Block) throws -> JSON {
            try node.rpc.call(
                "getblocktemplate", [["mode": "proposal", "data": .hex(block.bytes)]])
        }
        let template = try node.rpc.call(
            "getblocktemplate", [["rules": segwit, "capabilities": ["coinbasetxn"]]])
        // A proposal is judged as it stands: without its witness the coinbase commits to nothing.
        func whole(_ coinbase: Transaction, raised: Int64 = 0) -> Transaction {
            var (inputs, outputs) = (Array(coinbase.inputs), Array(coinbase.outputs))
            inputs[0].witness = Witness([[UInt8](repeating: 0, count: 32)])
            outputs[0].value += Amount(satoshis: raised)
            return Transaction(
                version: coinbase.version, inputs: inputs, outputs: outputs,
                lockTime: coinbase.lockTime)
        }
        let block = try node.solve(template)
        #expect(try judged(block) == "bad-witness-nonce-size")
        #expect(try judged(try node.solve(template) { whole($0) }) == .null)
        var header = block.header
        header.previous = Hash256(words: (1, 2, 3, 4))
        #expect(
            try judged(Block(header: header, transactions: Array(block.transactions)))
                == "inconclusive-not-best-prevblk")
        header = block.header
        header.merkleRoot = Hash256(words: (1, 2, 3, 4))
        #expect(
            try judged(Block(header: header, transactions: Array(block.transactions)))
                == "bad-txnmrklroot")
        let greedy = try node.solve(template) { whole($0, raised: 1) }
        #expect(try judged(greedy) == "bad-cb-amount")
        // A proposal is judged and not taken in.
        #expect(try node.height() == 0)
        #expect(try node.rpc.call("submitblock", [.hex(block.bytes)]) == .null)
        #expect(try judged(block) == "duplicate")
        #expect(try node.rpc.call("submitblock", [.hex(block.bytes)]) == "duplicate")
    }

    @Test("A transaction waits or goes first as it is prioritised, and the calls tell of it")
    func priorities() throws {
        let node = try NodeProcess()
        try node.start()
        _ = try node.rpc.call("createwallet", ["w"])
        let own = try node.rpc.call("getnewaddress", [], wallet: "w")
        _ = try node.rpc.call("generatetoaddress", [101, own])
        let txid = try node.rpc.call("sendtoaddress", [elsewhere, 1], wallet: "w")
        let name = try #require(txid.stringValue)
        let fee = try #require(
            try node.rpc.call("getmempoolentry", [txid])["fees"]?["base"]?.double)
        let satoshis = Int64((fee * 100_000_000).rounded())
        #expect(try refusal(node, "prioritisetransaction", [txid, 1, 5]).code == -8)
        #expect(
            try node.rpc.call("prioritisetransaction", [txid, .null, -100_000_000]) == true)
        let told = try node.rpc.call("getprioritisedtransactions")
        #expect(told.object?.keys == [name])
        #expect(told[name]?["fee_delta"] == -100_000_000)
        #expect(told[name]?["in_mempool"] == true)
        #expect(told[name]?["modified_fee"]?.int == satoshis - 100_000_000)
        _ = try node.rpc.call("generatetoaddress", [1, elsewhere])
        let info = try node.rpc.call("getmininginfo")
        #expect(info["blocks"] == 102 && info["pooledtx"] == 1 && info["currentblocktx"] == 0)
        #expect(info["next"]?["height"] == 103 && info["chain"] == "regtest")
        #expect(info["bits"] == "207fffff" && info["next"]?["bits"] == "207fffff")
        // Deltas add up.
        _ = try node.rpc.call("prioritisetransaction", [txid, 0, 200_000_000])
        #expect(
            try node.rpc.call("getprioritisedtransactions")[name]?["fee_delta"] == 100_000_000)
        _ = try node.rpc.call("generatetoaddress", [1, elsewhere])
        #expect(try node.rpc.call("getmininginfo")["currentblocktx"] == 1)
        #expect(try node.rpc.call("getmininginfo")["pooledtx"] == 0)
        #expect(try node.rpc.call("getprioritisedtransactions") == .object(JSONObject()))
    }

    @Test("The rate of the network is its work by the time it took")
    func rate() throws {
        let node = try NodeProcess()
        try node.start()
        #expect(try node.rpc.call("getnetworkhashps") == 0)
        let start: Int64 = 1_900_000_000
        for number in 0..<20 as Range<Int64> {
            // Each block is worth two hashes; one in ten seconds, then one a second.
            let time = number < 10 ? start + 10 * number : start + 90 + number - 9
            _ = try node.rpc.call("setmocktime", [.int(time)])
            _ = try node.rpc.call("generatetoaddress", [1, elsewhere])
        }
        func rate(_ parameters: JSON) throws -> Double? {
            try node.rpc.call("getnetworkhashps", parameters).double
        }
        #expect(try rate([5]) == 2)
        #expect(try rate([5, 10]) == 0.2)
        #expect(try rate([9, 10]) == 0.2)
        #expect(try rate([19, 20]) == 38.0 / 100.0)
        #expect(try refusal(node, "getnetworkhashps", [0]).code == -8)
        #expect(try refusal(node, "getnetworkhashps", [-2]).code == -8)
        #expect(try refusal(node, "getnetworkhashps", [5, 21]).code == -8)
        #expect(try node.rpc.call("getmininginfo")["networkhashps"]?.double ?? 0 > 0)
    }
}
