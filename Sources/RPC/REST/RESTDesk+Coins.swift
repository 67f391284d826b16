import Chain
import Consensus
import Cryptography
import Notation
import Primitives

extension RESTDesk {
    // MARK: Transactions

    func transaction(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        let text = single(path)
        let txid = try hash(text)
        let validator = context.validator
        var found = await validator.mempoolTransaction(txid)
        var block: BlockHash?
        if found == nil, let confirmed = try await context.indexedTransaction(txid) {
            (found, block) = (confirmed.transaction, confirmed.block)
        }
        guard let transaction = found else { throw RESTError.notFound("\(text) not found") }
        return try answer(Array(transaction.bytes), request) {
            .object(TransactionJSON.object(transaction, context.definition, block: block))
        }
    }

    func mempool(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        switch single(path) {
        case "info": return try await call("getmempoolinfo", request)
        case "contents":
            guard request.form == .json else { throw RESTError.noForm("json") }
            let isVerbose = try Self.flag("verbose", request, default: true)
            let withSequence = try Self.flag("mempool_sequence", request, default: false)
            guard !isVerbose || !withSequence else {
                throw RESTError.badRequest(
                    "Verbose results cannot contain mempool sequence values. "
                        + "(hint: set \"verbose=false\")")
            }
            return try await call(
                "getrawmempool", request, [.bool(isVerbose), .bool(withSequence)])
        default:
            throw RESTError.badRequest(
                "Invalid URI format. Expected /rest/mempool/<info|contents>.json")
        }
    }

    private static func flag(
        _ name: String, _ request: RESTRequest, default value: Bool
    ) throws -> Bool {
        switch request[name] {
        case nil: return value
        case "true": return true
        case "false": return false
        default:
            throw RESTError.badRequest(
                "The \"\(name)\" query parameter must be either \"true\" or \"false\".")
        }
    }

    // MARK: Coins

    private static let pointLimit = 15

    /// Which of some coins are there, and what they are (BIP64).
    func coins(_ path: [String], _ request: RESTRequest) async throws -> RESTAnswer {
        guard request.form != nil else { throw RESTError.noForm() }
        let (points, checksPool) = try Self.points(path, request)
        guard points.count <= Self.pointLimit else {
            throw RESTError.badRequest(
                "Error: max outpoints exceeded (max: \(Self.pointLimit), tried: \(points.count))")
        }
        let tip = context.validator.tip
        let coins = try await context.validator.coins(points, includingMempool: checksPool)
        let found = coins.compactMap { $0 }
        return try answer(Self.bytes(coins, tip), request) {
            [
                "chainHeight": .int(tip.height), "chaintipHash": .string(tip.hash.displayHex),
                "bitmap": .string(coins.map { $0 == nil ? "0" : "1" }.joined()),
                "utxos": .array(
                    found.map { coin -> JSON in
                        var object: JSONObject = ["height": .int(coin.height)]
                        object.append(contentsOf: Self.output(coin.output, context))
                        return .object(object)
                    }),
            ]
        }
    }

    private static func bytes(_ coins: [Coin?], _ tip: ChainTip) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (coins.count + 7) / 8)
        for (place, coin) in coins.enumerated() where coin != nil {
            bits[place / 8] |= 1 << UInt8(place % 8)
        }
        let found = coins.compactMap { $0 }
        var writer = ByteWriter()
        writer.write(UInt32(clamping: tip.height))
        writer.write(tip.hash)
        writer.writeSized(bits)
        writer.writeCompactSize(found.count)
        for coin in found {
            // A version of the transaction stood here once.
            writer.write(UInt32(0))
            writer.write(UInt32(clamping: coin.height))
            coin.output.encode(to: &writer)
        }
        return writer.bytes
    }

    /// What is asked for, in the path or in the body.
    private static func points(
        _ path: [String], _ request: RESTRequest
    ) throws -> (points: [OutPoint], checksPool: Bool) {
        guard !path.isEmpty || !request.body.isEmpty else {
            throw RESTError.badRequest("Error: empty request")
        }
        let checksPool = path.first == "checkmempool"
        let points = try path.dropFirst(checksPool ? 1 : 0).map(point)
        guard !points.isEmpty || path.isEmpty else {
            throw RESTError.badRequest("Error: empty request")
        }
        guard request.form != .json else {
            guard !points.isEmpty else { throw RESTError.badRequest("Error: empty request") }
            return (points, checksPool)
        }
        guard !request.body.isEmpty else { return (points, checksPool) }
        guard points.isEmpty else {
            throw RESTError.badRequest(
                "Combination of URI scheme inputs and raw post data is not allowed")
        }
        let text = String(decoding: request.body, as: UTF8.self)
        let bytes = request.form == .hex ? Hex.decode(text) : request.body
        guard let bytes, let read = try? decoded(bytes) else {
            throw RESTError.badRequest("Parse error")
        }
        return read
    }

    private static func point(_ text: String) throws -> OutPoint {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 64,
            let txid = Hash256(displayHex: String(parts[0])),
            let index = String(parts[1]).digits(UInt32.self)
        else { throw RESTError.badRequest("Parse error") }
        return OutPoint(txid: txid, index: index)
    }

    private static func decoded(
        _ bytes: [UInt8]
    ) throws(DecodingError) -> (points: [OutPoint], checksPool: Bool) {
        var reader = ByteReader(bytes.span)
        let checksPool = try reader.read(UInt8.self) != 0
        var points: [OutPoint] = []
        for _ in 0..<(try reader.readCount(minimumSize: OutPoint.encodedSize)) {
            points.append(try OutPoint(from: &reader))
        }
        return (points, checksPool)
    }
}
