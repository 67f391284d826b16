import Chain
import Cryptography
import MemoryPool
import Notation
import Primitives

struct GetTxSpendingPrevOut: RPCMethod {
    let name = "gettxspendingprevout"
    let summary =
        "Scans the mempool (and the txospenderindex, if available) to find transactions spending any of the given outputs"
    let parameters = [
        Parameter(
            "outputs", .array,
            "The transaction outputs that we want to check, and within each, the txid (string) vout (numeric).",
            inner: [
                Parameter(
                    "", .object, .omitted, "",
                    inner: [
                        Parameter("txid", .hex, "The transaction id"),
                        Parameter("vout", .number, "The output number"),
                    ])
            ]),
        Parameter(
            "options", .namedOptions, .omitted, "",
            inner: [
                Parameter(
                    "mempool_only", .bool,
                    hint: "true if txospenderindex unavailable, otherwise false",
                    "If false and mempool lacks a relevant spend, use txospenderindex (throws an exception if not available)."
                ),
                Parameter(
                    "return_spending_tx", .bool, hint: "false",
                    "If true, return the full spending tx."),
            ]),
    ]
    let results = [
        ResultText(
            .array, "", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(.hex, "txid", "the transaction id of the checked output"),
                        ResultText(.number, "vout", "the vout value of the checked output"),
                        ResultText(
                            .hex, "spendingtxid",
                            "the transaction id of the mempool transaction spending this output (omitted if unspent)",
                            optional: true),
                        ResultText(
                            .hex, "spendingtx",
                            "the transaction spending this output (only if return_spending_tx is set, omitted if unspent)",
                            optional: true),
                    ])
            ])
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let outputs = try request.array("outputs")
        guard !outputs.isEmpty else {
            throw RPCError.invalidParameter("Invalid parameter, outputs are missing")
        }
        let options = try request.optionalObject("options") ?? JSONObject()
        try options.check(
            ["mempool_only": .bool, "return_spending_tx": .bool], allowsNull: true,
            isStrict: true)
        let isPoolOnly = options["mempool_only"]?.bool ?? true
        let showsSpender = options["return_spending_tx"]?.bool ?? false
        let points = try outputs.map(Self.point)
        let spenders = await context.validator.mempool { pool in
            points.map { point in pool.spender(of: point).flatMap { pool.transaction(txid: $0) } }
        }
        return .array(
            try zip(outputs, spenders).map { output, spender in
                var object = try output.asObject()
                guard let spender else {
                    guard isPoolOnly else {
                        throw RPCError.misc(
                            "Mempool lacks a relevant spend, and txospenderindex is unavailable.")
                    }
                    return .object(object)
                }
                object.append("spendingtxid", .string(spender.txid.displayHex))
                if showsSpender { object.append("spendingtx", .hex(spender.bytes)) }
                return .object(object)
            })
    }

    private static func point(_ json: JSON) throws -> OutPoint {
        let object = try json.asObject()
        try object.check(["txid": .string, "vout": .number], isStrict: true)
        let txid = try (object["txid"] ?? .null).asHash("txid")
        guard let index = UInt32(exactly: try (object["vout"] ?? .null).asInt()) else {
            throw RPCError.invalidParameter("Invalid parameter, vout cannot be negative")
        }
        return OutPoint(txid: txid, index: index)
    }
}
