import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite("Coins from another node") struct AssumedTests {
    /// Blocks on the first node, the coins as of 20 of them in a file, and more on top.
    private func source(_ node: NodeProcess) throws -> (path: String, option: String) {
        let address = JSON.string(try StartTests.address)
        _ = try node.rpc.call("generatetoaddress", [20, address])
        let dump = try node.rpc.call("dumptxoutset", ["coins.dat", "latest"])
        _ = try node.rpc.call("generatetoaddress", [10, address])
        let parts = ["base_height", "base_hash", "txoutset_hash", "nchaintx"].map { key in
            dump[key]?.stringValue ?? dump[key]?.int.map { "\($0)" } ?? ""
        }
        return (
            try #require(dump["path"]?.stringValue), "-assumeutxo=" + parts.joined(separator: ":")
        )
    }

    private func giveHeaders(from node: NodeProcess, to other: NodeProcess) throws {
        for height in 1...(try node.height() ?? 0) {
            let hash = try node.rpc.call("getblockhash", [.int(Int(height))])
            let header = try node.rpc.call("getblockheader", [hash, false])
            _ = try other.rpc.call("submitheader", [header])
        }
    }

    private func states(_ node: NodeProcess) throws -> [JSON] {
        try node.rpc.call("getchainstates")["chainstates"]?.array ?? []
    }

    private func offersAll(_ node: NodeProcess) throws -> Bool {
        let names = try node.rpc.call("getnetworkinfo")["localservicesnames"]?.array ?? []
        return names.contains("NETWORK")
    }

    @Test("A node takes in another's coins, follows the tip, and checks the history from it")
    func load() throws {
        let first = try NodeProcess()
        try first.start()
        let (path, option) = try source(first)
        let second = try NodeProcess()
        try second.start(option, "-coinstatsindex", "-txindex")
        try giveHeaders(from: first, to: second)
        let loaded = try second.rpc.call("loadtxoutset", [.string(path)])
        #expect(loaded["coins_loaded"] == 20)
        #expect(loaded["base_height"] == 20)
        #expect(try second.height() == 20)
        #expect(try states(second).map { $0["validated"] } == [true, false])
        #expect(try states(second).map { $0["blocks"] } == [0, 20])
        #expect(try !offersAll(second))
        let info = try second.rpc.call("getblockchaininfo")
        #expect(info["backgroundvalidation"]?["snapshotheight"] == 20)
        #expect(info["backgroundvalidation"]?["blocks"] == 0)
        let again = try second.answer("loadtxoutset", [.string(path)])["error"]
        #expect(again?["code"] == -32603)
        #expect(again?["message"]?.stringValue?.contains("more than once") == true)

        // A restart goes on with both; without the option it cannot, and says so.
        #expect(try second.stop().code == 0)
        try second.spawn([])
        let end = try second.end()
        #expect(end.code != 0)
        #expect(
            end.standardError.contains("Assumeutxo data not found for the given blockhash"),
            "\(end.standardError)")
        try second.start(option, "-coinstatsindex", "-txindex")
        #expect(try states(second).count == 2)
        #expect(try !offersAll(second))

        try second.connect(to: first)
        let tip = try first.tip()
        try second.until("it is on the tip", seconds: 60) { try second.tip() == tip }
        try second.until("the history is checked", seconds: 60) { try states(second).count == 1 }
        try second.until("it offers all blocks", seconds: 30) { try offersAll(second) }
        try second.until("indexes are complete", seconds: 60) {
            let indexes = try second.rpc.call("getindexinfo")
            return ["coinstatsindex", "txindex"].allSatisfy {
                indexes[$0]?["synced"] == true && indexes[$0]?["best_block_height"] == 30
            }
        }
        let sets = try [first, second].map { node in
            try node.rpc.call("gettxoutsetinfo", ["hash_serialized_3", .null, false])[
                "hash_serialized_3"]
        }
        #expect(sets[0] != nil && sets[0] == sets[1])
        #expect(try second.stop().code == 0)
        try second.start()
        #expect(try states(second).map { $0["snapshot_blockhash"] } == [nil])
        #expect(try second.tip() == tip)
        #expect(try second.rpc.call("verifychain", [4, 0]).bool == true)
        let folder = "\(second.networkFolder)/chainstate_snapshot"
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(try second.stop().code == 0)
        #expect(try first.stop().code == 0)
    }

    @Test("A file that is not as pinned is refused with Core's codes, and the node goes on")
    func refusals() throws {
        let first = try NodeProcess()
        try first.start()
        let (path, option) = try source(first)
        let second = try NodeProcess()
        try second.start(option)
        try giveHeaders(from: first, to: second)
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
        let changed = "\(second.folder.path)/changed.dat"
        for (place, code, word) in [
            (0, -22, "Invalid UTXO set snapshot magic bytes"), (5, -22, "Version of snapshot 3"),
            (7, -22, "created for an unrecognized network"),
            (11, -32603, "block hash in snapshot metadata not recognized"),
            (60, -32603, "Bad snapshot content hash: expected"),
        ] {
            bytes[place] ^= 1
            try Data(bytes).write(to: URL(filePath: changed))
            bytes[place] ^= 1
            let error = try second.answer("loadtxoutset", [.string(changed)])["error"]
            #expect(error?["code"] == .int(code), "byte \(place)")
            #expect(
                error?["message"]?.stringValue?.contains(word) == true,
                "\(String(describing: error))")
        }
        let none = try second.answer("loadtxoutset", ["/no/such"])["error"]
        #expect(none?["code"] == -8)
        #expect(try states(second).count == 1)
        #expect(try second.height() == 0)
        #expect(try second.stop().code == 0)
        try second.spawn(["-assumeutxo=1:2:3:4"])
        let end = try second.end()
        #expect(end.code != 0 && end.standardError.contains("Invalid -assumeutxo=1:2:3:4"))
        #expect(try first.stop().code == 0)
    }
}
