import Cryptography
import Genesis
import Notation
import Scripting

/// The engine as a line tool: a JSON request in, a JSON answer out (`cellblock conform`).
///
/// It calls the functions that the node calls, never copies of them, so that another implementation, a
/// fuzzer or a test bench can compare itself with what the node would do.
public struct ConformanceTool {
    private var networks = NetworkShelf()
    let normalize: (String) -> String
    let verifier = RecallingVerifier(PublicKeyCache())

    /// - Parameters:
    ///   - loadDefinition: reads the network definition at a path; nil where there is none.
    ///   - normalize: the normalisation form KD of Unicode, which mnemonics outside ASCII need.
    public init(
        loadDefinition: @escaping (String) -> [UInt8]? = { _ in nil },
        normalize: @escaping (String) -> String = { $0 }
    ) {
        networks.loadDefinition = loadDefinition
        self.normalize = normalize
    }

    /// The answer to one request line, without a line end.
    public mutating func answer(_ line: Span<UInt8>) -> [UInt8] {
        do {
            let request = try Request(line)
            return try respond(request).bytes()
        } catch {
            return JSON.object(["error": .string(error.message)]).bytes()
        }
    }

    private mutating func respond(_ request: Request) throws(RequestError) -> JSON {
        switch try request.string("op") {
        case "verifyinput": try verifyInput(request)
        case "checktx": try checkTransaction(request)
        case "checkblock": try checkBlock(request, in: try networks.network(of: request))
        case "verifyblock": try verifyBlock(request, in: try networks.network(of: request))
        case "checkheader": try checkHeader(request, in: try networks.network(of: request))
        case "sighash": try signatureHash(request)
        case "crypto": try cryptography(request)
        case "derive": try derive(request, in: try networks.network(of: request))
        case "payout":
            // A roster is of our own networks; which one need not be said.
            try payout(
                request, in: request.has("network") ? try networks.network(of: request) : .regtest)
        case let op: throw RequestError("unsupported: op \(op)")
        }
    }
}

/// What is wrong with a request, or what cannot be computed from it.
struct RequestError: Error {
    var message: String

    init(_ message: String) { self.message = message }
}

extension JSON {
    /// The answer that something holds.
    static let passes: JSON = ["ok": true]

    /// The same, with what was found out by the way.
    static func passes(_ members: JSONObject) -> JSON {
        var object: JSONObject = ["ok": true]
        for member in members.members { object[member.key] = member.value }
        return .object(object)
    }

    /// The answer that a rule is broken.
    static func fails(_ reason: String) -> JSON {
        .object(["ok": false, "error": .string(reason)])
    }
}
