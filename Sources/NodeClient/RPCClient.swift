import Foundation
public import Notation

/// Calls a node on this machine: JSON-RPC over one HTTP connection a call, with its cookie.
public struct RPCClient: Sendable {
    public var port: UInt16
    public var cookiePath: String

    /// - Parameters:
    ///   - port: where the node answers RPC, on 127.0.0.1.
    ///   - cookiePath: the file with its credentials.
    public init(port: UInt16, cookiePath: String) {
        self.port = port
        self.cookiePath = cookiePath
    }

    /// What a node answered instead of a result.
    public struct Refusal: Error, CustomStringConvertible {
        public var method: String
        public var code: Int64
        public var message: String

        public var description: String { "\(method): \(message) (\(code))" }
    }

    /// Calls a method.
    ///
    /// - Parameter wallet: the wallet that is meant, if it is a wallet's method.
    public func call(_ method: String, _ parameters: JSON = [], wallet: String? = nil) throws -> JSON {
        let body = JSON.object([
            "jsonrpc": "1.0", "id": "cellblock", "method": .string(method), "params": parameters,
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
            throw NodeClientError("\(method): the node answered no HTTP")
        }
        let payload = Array(response[separation.upperBound...])
        if payload.isEmpty {
            let status = String(decoding: response.prefix { $0 != 0x0d }, as: UTF8.self)
            throw NodeClientError("\(method): the node answered \(status)")
        }
        return payload
    }
}
