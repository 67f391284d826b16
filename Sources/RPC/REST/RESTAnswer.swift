import Notation

/// What is answered to a question by REST.
public struct RESTAnswer: Sendable {
    public var status = 200
    public var contentType: String
    public var body: [UInt8]

    static func json(_ json: JSON) -> RESTAnswer {
        RESTAnswer(contentType: "application/json", body: json.bytes() + [UInt8(ascii: "\n")])
    }

    static func binary(_ bytes: [UInt8]) -> RESTAnswer {
        RESTAnswer(contentType: "application/octet-stream", body: bytes)
    }

    static func text(_ text: String) -> RESTAnswer {
        RESTAnswer(contentType: "text/plain", body: Array(text.utf8) + [UInt8(ascii: "\n")])
    }

    init(status: Int = 200, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    init(_ error: RESTError) {
        self.init(
            status: error.status, contentType: "text/plain",
            body: Array((error.message + "\r\n").utf8))
    }
}

/// Why there is no answer: a status of HTTP, and what went wrong.
struct RESTError: Error, Hashable {
    var status: Int
    var message: String

    static func badRequest(_ message: String) -> RESTError {
        RESTError(status: 400, message: message)
    }

    static func notFound(_ message: String) -> RESTError {
        RESTError(status: 404, message: message)
    }

    /// The form is none that this can be had in.
    static func noForm(_ available: String = ".bin, .hex, .json") -> RESTError {
        notFound("output format not found (available: \(available))")
    }
}
