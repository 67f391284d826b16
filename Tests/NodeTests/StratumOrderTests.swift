import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite("Jobs at the miners' door") struct StratumOrderTests {
    /// The previous hash as `mining.notify` has it: words whose bytes are reversed.
    private func swapped(_ displayHex: String) -> String {
        let bytes = (Hex.decode(displayHex) ?? []).reversed() as [UInt8]
        return Hex.encode(bytes.indices.map { bytes[$0 / 4 * 4 + 3 - $0 % 4] })
    }

    @Test("While blocks come fast jobs are told in the chain's order, and old ones are stale")
    func order() throws {
        let node = try NodeProcess()
        let port = try LoopbackSocket.freePort()
        try node.write(
            MinerSupport.roster(["ana": 3, "beto": 2], scheme: "weights"), to: "r.toml")
        try node.start("-roster=\(node.folder.path)/r.toml", "-stratum=127.0.0.1:\(port)")
        let socket = try LoopbackSocket.connected(to: port)
        func say(_ number: Int, _ method: String, _ parameters: JSON) throws {
            let line: JSON = [
                "id": .int(number), "method": .string(method), "params": parameters,
            ]
            try socket.send(Array(line.text(indent: 0).utf8) + [0x0a])
        }
        try say(1, "mining.subscribe", ["test/1.0"])
        try say(2, "mining.authorize", ["ana.rig", "x"])
        try node.until("the client is there", seconds: 20) {
            try node.result("liststratumclients").array?.count == 1
        }
        for goal in [Int64(15), 30] {
            _ = try node.result("startmining", [2, 15])
            try node.until("blocks are mined", seconds: 60) { try node.height() == goal }
            // Of the first job, with whatever else.
            try say(3, "mining.submit", ["ana.rig", "1", "00000000", "00000000", "00000000"])
        }
        try node.until("the shares are judged", seconds: 20) {
            try node.result("liststratumclients")[0]?["stale"]?.int == 2
        }
        let chain = try (0...30).map { height in
            swapped(try node.result("getblockhash", [.int(height)]).stringValue ?? "")
        }
        try node.until("the last job is told", seconds: 20) {
            try node.result("getminerinfo")["mining"] == false
        }
        #expect(try node.stop().code == 0)
        let lines = try socket.receiveAll().split(separator: 0x0a).map {
            try JSON(parsing: Array($0))
        }

        var height = -1
        var jobs: Set<String> = []
        var difficulties = 0
        for line in lines {
            switch line["method"]?.stringValue {
            case "mining.set_difficulty":
                difficulties += 1
                #expect(jobs.isEmpty, "a block takes two hashes, and nothing is ever harder")
            case "mining.notify":
                #expect(difficulties == 1, "no job before its difficulty")
                let parameters = try #require(line["params"])
                let previous = parameters[1]?.stringValue ?? ""
                let place = try #require(chain.firstIndex(of: previous), "\(previous)")
                #expect(place >= height, "the job of an older block after that of a newer one")
                #expect(parameters[8] == .bool(place > height), "\(parameters)")
                let isNew = jobs.insert(parameters[0]?.stringValue ?? "").inserted
                #expect(isNew, "\(parameters)")
                height = place
            case nil where line["id"] == 3:
                #expect(line["error"]?[0] == 21, "\(line)")
            default: break
            }
        }
        #expect(lines.count { $0["id"] == 3 } == 2)
        #expect(jobs.count > 1 && height >= 15, "\(jobs.count) jobs up to \(height)")
    }
}
