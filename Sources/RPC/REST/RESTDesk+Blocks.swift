import Chain
import Consensus
import Cryptography
import Indexes
import Notation
import Primitives

extension RESTDesk {
    private static let headerLimit = 2000

    // MARK: Blocks

    func block(
        _ path: [String], _ request: RESTRequest, verbosity: Int
    ) async throws -> RESTAnswer {
        let (info, bytes) = try await stored(path)
        guard request.form == .json else { return try answer(bytes, request) { .null } }
        let block = try Block(decoding: bytes)
        var undo: [[Coin]]?
        if verbosity > 1, info.hasUndo { undo = try await context.validator.undo(info.hash) }
        return .json(
            .object(
                BlockJSON.block(
                    block, info, context.definition, verbosity: verbosity, undo: undo)))
    }

    func blockPart(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        guard let offset = (request["offset"] ?? "").digits(Int.self) else {
            throw RESTError.badRequest("Block part offset missing or invalid")
        }
        guard let size = (request["size"] ?? "").digits(Int.self) else {
            throw RESTError.badRequest("Block part size missing or invalid")
        }
        let (info, bytes) = try await stored(path)
        guard size > 0, offset < bytes.count, size <= bytes.count - offset else {
            throw RESTError.badRequest(
                "Bad block part offset/size \(offset)/\(size) for \(info.hash.displayHex)")
        }
        return try answer(Array(bytes[offset..<offset + size]), request) {
            throw RESTError.badRequest("JSON output is not supported for this request type")
        }
    }

    private func stored(_ path: [String]) async throws -> (info: BlockInfo, bytes: [UInt8]) {
        let info = try await known(single(path))
        let name = info.hash.displayHex
        guard info.hasData else {
            throw RESTError.notFound(
                "\(name) not available (\(info.isPruned ? "pruned data" : "not fully downloaded"))")
        }
        do {
            return (info, try await context.storedBytes(info))
        } catch {
            throw RESTError(status: 500, message: "I/O error reading \(name)")
        }
    }

    private func known(_ text: String) async throws -> BlockInfo {
        guard let info = await context.validator.blockInfo(try hash(text)) else {
            throw RESTError.notFound("\(text) not found")
        }
        return info
    }

    func blockHash(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        let text = single(path)
        guard let height = text.digits(Int32.self) else {
            throw RESTError.badRequest("Invalid height: \(text)")
        }
        guard let hash = await context.validator.hash(height: Int(height)) else {
            throw RESTError.notFound("Block height out of range")
        }
        switch request.form {
        case .binary: return .binary(Array(hash.bytes))
        case .hex: return .text(hash.displayHex)
        case .json: return .json(["blockhash": .string(hash.displayHex)])
        case nil: throw RESTError.noForm()
        }
    }

    /// What a block spent, by transaction.
    func spentOutputs(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        guard path.count == 1 else {
            throw RESTError.badRequest(
                "Invalid URI format. Expected /rest/spenttxouts/<hash>.<ext>")
        }
        let info = try await known(path[0])
        // A coinbase spends nothing.
        var spent: [[Coin]] = [[]]
        if info.height > 0 {
            guard info.hasUndo, let undo = try? await context.validator.undo(info.hash) else {
                throw RESTError.notFound("\(path[0]) undo not available")
            }
            spent += undo
        }
        var writer = ByteWriter()
        writer.writeCompactSize(spent.count)
        for coins in spent {
            writer.writeCompactSize(coins.count)
            for coin in coins { coin.output.encode(to: &writer) }
        }
        return try answer(writer.bytes, request) {
            .array(
                spent.map { coins -> JSON in
                    .array(coins.map { .object(Self.output($0.output, context)) })
                })
        }
    }

    static func output(_ output: TransactionOutput, _ context: RPCContext) -> JSONObject {
        [
            "value": .amount(output.value.satoshis),
            "scriptPubKey": .object(ScriptJSON.output(output.script, context.definition)),
        ]
    }

    // MARK: Headers

    func headers(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        guard let last = path.last, path.count <= 2 else {
            throw RESTError.badRequest(
                "Invalid URI format. Expected /rest/headers/<hash>.<ext>?count=<count>")
        }
        // The number stood in the path once.
        let count = try Self.count(path.count == 2 ? path[0] : request["count"])
        let found = await active(from: try hash(last), count)
        return try answer(found.flatMap(\.header.bytes), request) {
            .array(found.map { .object(BlockJSON.header($0, context.definition)) })
        }
    }

    func filterHeaders(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        guard (2...3).contains(path.count), let last = path.last else {
            throw RESTError.badRequest(
                "Invalid URI format. Expected "
                    + "/rest/blockfilterheaders/<filtertype>/<blockhash>.<ext>?count=<count>")
        }
        let count = try Self.count(path.count == 3 ? path[1] : request["count"])
        let start = try hash(last)
        let index = try filterIndex(path[0])
        let blocks = await active(from: start, count).map(\.hash)
        let isReady = try await index.caughtUp()
        guard let headers = try await index.headers(of: blocks) else {
            throw Self.noFilter(isConnected: true, isReady)
        }
        return try answer(headers.flatMap { Array($0.bytes) }, request) {
            .array(headers.map { .string($0.displayHex) })
        }
    }

    func filter(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        guard path.count == 2 else {
            throw RESTError.badRequest(
                "Invalid URI format. Expected /rest/blockfilter/<filtertype>/<blockhash>")
        }
        _ = try hash(path[1])
        let index = try filterIndex(path[0])
        let info = try await known(path[1])
        let isReady = try await index.caughtUp()
        guard let (filter, _) = try await index.filter(of: info.hash) else {
            throw Self.noFilter(isConnected: info.isFullyValid, isReady)
        }
        var writer = ByteWriter()
        // The number of the basic kind.
        writer.write(UInt8(0))
        writer.write(info.hash)
        writer.writeSized(filter)
        return try answer(writer.bytes, request) { ["filter": .hex(filter)] }
    }

    private func filterIndex(_ type: String) throws -> BlockFilterIndex {
        guard type == "basic" else { throw RESTError.badRequest("Unknown filtertype \(type)") }
        guard let index = context.blockFilterIndex else {
            throw RESTError.badRequest("Index is not enabled for filtertype \(type)")
        }
        return index
    }

    private static func noFilter(isConnected: Bool, _ isReady: Bool) -> RESTError {
        let reason =
            if !isConnected {
                "Block was not connected to active chain."
            } else if !isReady {
                "Block filters are still in the process of being indexed."
            } else {
                "This error is unexpected and indicates index corruption."
            }
        return .notFound("Filter not found. \(reason)")
    }

    private static func count(_ text: String?) throws -> Int {
        let text = text ?? "5"
        guard let count = text.digits(Int.self), (1...headerLimit).contains(count) else {
            throw RESTError.badRequest(
                "Header count is invalid or out of acceptable range (1-\(headerLimit)): \(text)")
        }
        return count
    }

    /// The blocks of the active chain from one on; none where it is not on it.
    private func active(from hash: BlockHash, _ count: Int) async -> [BlockInfo] {
        var found: [BlockInfo] = []
        var next: BlockHash? = hash
        while found.count < count, let hash = next,
            let info = await context.validator.blockInfo(hash), info.isOnActiveChain
        {
            found.append(info)
            next = info.nextHash
        }
        return found
    }
}
