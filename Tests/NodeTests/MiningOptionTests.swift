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

    @Test("Only blocks that it searches by itself have turned bits, and only such as BIP320 allows")
    func versions() throws {
        let (node, roster) = try makeNode()
        try node.start(roster)
        func version(_ height: Int64) throws -> Int64 {
            let hash = try node.rpc.call("getblockhash", [.int(Int(height))])
            return Int64(try node.rpc.call("getblockheader", [hash])["version"]?.int ?? 0)
        }
        _ = try node.rpc.call(
            "generatetoaddress", [20, .string(MinerSupport.addresses["ana"] ?? "")])
        for height in 1...Int64(20) { #expect(try version(height) == 0x2000_0000) }
        _ = try node.rpc.call("startmining", [1, 60])
        try node.until("blocks are mined", seconds: 60) { try node.height() == 80 }
        let versions = try (21...Int64(80)).map { try version($0) }
        let turned: Int64 = versions.reduce(0) { $0 | ($1 ^ 0x2000_0000) }
        #expect(turned & ~0x1fff_e000 == 0, "\(versions)")
        // Each is the template's own with a chance of a half.
        #expect(Set(versions).count > 1, "\(versions)")
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
