import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite(
    "The miners' door with TLS", .serialized,
    .enabled(if: MinerSupport.hasPython && MinerSupport.hasOpenSSL))
struct StratumTLSTests {
    private func makeNode(_ certificates: String...) throws -> NodeProcess {
        let node = try NodeProcess()
        try node.write(
            MinerSupport.roster(["ana": 3, "beto": 2], scheme: "pplns"), to: "r.toml")
        for name in certificates {
            try MinerSupport.makeCertificate(name, in: node.folder.path)
        }
        return node
    }

    private func doorFlags(
        _ node: NodeProcess, port: UInt16, certificate: String, key: String
    ) -> [String] {
        [
            "-roster=\(node.folder.path)/r.toml", "-stratumtls=127.0.0.1:\(port)",
            "-stratumcert=\(node.folder.path)/\(certificate)",
            "-stratumkey=\(node.folder.path)/\(key)",
        ]
    }

    @Test("A miner mines encrypted, beside one who does not, and who trusts another stays out")
    func mining() throws {
        let node = try makeNode("door", "other")
        let (port, plain) = (try LoopbackSocket.freePort(), try LoopbackSocket.freePort())
        let flags = doorFlags(node, port: port, certificate: "door.crt", key: "door.key")
        try node.start(flags[0], flags[1], flags[2], flags[3], "-stratum=127.0.0.1:\(plain)")
        var (code, text) = try MinerSupport.python(
            "Stratum/stratum_miner.py", "127.0.0.1:\(port)", "ana.rig", "--blocks", "3", "--tls",
            "\(node.folder.path)/door.crt")
        #expect(code == 0, "\(text)")
        (code, text) = try MinerSupport.python(
            "Stratum/stratum_miner.py", "127.0.0.1:\(plain)", "beto", "--blocks", "2")
        #expect(code == 0, "\(text)")
        (code, text) = try MinerSupport.python(
            "Stratum/stratum_miner.py", "127.0.0.1:\(port)", "ana", "--blocks", "1", "--tls",
            "\(node.folder.path)/other.crt")
        #expect(code != 0 && text.contains("CERTIFICATE_VERIFY_FAILED"), "\(text)")
        try node.until("all blocks are connected", seconds: 20) { try (node.height() ?? 0) >= 5 }
        let shares = try node.rpc.call("listinmates").array?.compactMap { $0["shares"]?.int }
        #expect(shares?.count == 2 && shares?.contains { $0 < 2 } == false)
        try node.until("nobody is left", seconds: 20) {
            try node.rpc.call("liststratumclients") == []
        }
    }

    @Test("What is no TLS, breaks off or never begins leaves the door as it was")
    func abuse() throws {
        let node = try makeNode("door")
        let port = try LoopbackSocket.freePort()
        let flags = doorFlags(node, port: port, certificate: "door.crt", key: "door.key")
        try node.start(flags[0], flags[1], flags[2], flags[3])
        // The beginning of a handshake, as far as its length says there is more.
        let begun: [UInt8] = [0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0x00, 0x3f, 0xfc, 0x03, 0x03]
        let sent: [[UInt8]] = [
            Array("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[]}\n".utf8),
            [UInt8](repeating: 0x16, count: 100_000), [0x15, 0x03, 0x03, 0x00, 0x02, 0x01, 0x00],
            begun + [UInt8](repeating: 0x41, count: 20_000), begun, [],
        ]
        for bytes in sent.dropLast(2) {
            let socket = try LoopbackSocket.connected(to: port)
            try? socket.send(bytes)
            _ = try? socket.receiveAll()
        }
        // These two are cut off when the time for a handshake is over.
        for bytes in sent.suffix(2) {
            let socket = try LoopbackSocket.connected(to: port)
            try? socket.send(bytes)
            #expect(try socket.receiveAll() == [])
        }
        for _ in 0..<600 {
            let socket = try LoopbackSocket.connected(to: port)
            try socket.send([0x16])
        }
        let (code, text) = try MinerSupport.python(
            "Stratum/stratum_miner.py", "127.0.0.1:\(port)", "ana", "--blocks", "1", "--tls",
            "\(node.folder.path)/door.crt")
        #expect(code == 0, "\(text)")
        #expect(try node.stop().code == 0)
    }

    @Test("A certificate or key that will not do is named at the start, and why")
    func files() throws {
        let node = try makeNode("door", "other")
        try node.write("no certificate\n", to: "bad.crt")
        let port = try LoopbackSocket.freePort()
        for (certificate, key, words) in [
            ("missing.crt", "door.key", "missing.crt cannot be read"),
            ("bad.crt", "door.key", "bad.crt holds no certificate"),
            ("door.crt", "bad.crt", "bad.crt holds no key"),
            ("door.crt", "other.key", "other.key is not that of the certificate"),
        ] {
            try node.spawn(doorFlags(node, port: port, certificate: certificate, key: key))
            let end = try node.end()
            #expect(end.code == 1 && end.standardError.contains(words), "\(end)")
        }
        try node.spawn(Array(doorFlags(node, port: port, certificate: "", key: "").prefix(2)))
        let end = try node.end()
        #expect(end.code == 1 && end.standardError.contains("-stratumcert"), "\(end)")
    }
}
