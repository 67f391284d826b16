import Chain
import Cryptography
import MemoryPool
import Notation
import Primitives

struct PrioritiseTransaction: RPCMethod {
    let name = "prioritisetransaction"
    let summary = "Accepts the transaction into mined blocks at a higher (or lower) priority\n"
    let parameters = [
        Parameter("txid", .hex, .required, "The transaction id."),
        Parameter(
            "dummy", .number, .omitted,
            "API-Compatibility for previous API. Must be zero or null.\n"
                + "                  DEPRECATED. For forward compatibility use named arguments and omit this parameter."
        ),
        Parameter(
            "fee_delta", .number, .required,
            "The fee value (in satoshis) to add (or subtract, if negative).\n"
                + "                  Note, that this value is not a fee rate. It is a value to modify absolute fee of the TX.\n"
                + "                  The fee is not actually paid, only the algorithm for selecting transactions into a block\n"
                + "                  considers the transaction as it would have paid a higher (or lower) fee."
        ),
    ]
    let results = [ResultText(.bool, "", "Returns true")]
    let examples = [Example(["\"txid\"", "0.0", "10000"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let txid = try request.hash("txid")
        if request.has("dummy"), try request.double("dummy") != 0 {
            throw RPCError.invalidParameter(
                "Priority is no longer supported, dummy argument to prioritisetransaction must be 0."
            )
        }
        let delta = try request.int64("fee_delta")
        let makesDust = await context.validator.mempool { pool in
            guard pool.policy.requiresStandard, let transaction = pool.transaction(txid: txid)
            else { return false }
            return !pool.policy.dustOutputs(of: transaction).isEmpty
        }
        guard !makesDust else {
            throw RPCError.invalidParameter(
                "Priority is not supported for transactions with dust outputs.")
        }
        await context.validator.prioritise(txid, delta: Amount(satoshis: delta))
        return true
    }
}

struct GetPrioritisedTransactions: RPCMethod {
    let name = "getprioritisedtransactions"
    let summary =
        "Returns a map of all user-created (see prioritisetransaction) fee deltas by txid, and whether the tx is present in mempool."
    let results = [
        ResultText(
            .dynamicObject, "", "prioritisation keyed by txid",
            [
                ResultText(
                    .object, "<transactionid>", "",
                    [
                        ResultText(.number, "fee_delta", "transaction fee delta in satoshis"),
                        ResultText(
                            .bool, "in_mempool",
                            "whether this transaction is currently in mempool"),
                        ResultText(
                            .number, "modified_fee",
                            "modified fee in satoshis. Only returned if in_mempool=true",
                            optional: true),
                    ])
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        await context.validator.mempool { pool in
            var object = JSONObject()
            for (txid, delta) in pool.deltas.sorted(by: { $0.key < $1.key }) {
                var inner = JSONObject()
                inner.append("fee_delta", .int(delta))
                inner.append("in_mempool", .bool(pool.contains(txid: txid)))
                if let entry = pool[txid] { inner.append("modified_fee", .int(entry.modifiedFee)) }
                object.append(txid.displayHex, .object(inner))
            }
            return .object(object)
        }
    }
}
