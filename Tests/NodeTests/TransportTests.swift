import Foundation
import NodeClient
import Notation
import TestSupport
import Testing

@Suite("Transports between running nodes", .serialized) struct NodeTransportTests {
    /// What a node says of its only peer that answers.
    private func peer(of node: NodeProcess) throws -> JSON? {
        let peers = try node.rpc.call("getpeerinfo").array ?? []
        return peers.first { ($0["bytesrecv_per_msg"]?["pong"]?.int ?? 0) >= 29 }
    }

    private func kinds(_ nodes: NodeProcess...) throws -> [String?] {
        try nodes.map { try peer(of: $0)?["transport_protocol_type"]?.stringValue }
    }

    private func services(_ node: NodeProcess) throws -> [String] {
        try node.rpc.call("getnetworkinfo")["localservicesnames"]?.array?.compactMap(\.stringValue)
            ?? []
    }

    @Test("Two nodes speak the encrypted transport in one session, and a chain passes both ways")
    func encrypted() throws {
        let (first, second) = (try NodeProcess(), try NodeProcess())
        try first.start()
        try second.start()
        #expect(try services(first).contains("P2P_V2"))
        let address = JSON.string(try StartTests.address)
        _ = try first.rpc.call("generatetoaddress", [150, address])
        try second.connect(to: first)
        try second.until("the chain comes", seconds: 90) { try second.height() == 150 }
        _ = try second.rpc.call("generatetoaddress", [100, address])
        let tip = try second.tip()
        try first.until("the chain goes back", seconds: 90) { try first.tip() == tip }
        #expect(try kinds(first, second) == ["v2", "v2"])
        let sessions = try [first, second].map { try peer(of: $0)?["session_id"]?.stringValue }
        #expect(sessions[0]?.count == 64)
        #expect(sessions[0] == sessions[1])
        // What one sent the other counted, the handshake included.
        try first.until("the bytes are counted", seconds: 30) {
            let (one, other) = (try peer(of: first), try peer(of: second))
            return one?["bytessent"] == other?["bytesrecv"]
                && other?["bytessent"] == one?["bytesrecv"]
                && one?["bytessent_per_msg"] == other?["bytesrecv_per_msg"]
        }
        #expect(try first.stop().code == 0)
        #expect(try second.stop().code == 0)
    }

    @Test("A node that speaks plainly hangs up on a key, and is dialled again at once in the clear")
    func fallback() throws {
        let (plain, other) = (try NodeProcess(), try NodeProcess())
        try plain.start("-v2transport=0")
        try other.start("-debug=net")
        #expect(try !services(plain).contains("P2P_V2"))
        let address = JSON.string(try StartTests.address)
        _ = try plain.rpc.call("generatetoaddress", [3, address])
        try other.connect(to: plain)
        try other.until("the chain comes", seconds: 90) { try other.height() == 3 }
        try other.until("both answer", seconds: 30) {
            try kinds(plain, other) == ["v1", "v1"]
        }
        #expect(try peer(of: other)?["session_id"]?.stringValue == "")
        let log = try String(
            contentsOfFile: "\(other.networkFolder)/debug.log", encoding: .utf8)
        #expect(log.contains("start sending v2 handshake to peer=0"))
        #expect(log.contains("retrying with v1 transport protocol for peer=0"))
        #expect(try plain.stop().code == 0)
        #expect(try other.stop().code == 0)
    }

    @Test("Who speaks plainly is answered plainly, by choice or by option")
    func plainDialler() throws {
        let (first, second) = (try NodeProcess(), try NodeProcess())
        try first.start()
        try second.start()
        let address = JSON.string("127.0.0.1:\(first.port)")
        _ = try second.rpc.call("addnode", [address, "onetry", false])
        try second.until("both answer", seconds: 60) {
            try kinds(first, second) == ["v1", "v1"]
        }
        _ = try second.stop()
        try second.start("-v2transport=0")
        _ = try second.rpc.call("addnode", [address, "onetry"])
        try second.until("both answer", seconds: 60) {
            try kinds(first, second) == ["v1", "v1"]
        }
        #expect(throws: RPCClient.Refusal.self) {
            _ = try second.rpc.call("addnode", [address, "add", true])
        }
        #expect(throws: RPCClient.Refusal.self) {
            _ = try second.rpc.call("addconnection", [address, "outbound-full-relay", true])
        }
    }
}
