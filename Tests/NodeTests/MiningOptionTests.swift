import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite("When a node mines by itself", .serialized) struct MiningOptionTests {
    private func makeNode() throws -> (node: NodeProcess, roster: String) {
        let node = try NodeProcess()
        try node.write(
            MinerSupport.roster(["ana": 3, "beto": 2], scheme: "weights"), to: "r.toml")
        return (node, "-roster=\(node.folder.path)/r.toml")
    }

    private func waits(_ node: NodeProcess, for what: String?) throws {
        try node.until("it waits for \(what ?? "nothing")", seconds: 30) {
            try node.rpc.call("getminerinfo")["waitsfor"]?.stringValue == what
        }
    }

    @Test("With -minerneedspeers it mines while it has a peer, and only then")
    func needsPeers() throws {
        let (node, roster) = try makeNode()
        let peer = try NodeProcess()
        try node.start(roster, "-minerthreads=1", "-minerneedspeers")
        try waits(node, for: "peers")
        #expect(try node.height() == 0)
        try peer.start()
        try peer.connect(to: node)
        try node.until("it mines", seconds: 30) { try (node.height() ?? 0) >= 3 }
        try waits(node, for: nil)
        #expect(try peer.stop().code == 0)
        try waits(node, for: "peers")
        let height = try node.height()
        // It sees once a second whether there are peers again.
        usleep(1_500_000)
        #expect(try node.height() == height)
    }

    @Test("With -minerinterval it waits until the last block is old enough")
    func interval() throws {
        let (node, roster) = try makeNode()
        try node.start(roster, "-minerthreads=1", "-minerinterval=100000")
        // The first block of the chain is years old, so the second is due at once; no other.
        try node.until("a block is mined", seconds: 30) { try node.height() == 1 }
        try waits(node, for: "interval")
        #expect(try node.height() == 1)
        // What is asked for is mined all the same.
        _ = try node.rpc.call(
            "generatetoaddress", [2, .string(MinerSupport.addresses["ana"] ?? "")])
        try waits(node, for: "interval")
        #expect(try node.height() == 3)
    }

    @Test("With -minerduty it mines, less of the time, and stops at once")
    func duty() throws {
        let (node, roster) = try makeNode()
        try node.start(roster, "-minerthreads=2", "-minerduty=1")
        try node.until("it mines", seconds: 30) { try (node.height() ?? 0) >= 5 }
        #expect(try node.rpc.call("getminerinfo")["threads"] == 2)
        _ = try node.rpc.call("stopmining")
        #expect(try node.rpc.call("getminerinfo")["mining"] == false)
        #expect(try node.stop().code == 0)
    }

    @Test("The roster is shown again and again with --watch, a line of JSON a time")
    func watch() throws {
        let (node, roster) = try makeNode()
        try node.start(roster, "-minerthreads=1", "-minerinterval=1")
        let process = Process()
        process.executableURL = MinerSupport.cellblockPath
        process.arguments = [
            "roster", "--datadir", node.folder.path, "--chain", "regtest", "--rpcport",
            "\(node.rpcPort)", "--watch", "--json",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { process.waitUntilExit() }
        defer { process.terminate() }
        var text = Data()
        var lines: [Data] = []
        while lines.count < 3 {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            text += more
            lines = text.split(separator: UInt8(ascii: "\n"))
            if text.last != UInt8(ascii: "\n") { _ = lines.popLast() }
        }
        try #require(lines.count >= 3)
        let views = try lines.map { try JSON(parsing: [UInt8]($0)) }
        for view in views { #expect(view["inmates"]?.array?.count == 2) }
        #expect(views[2]["height"]?.int ?? 0 > views[0]["height"]?.int ?? 0)
    }
}
