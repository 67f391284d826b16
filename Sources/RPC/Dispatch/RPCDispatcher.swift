public import Notation
import Synchronization
import Wallets
import Wire

/// Turns the body of a request into the body of an answer: singles and batches, JSON-RPC 1.0, 1.1
/// and 2.0.
public final class RPCDispatcher: Sendable {
    /// The answer to one HTTP request. Without a body nothing is said but the status.
    public struct Answer: Sendable {
        public var status: Int
        public var body: JSON?
    }

    /// Who asks for what.
    public struct Caller: Sendable {
        public var user: String
        /// The methods the user may call; nil for all.
        public var allowed: Set<String>?
        public var walletName: String?

        public init(user: String, allowed: Set<String>? = nil, walletName: String? = nil) {
            self.user = user
            self.allowed = allowed
            self.walletName = walletName
        }
    }

    private enum State {
        case warmup(String)
        case ready(RPCContext)
    }

    private let state = Mutex(State.warmup("RPC server started"))
    private let active: ActiveCommands

    public init() {
        active = ActiveCommands()
    }

    /// Says what the node is busy with before it can answer.
    public func setWarmup(_ status: String) {
        state.withLock { $0 = .warmup(status) }
    }

    /// Lets calls through from now on.
    public func setReady(_ context: RPCContext) {
        var context = context
        context.active = active
        state.withLock { $0 = .ready(context) }
    }

    public func answer(_ body: [UInt8], from caller: Caller) async -> Answer {
        guard let json = try? JSON(parsing: body) else {
            return failure(RPCError(code: .parse, "Parse error"), envelope: Envelope())
        }
        switch json {
        case .object: return await answerSingle(json, from: caller)
        case .array(let requests): return await answerBatch(requests, from: caller)
        default:
            return failure(
                RPCError(code: .parse, "Top-level object parse error"), envelope: Envelope())
        }
    }

    // MARK: Singles and batches

    private func answerSingle(_ json: JSON, from caller: Caller) async -> Answer {
        var envelope = Envelope()
        let call: Envelope.Call
        do {
            call = try envelope.read(json)
        } catch {
            return failure(RPCError(describing: error), envelope: envelope)
        }
        guard caller.allowed?.contains(call.method) ?? true else {
            return Answer(status: 403, body: nil)
        }
        do {
            let result = try await execute(call, from: caller)
            guard !envelope.isNotification else { return Answer(status: 204, body: nil) }
            return Answer(status: 200, body: envelope.reply(result))
        } catch {
            let error = RPCError(describing: error)
            // Version 2 keeps HTTP's status for HTTP's own errors.
            guard envelope.isVersion2 else { return failure(error, envelope: envelope) }
            guard !envelope.isNotification else { return Answer(status: 204, body: nil) }
            return Answer(status: 200, body: envelope.reply(error))
        }
    }

    private func answerBatch(_ requests: [JSON], from caller: Caller) async -> Answer {
        if let allowed = caller.allowed {
            for request in requests {
                guard request.object != nil else {
                    return failure(.invalidRequest("Invalid Request object"), envelope: Envelope())
                }
                guard let method = request["method"]?.stringValue else {
                    let kind = (request["method"] ?? .null).kindName
                    return failure(
                        RPCError(code: .parse, JSON.kindMismatch(kind, "string")),
                        envelope: Envelope())
                }
                guard allowed.contains(method) else { return Answer(status: 403, body: nil) }
            }
        }
        var envelope = Envelope()
        var replies: [JSON] = []
        for request in requests {
            let reply: JSON
            do {
                let call = try envelope.read(request)
                reply = envelope.reply(try await execute(call, from: caller))
            } catch {
                reply = envelope.reply(RPCError(describing: error))
            }
            if !envelope.isNotification { replies.append(reply) }
        }
        // A batch of notifications has no answer; an empty batch has an empty one, as ever.
        guard !replies.isEmpty || requests.isEmpty else { return Answer(status: 204, body: nil) }
        return Answer(status: 200, body: .array(replies))
    }

    private func failure(_ error: RPCError, envelope: Envelope) -> Answer {
        let status =
            switch error.code {
            case .invalidRequest: 400
            case .methodNotFound: 404
            default: 500
            }
        return Answer(status: status, body: envelope.reply(error))
    }

    // MARK: One call

