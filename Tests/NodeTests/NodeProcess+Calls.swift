import Foundation
import NodeClient
import Notation
import TestSupport

/// What a server answered.
struct HTTPAnswer {
    var status: Int
    /// By name in lower case.
    var headers: [String: String]
    var body: [UInt8]

    /// The body as JSON; null where it is none.
    var json: JSON { (try? JSON(parsing: body)) ?? .null }
    var text: String { String(decoding: body, as: UTF8.self) }

    fileprivate init(_ bytes: [UInt8]) throws {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw NodeProcess.Failure("no HTTP answer")
        }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let lines = head.components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else {
            throw NodeProcess.Failure("no HTTP status")
        }
        self.status = status
        headers = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        body = Array(bytes[end.upperBound...])
    }
}

/// Calls by hand, down to the HTTP.
extension NodeProcess {
    func cookie() throws -> String {
        try String(contentsOfFile: "\(networkFolder)/.cookie", encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder.path)/\(name)"))
    }

    /// Posts a body as a user, `name:password`; the cookie's where none is given.
    func post(
        _ body: String, user: String? = nil, path: String = "/", method: String = "POST"
    ) throws -> HTTPAnswer {
        let login = Base64.encode(Array(try (user ?? cookie()).utf8))
        return try ask(method, path, "Authorization: Basic \(login)\r\n", body)
    }

    func ask(
        _ method: String, _ path: String, _ headers: String, _ body: String
    ) throws -> HTTPAnswer {
        let socket = try LoopbackSocket.connected(to: rpcPort)
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\(headers)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n"
        // A server may refuse before it has read everything.
        try? socket.send(Array((head + body).utf8))
        return try HTTPAnswer(socket.receiveAll())
    }

    /// One call in version 1 of the protocol; gives the whole answer.
    func answer(_ method: String, _ parameters: JSON = []) throws -> JSON {
        let request: JSON = ["id": 1, "method": .string(method), "params": parameters]
        return try post(request.text(indent: 0)).json
    }

    /// The result of a call, which must succeed.
    func result(_ method: String, _ parameters: JSON = []) throws -> JSON {
        let answer = try answer(method, parameters)
        guard answer["error"] == .null, let result = answer["result"] else {
            throw Failure("\(method): \(answer["error"] ?? .null)")
        }
        return result
    }
}
