import Chain
import Cryptography
import Notation
import Primitives

/// Answers what anybody may ask without a password: blocks, transactions and coins, which are no
/// secret, in the forms of Bitcoin Core's `-rest`.
struct RESTDesk: Sendable {
    let context: RPCContext

    func answer(_ request: RESTRequest) async throws -> RESTAnswer {
        let rest = Array(request.path.dropFirst())
        switch request.path.first {
        case "tx": return try await transaction(rest, request)
        case "block" where rest.first == "notxdetails":
            return try await block(Array(rest.dropFirst()), request, verbosity: 1)
        case "block": return try await block(rest, request, verbosity: 3)
        case "blockpart": return try await blockPart(rest, request)
        case "blockfilter": return try await filter(rest, request)
        case "blockfilterheaders": return try await filterHeaders(rest, request)
        case "chaininfo": return try await call("getblockchaininfo", request)
        case "mempool": return try await mempool(rest, request)
        case "headers": return try await headers(rest, request)
        case "getutxos": return try await coins(rest, request)
        case "deploymentinfo": return try await deployments(rest, request)
        case "blockhashbyheight": return try await blockHash(rest, request)
        case "spenttxouts": return try await spentOutputs(rest, request)
        default: throw RESTError.notFound("")
        }
    }

    // MARK: Helpers of all questions

    /// Gives bytes in the form that is asked for, or what they mean.
    func answer(
        _ bytes: [UInt8], _ request: RESTRequest, json: () throws -> JSON
    ) throws -> RESTAnswer {
        switch request.form {
        case .binary: return .binary(bytes)
        case .hex: return .text(Hex.encode(bytes))
        case .json: return .json(try json())
        case nil: throw RESTError.noForm()
        }
    }

    func hash(_ text: String) throws -> Hash256 {
        guard text.utf8.count == 64, let hash = Hash256(displayHex: text) else {
            throw RESTError.badRequest("Invalid hash: \(text)")
        }
        return hash
    }

    /// The only part of a path that must have just one.
    func single(_ path: [String]) -> String { path.joined(separator: "/") }

    /// The answer of a method that is called without a password as well.
    func call(
        _ name: String, _ request: RESTRequest, _ arguments: [JSON] = []
    ) async throws -> RESTAnswer {
        guard request.form == .json else { throw RESTError.noForm("json") }
        guard let method = context.registry[name] else { throw RESTError.notFound("") }
        let call = RPCRequest(
            method: name, arguments: arguments, parameters: method.parameters)
        return .json(try await method.call(call, context))
    }

    private func deployments(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        let text = single(path)
        guard request.form == .json, !text.isEmpty else {
            return try await call("getdeploymentinfo", request)
        }
        guard await context.validator.blockInfo(try hash(text)) != nil else {
            throw RESTError.badRequest("Block not found")
        }
        return try await call("getdeploymentinfo", request, [.string(text)])
    }
}

extension RPCDispatcher {
    /// Answers a question by REST; nil where the address is none of these.
    public func answer(rest uri: String, body: [UInt8]) async -> RESTAnswer? {
        guard let request = RESTRequest(uri: uri, body: body) else { return nil }
        do {
            return try await RESTDesk(context: try context()).answer(request)
        } catch let error as RESTError {
            return RESTAnswer(error)
        } catch let error as RPCError where error.code == .inWarmup {
            return RESTAnswer(
                RESTError(status: 503, message: "Service temporarily unavailable: \(error)"))
        } catch {
            return RESTAnswer(RESTError(status: 500, message: "\(error)"))
        }
    }
}