    /// What calls work on. Throws what the node is busy with before it can answer.
    func context() throws(RPCError) -> RPCContext {
        switch state.withLock({ $0 }) {
        case .warmup(let status): throw RPCError(code: .inWarmup, status)
        case .ready(let context): return context
        }
    }

    private func execute(_ call: Envelope.Call, from caller: Caller) async throws -> JSON {
        let context = try context()
        context.log(
            "rpc",
            "ThreadRPCServer method=\(call.method.sanitised) user=\(caller.user.sanitised)")
        guard let method = context.registry[call.method] else { throw RPCError.methodNotFound() }
        let parameters = method.parameters
        let arguments =
            switch call.parameters {
            case .object(let named):
                try NamedArguments.positional(named, for: parameters)
            case .array(let positional): positional
            default: [JSON]()
            }
        try check(arguments, against: parameters, of: method)
        let number = active.begin(call.method)
        defer { active.end(number) }
        let request = RPCRequest(
            method: call.method, arguments: arguments, parameters: parameters,
            walletName: caller.walletName, user: caller.user)
        return try await method.call(request, context)
    }

    private func check(
        _ arguments: [JSON], against parameters: [Parameter], of method: any RPCMethod
    ) throws {
        let required = (parameters.lastIndex { !$0.isOptional } ?? -1) + 1
        guard (required...parameters.count).contains(arguments.count) else {
            throw RPCError.misc(HelpText.text(of: method))
        }
        var mismatches = JSONObject()
        for (index, parameter) in parameters.enumerated() {
            let argument = index < arguments.count ? arguments[index] : .null
            if let mismatch = parameter.mismatch(argument) {
                mismatches.append(
                    "Position \(index + 1) (\(parameter.pattern))", .string(mismatch))
            }
        }
        guard mismatches.isEmpty else {
            throw RPCError.type(
                "Wrong type passed:\n" + JSON.object(mismatches).text(indent: 4))
        }
    }
}

extension RPCError {
    /// Any error as what the caller is told.
    init(describing error: any Error) {
        switch error {
        case let error as RPCError: self = error
        case let error as WalletError:
            self = RPCError(code: RPCErrorCode(rawValue: error.code), error.message)
        default: self = .misc("\(error)")
        }
    }
}

/// What stands around a call and its answer: the version and the id.
private struct Envelope {
    struct Call {
        let method: String
        let parameters: JSON
    }

    /// Nil where the request had none.
    private var id: JSON? = .null
    private(set) var isVersion2 = false

    var isNotification: Bool { id == nil && isVersion2 }

    mutating func read(_ json: JSON) throws -> Call {
        guard let request = json.object else {
            throw RPCError.invalidRequest("Invalid Request object")
        }
        // First of all the id, so that an error from here on bears it.
        id = request["id"]
        isVersion2 = false
        if let version = request["jsonrpc"], !version.isNull {
            guard let version = version.stringValue else {
                throw RPCError.invalidRequest("jsonrpc field must be a string")
            }
            guard version == "1.0" || version == "2.0" else {
                throw RPCError.invalidRequest("JSON-RPC version not supported")
            }
            isVersion2 = version == "2.0"
        }
        guard let method = request["method"], !method.isNull else {
            throw RPCError.invalidRequest("Missing method")
        }
        guard let method = method.stringValue else {
            throw RPCError.invalidRequest("Method must be a string")
        }
        switch request["params"] ?? .null {
        case .null: return Call(method: method, parameters: [])
        case .array, .object: return Call(method: method, parameters: request["params"] ?? .null)
        default: throw RPCError.invalidRequest("Params must be an array or object")
        }
    }

    func reply(_ result: JSON) -> JSON {
        var reply = start()
        reply.append("result", result)
        if !isVersion2 { reply.append("error", .null) }
        return finish(reply)
    }

    func reply(_ error: RPCError) -> JSON {
        var reply = start()
        if !isVersion2 { reply.append("result", .null) }
        reply.append(
            "error", ["code": .int(error.code.rawValue), "message": .string(error.message)])
        return finish(reply)
    }

    private func start() -> JSONObject {
        isVersion2 ? ["jsonrpc": "2.0"] : JSONObject()
    }

    private func finish(_ reply: JSONObject) -> JSON {
        var reply = reply
        if let id { reply.append("id", id) }
        return .object(reply)
    }
}
