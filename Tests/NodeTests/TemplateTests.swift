import Cryptography
import Foundation
import NodeClient
import Notation
import Primitives
import Scripting
import Testing

@Suite("Templates for others", .serialized) struct TemplateTests {
    @Test("With -blockversion templates and blocks bear the version named, without it BIP9's")
    func version() throws {
        for (flags, version) in [(["-blockversion=1337"], 1337), ([], 0x2000_0000)] {
            let node = try NodeProcess()
            try node.spawn(flags)
            try node.until("the node answers", seconds: 60) {
                (try? node.rpc.call("getblockcount")) != nil
            }
            let template = try node.rpc.call("getblocktemplate", [["rules": ["segwit"]]])
            #expect(template["version"]?.int == Int64(version))
            _ = try node.rpc.call("generatetodescriptor", [1, "raw(51)"])
            let tip = try node.rpc.call("getblockheader", [.string(node.tip() ?? "")])
            #expect(tip["version"]?.int == Int64(version))
        }
    }

    @Test("A stop does not wait for whoever waits for another template")
    func stopWhileWaiting() throws {
        let node = try NodeProcess()
        try node.start()
        let template = try node.rpc.call("getblocktemplate", [["rules": ["segwit"]]])
        let id = try #require(template["longpollid"])
        let client = node.rpc
        Thread.detachNewThread {
            _ = try? client.call("getblocktemplate", [["rules": ["segwit"], "longpollid": id]])
        }
        try node.until("the call waits", seconds: 30) {
            let active = try node.rpc.call("getrpcinfo")["active_commands"]?.array ?? []
            return active.contains { $0["method"]?.stringValue == "getblocktemplate" }
        }
        #expect(try node.stop().code == 0)
    }

    @Test("What getblocktemplate tells makes a block that the node accepts, changed pool or not")
    func proposal() throws {
        let node = try NodeProcess()
        try node.start()
        _ = try node.rpc.call("createwallet", ["w"])
        let address = try node.rpc.call("getnewaddress", [], wallet: "w")
        _ = try node.rpc.call("generatetoaddress", [110, address])
        var expected = 0
        for round in 0..<3 {
            for _ in 0..<4 {
                // They spend from one another: nothing else is mature for long.
                _ = try node.rpc.call("sendtoaddress", [address, 60], wallet: "w")
                expected += 1
            }
            // Another tip, so that the template is made anew at once; it is of the pool's rest.
            _ = try node.rpc.call("generateblock", [address, []])
            let template = try node.rpc.call(
                "getblocktemplate", [["rules": ["segwit"]]])
            let transactions = try #require(template["transactions"]?.array)
            #expect(transactions.count == expected, "round \(round)")
            let block = try block(from: template)
            #expect(
                try node.rpc.call(
                    "getblocktemplate", [["mode": "proposal", "data": .hex(block.bytes)]]) == .null)
            let fees = transactions.reduce(0) { $0 + ($1["fee"]?.int ?? 0) }
            #expect(template["coinbasevalue"]?.int == 5_000_000_000 + fees)
        }
        _ = try node.rpc.call("generatetoaddress", [1, address])
        let template = try node.rpc.call("getblocktemplate", [["rules": ["segwit"]]])
        #expect(template["transactions"] == [])
    }

    private func block(from template: JSON) throws -> Block {
        var transactions: [Transaction] = []
        var txids: [String] = []
        for entry in template["transactions"]?.array ?? [] {
            let bytes = try #require(entry["data"]?.stringValue.flatMap { Hex.decode($0) })
            let transaction = try Transaction(decoding: bytes)
            #expect(entry["txid"]?.stringValue == transaction.txid.displayHex)
            #expect(entry["hash"]?.stringValue == transaction.wtxid.displayHex)
            #expect(entry["weight"]?.int == Int64(transaction.weight.units))
            let depends = transaction.inputs.compactMap { input in
                txids.firstIndex(of: input.outPoint.txid.displayHex).map { Int64($0 + 1) }
            }
            #expect(entry["depends"]?.array?.compactMap(\.int) == depends)
            transactions.append(transaction)
            txids.append(transaction.txid.displayHex)
        }
        let height = try #require(template["height"]?.int)
        let commitment = try #require(
            template["default_witness_commitment"]?.stringValue.flatMap { Hex.decode($0) })
        var script = ScriptBuilder()
        script.append(number: height)
        let coinbase = Transaction(
            inputs: [
                TransactionInput(
                    outPoint: .null, script: script.script,
                    witness: Witness([[UInt8](repeating: 0, count: 32)]))
            ],
            outputs: [
                TransactionOutput(
                    value: Amount(satoshis: template["coinbasevalue"]?.int ?? 0), script: [0x51]),
                TransactionOutput(value: .zero, script: Script(commitment)),
            ])
        let previous = try #require(
            template["previousblockhash"]?.stringValue.flatMap { Hash256(displayHex: $0) })
        let bits = try #require(template["bits"]?.stringValue.flatMap { UInt32($0, radix: 16) })
        let all = [coinbase] + transactions
        return Block(
            header: BlockHeader(
                version: Int32(clamping: template["version"]?.int ?? 0), previous: previous,
                merkleRoot: MerkleTree.root(all.map(\.txid)),
                time: UInt32(clamping: template["curtime"]?.int ?? 0), bits: bits, nonce: 0),
            transactions: all)
    }
}
