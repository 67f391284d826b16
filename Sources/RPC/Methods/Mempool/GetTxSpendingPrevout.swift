import Chain
import Cryptography
import MemoryPool
import Notation
import Primitives

struct GetTxSpendingPrevout: RPCMethod {
    let name = "gettxspendingprevout"
    let summary =
        "Scans the mempool (and the txospenderindex, if available) to find transactions spending any of the given outputs"
    let parameters = [
        Parameter(
            "outputs", .array, .required,
            "The transaction outputs that we want to check, and within each, the txid (string) vout (numeric).",
            inner: [
                Parameter(
                    "", .object, .omitted, "",
                    inner: [
                        Parameter("txid", .hex, .required, "The transaction id"),
                        Parameter("vout", .number, .required, "The output number"),
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
                        ResultText(
                            .hex, "blockhash",
                            "the hash of the spending block (omitted if unspent or the spending tx is not confirmed)",
                            optional: true),
                    ])
            ])
    ]
    let examples = [Example(["[{\"txid\":\"mytxid\",\"vout\":3}]"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let outputs = try request.array("outputs")
        guard !outputs.isEmpty else {
            throw RPCError.invalidParameter("Invalid parameter, outputs are missing")
        }
        let options = try request.optionalObject("options") ?? JSONObject()
        let showsSpender = try options["return_spending_tx"]?.asBool() ?? false
        let isMempoolOnly = try options["mempool_only"]?.asBool() ?? true
        var points: [OutPoint] = []
        for output in outputs {
            let index = try (output["vout"] ?? .null).asInt()
            let txid = try (output["txid"] ?? .null).asHash("txid")
            guard index >= 0 else {
                throw RPCError.invalidParameter("Invalid parameter, vout cannot be negative")
            }
            points.append(OutPoint(txid: txid, index: UInt32(index)))
        }
        let asked = points
        let spenders = await context.validator.mempool { pool in
            asked.map { pool.spender(of: $0).flatMap { pool.transaction(txid: $0) } }
        }
        return .array(
            try zip(outputs, spenders).map { output, spender in
                guard var object = output.object else { return output }
                if let spender {
                    object.append("spendingtxid", .string(spender.txid.displayHex))
                    if showsSpender { object.append("spendingtx", .hex(spender.bytes)) }
                } else if !isMempoolOnly {
                    throw RPCError.misc(
                        "Mempool lacks a relevant spend, and txospenderindex is unavailable.")
                }
                return .object(object)
            })
    }
}
