import Foundation
import Notation

/// Calls a node on this machine: JSON-RPC over one HTTP connection a call, with its cookie.
struct RPCClient: Sendable {
    var port: UInt16
    var cookiePath: String

    /// What a node answered instead of a result.
    struct Refusal: Error, CustomStringConvertible {
        var method: String
        var code: Int64
        var message: String

        var description: String { "\(method): \(message) (\(code))" }
    }

    /// Calls a method.
    ///
    /// - Parameter wallet: the wallet that is meant, if it is a wallet's method.
    func call(_ method: String, _ parameters: JSON = [], wallet: String? = nil) throws -> JSON {
        let body = JSON.object([
            "jsonrpc": "1.0", "id": "demo", "method": .string(method), "params": parameters,
        ])
        let path = wallet.map { "/wallet/\($0)" } ?? "/"
        let answer = try JSON(parsing: try post(body.bytes(), to: path, method: method))
        if let error = answer["error"], !error.isNull {
            throw Refusal(
                method: method, code: error["code"]?.int ?? 0,
                message: error["message"]?.stringValue ?? error.text())
        }
        return answer["result"] ?? .null
    }

    private func post(_ body: [UInt8], to path: String, method: String) throws -> [UInt8] {
        let cookie = try String(contentsOfFile: cookiePath, encoding: .utf8)
        let head = """
            POST \(path) HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Authorization: Basic \(Base64.encode(Array(cookie.utf8)))\r
            Content-Type: application/json\r
            Content-Length: \(body.count)\r
            Connection: close\r
            \r

            """
        let socket = try LoopbackSocket.connected(to: port)
        try socket.send(Array(head.utf8) + body)
        let response = try socket.receiveAll()
        guard let separation = response.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw DemoFailure("\(method): the node answered no HTTP")
        }
        let payload = Array(response[separation.upperBound...])
        if payload.isEmpty {
            let status = String(decoding: response.prefix { $0 != 0x0d }, as: UTF8.self)
            throw DemoFailure("\(method): the node answered \(status)")
        }
        return payload
    }
}

/// A TCP connection to this machine, closed when dropped.
struct LoopbackSocket: ~Copyable {
    private let descriptor: Int32

    /// How long a node may take to answer.
    private static let patience = 60

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Connects to a port where somebody listens.
    static func connected(to port: UInt16) throws -> LoopbackSocket {
        let socket = LoopbackSocket(descriptor: try open())
        var address = address(port: port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw DemoFailure("cannot connect to port \(port)") }
        var timeout = timeval(tv_sec: patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        return socket
    }

    /// A port that nobody listens on just now.
    static func freePort() throws -> UInt16 {
        let socket = LoopbackSocket(descriptor: try open())
        var address = address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let bound = bind(socket.descriptor, $0, size)
                return bound == 0 ? getsockname(socket.descriptor, $0, &size) : bound
            }
        }
        guard result == 0 else { throw DemoFailure("no free port on 127.0.0.1") }
        return UInt16(bigEndian: address.sin_port)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent)
            }
            guard count > 0 else { throw DemoFailure("the node closed the connection") }
            sent += count
        }
    }

    /// All that comes until the other side closes.
    func receiveAll() throws -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw DemoFailure("the node did not answer in time") }
            guard count > 0 else { return received }
            received += buffer[..<count]
        }
    }

    private static func open() throws -> Int32 {
        #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        guard descriptor >= 0 else { throw DemoFailure("no socket to be had") }
        return descriptor
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
