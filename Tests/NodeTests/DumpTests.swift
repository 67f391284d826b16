import Foundation
import NodeClient
import Notation
import Testing

@Suite("Coins dumped by a node") struct DumpTests {
    @Test("dumptxoutset answers as Core does, of the tip and of a block below")
    func dump() throws {
        let node = try NodeProcess()
        try node.start()
        let address = JSON.string(try StartTests.address)
        _ = try node.rpc.call("generatetoaddress", [10, address])
        let first = try node.rpc.call("dumptxoutset", ["first.dat", "latest"])
        #expect(first["coins_written"] == 10)
        #expect(first["base_height"] == 10)
        #expect(first["base_hash"]?.stringValue == (try node.tip()))
        #expect(first["path"]?.stringValue == "\(node.networkFolder)/first.dat")
        #expect(first["nchaintx"] == 11)
        let counted = try node.rpc.call("gettxoutsetinfo")
        #expect(first["txoutset_hash"] == counted["hash_serialized_3"])
        #expect(
            first.object?.keys == [
                "coins_written", "base_hash", "base_height", "path", "txoutset_hash", "nchaintx",
            ])
        _ = try node.rpc.call("generatetoaddress", [5, address])
        let second = try node.rpc.call("dumptxoutset", ["second.dat", "", ["rollback": 10]])
        #expect(second["txoutset_hash"] == first["txoutset_hash"])
        let files = try ["first.dat", "second.dat"].map {
            try Data(contentsOf: URL(filePath: "\(node.networkFolder)/\($0)"))
        }
        #expect(files[0] == files[1])
        // A network of regtest's kind pins snapshots above this tip.
        for (arguments, word) in [
            (["first.dat", "latest"] as JSON, "first.dat already exists. If you are sure"),
            (["x", "bogus"], "Invalid snapshot type \"bogus\" specified. Please specify"),
            (["x", "latest", ["rollback": 10]], "specified with rollback option"),
            (["x", "rollback"], "Target block height 299 after current tip 15"),
            (["no/x", "latest"], "Couldn't open file \(node.networkFolder)/no/x.incomplete for"),
        ] {
            let error = try node.answer("dumptxoutset", arguments)["error"]
            #expect(error?["code"] == -8)
            #expect(
                error?["message"]?.stringValue?.contains(word) == true,
                "\(String(describing: error))")
        }
        #expect(try node.stop().code == 0)
    }
}
