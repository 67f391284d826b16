import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite("Chains through a running node", .serialized) struct SyncTests {
    private struct Chain: CustomTestStringConvertible {
        var name: String
        var chain: String
        var testDescription: String { name }
    }

    private static let chains = [
        Chain(name: "mainnet-1-2100", chain: "main"),
        Chain(name: "mainnet-alt-1-2016", chain: "main"),
        Chain(name: "signet-1-40", chain: "signet"),
        Chain(name: "regtest-kernel-1-206", chain: "regtest"),
    ]

    @Test(
        "A published chain goes in by submitblock with Core's answers, and again over P2P",
        .enabled(if: Vectors.isPresent, Vectors.hint), arguments: chains)
    private func publishedChain(_ row: Chain) throws {
        let text = String(decoding: try Vectors.load("chains/\(row.name).hex"), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        let expected = try #require(
            try Vectors.json("expected/\(row.name).submit.json")["submitblock_results"]?.array)
        #expect(!lines.isEmpty && lines.count == expected.count)

        let flags = ["-minimumchainwork=0", "-assumevalid=0"]
        let first = try NodeProcess(chain: row.chain)
        try first.start(flags[0], flags[1])
        for (line, answer) in zip(lines, expected) {
            let given = try first.rpc.call("submitblock", [.string(line)])
            #expect(given == answer)
        }
        let second = try NodeProcess(chain: row.chain)
        try second.start(flags[0], flags[1])
        try second.connect(to: first)
        let tip = try first.tip()
        try second.until("both are on one tip", seconds: 120) { try second.tip() == tip }
        let sets = try [first, second].map { node in
            try node.rpc.call("gettxoutsetinfo", ["hash_serialized_3"])["hash_serialized_3"]
        }
        #expect(sets[0] != nil && sets[0] == sets[1])
        #expect(try first.stop().code == 0)
        #expect(try second.stop().code == 0)
    }

    @Test("With -dns=0 no name is looked up, and addresses are dialled as ever")
    func names() throws {
        let (server, client) = (try NodeProcess(), try NodeProcess())
        try server.start()
        func dial(_ host: String) throws {
            _ = try client.rpc.call("addnode", [.string("\(host):\(server.port)"), "onetry"])
        }
        func peers() throws -> [String] {
            try client.rpc.call("getpeerinfo").array?.compactMap { $0["addr"]?.stringValue } ?? []
        }
        try client.start("-dns=0")
        try dial("localhost")
        try dial("127.0.0.1")
        let (named, address) = ("localhost:\(server.port)", "127.0.0.1:\(server.port)")
        try client.until("the address is reached", seconds: 30) { try peers().contains(address) }
        // The name was tried first: had it been looked up, it would be there as well by now.
        usleep(500_000)
        #expect(try peers() == [address])
        #expect(try client.stop().code == 0)
        try client.start("-dns=1")
        try dial("localhost")
        try client.until("the name is reached", seconds: 90) { try peers() == [named] }
    }

    @Test("A partition heals: the longer branch wins on both sides, and the coins are the same")
    func partition() throws {
        let address = JSON.string(try StartTests.address)
        let first = try NodeProcess()
        let second = try NodeProcess()
        try first.start()
        try second.start()
        _ = try first.rpc.call("generatetoaddress", [3, address])
        try second.connect(to: first)
        try second.until("the first blocks arrive", seconds: 90) { try second.height() == 3 }
        for peer in try second.rpc.call("getpeerinfo").array ?? [] {
            _ = try second.rpc.call("disconnectnode", ["", peer["id"] ?? 0])
        }
        try second.until("they are apart", seconds: 90) {
            try first.rpc.call("getconnectioncount").int == 0
        }
        _ = try first.rpc.call("generatetoaddress", [2, address])
        _ = try second.rpc.call(
            "generatetoaddress",
            [4, "bcrt1qqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs559rjs"])
        let tip = try second.tip()
        try second.connect(to: first)
        try first.until("the longer branch wins", seconds: 90) { try first.tip() == tip }
        let sets = try [first, second].map { node in
            try node.rpc.call("gettxoutsetinfo", ["muhash"])["muhash"]
        }
        #expect(sets[0] != nil && sets[0] == sets[1])
    }

    @Test(
        "A disk that fills up stops the node with one line, and with room again nothing is lost",
        .enabled(
            if: getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/bin/mount"),
            "needs to mount a small file system"))
    func fullDisk() throws {
        let node = try NodeProcess()
        let small = "\(node.folder.path)/regtest"
        try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
        try run("/bin/mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", small)
        defer { try? run("/bin/umount", "-l", small) }
        try node.start()
        let address = JSON.string(try StartTests.address)
        _ = try node.rpc.call("generatetoaddress", [20, address])
        let filler = "\(small)/filler"
        try run("/bin/sh", "-c", "dd if=/dev/zero of=\(filler) bs=64k >/dev/null 2>&1; true")
        var reached: Int64 = 20
        for _ in 0..<400 {
            guard (try? node.rpc.call("generatetoaddress", [1, address])) != nil else { break }
            reached += 1
        }
        let end = try node.end()
        #expect(end.code != 0)
        #expect(end.standardError.split(separator: "\n").count == 1, "\(end.standardError)")
        try FileManager.default.removeItem(atPath: filler)
        try node.start()
        #expect(try #require(try node.height()) >= 20)
        #expect(try node.rpc.call("verifychain", [4, 0]).bool == true)
        _ = try node.rpc.call("generatetoaddress", [1, address])
        #expect(try node.stop().code == 0)
    }

    private func run(_ program: String, _ arguments: String...) throws {
        let process = try Process.run(
            URL(filePath: program, directoryHint: .notDirectory), arguments: arguments)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(program)")
    }
}
