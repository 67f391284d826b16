import Cryptography
import Foundation
import NodeClient
import Notation
import Primitives
import Testing

@Suite("What comes in through the doors") struct DoorTests {
    /// Posts a body with an Authorization header of choice; answers the status line.
    private func status(of node: NodeProcess, authorization: String?, body: String) throws -> String {
        let socket = try LoopbackSocket.connected(to: node.rpcPort)
        let header = authorization.map { "Authorization: \($0)\r\n" } ?? ""
        let text =
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\(header)Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        try socket.send(Array(text.utf8))
        let answer = try socket.receiveAll()
        return String(decoding: answer.prefix { $0 != 0x0D }, as: UTF8.self)
    }

    @Test("RPC without credentials, or with wrong ones, is refused with 401")
    func credentials() throws {
        let node = try NodeProcess()
        try node.start()
        let body = #"{"method":"getblockcount"}"#
        #expect(try status(of: node, authorization: nil, body: body).contains("401"))
        let wrong = "Basic " + Base64.encode(Array("__cookie__:0000".utf8))
        #expect(try status(of: node, authorization: wrong, body: body).contains("401"))
        #expect(try status(of: node, authorization: "Bearer x", body: body).contains("401"))
        #expect(try node.height() == 0)
    }

    @Test("What is no JSON is answered with -32700 or an error, and the node goes on")
    func badJSON() throws {
        let node = try NodeProcess()
        try node.start()
        let cookie = try String(contentsOfFile: node.rpc.cookiePath, encoding: .utf8)
        let right = "Basic " + Base64.encode(Array(cookie.utf8))
        for body in ["{", "", "[", "5", "\"x\"", String(repeating: "[", count: 100_000)] {
            let line = try status(of: node, authorization: right, body: body)
            #expect(line.contains("500") || line.contains("400") || line.contains("200"), "\(line)")
        }
        #expect(try node.height() == 0)
    }

    @Test("An address of another network is refused with -5")
    func foreignAddress() throws {
        let node = try NodeProcess()
        try node.start()
        for address in [
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "nonsense",
        ] {
            do {
                _ = try node.rpc.call("generatetoaddress", [1, .string(address)])
                Issue.record("\(address) was taken")
            } catch let refusal as RPCClient.Refusal {
                #expect(refusal.code == -5)
                #expect(refusal.message == "Error: Invalid address")
            }
        }
        #expect(try node.height() == 0)
    }

    /// A peer message: magic, command, length, checksum, payload.
    private func message(
        _ command: String, _ payload: [UInt8], length: Int? = nil, checksum: [UInt8]? = nil,
        magic: [UInt8] = [0xFA, 0xBF, 0xB5, 0xDA]
    ) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(magic)
        writer.write(Array(command.utf8) + [UInt8](repeating: 0, count: 12 - command.utf8.count))
        writer.write(UInt32(length ?? payload.count))
        writer.write(checksum ?? Array(SHA256.doubleHash(payload.span).bytes.prefix(4)))
        writer.write(payload)
        return writer.bytes
    }

    @Test("Truncated, oversized, foreign and false peer messages end their connection and nothing else")
    func badMessages() throws {
        let node = try NodeProcess()
        try node.start()
        let zeros = [UInt8](repeating: 0, count: 100)
        let bad: [[UInt8]] = [
            Array(message("version", zeros).prefix(30)),
            message("version", [], length: 0xFFFF_FFFF),
            message("version", [], length: 4_000_001),
            message("version", zeros, checksum: [1, 2, 3, 4]),
            message("version", zeros, magic: [0xF9, 0xBE, 0xB4, 0xD9]),
            message("version", Array(zeros.prefix(7))),
            message("inv", [0xFF] + [UInt8](repeating: 0xFF, count: 8)),
            message("headers", [0xFE, 0xFF, 0xFF, 0xFF, 0xFF]),
            [UInt8](repeating: 0x41, count: 4096),
        ]
        for bytes in bad {
            let socket = try LoopbackSocket.connected(to: node.port)
            try? socket.send(bytes)
        }
        #expect(try node.height() == 0)
        try node.until("the connections are gone", seconds: 20) {
            try node.rpc.call("getconnectioncount").int == 0
        }
        #expect(try node.stop().code == 0)
    }
}
