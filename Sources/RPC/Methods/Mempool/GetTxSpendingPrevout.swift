import Chain
import Cryptography
import Indexes
import MemoryPool
import Notation
import Primitives
import Storage

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
    let examples: [Example] = {
        let txid = "a08e6907dbbd3d809776dbfc5d82e371b764ed838b5655e72f463568df1aadf0"
        let escaped = #""[{\"txid\":\"\#(txid)\",\"vout\":3}]""#
        return [
            .shell([escaped]), .web([escaped]),
            .words(
                "> bitcoin-cli -named gettxspendingprevout outputs='[{\"txid\":\"\(txid)\","
                    + "\"vout\":3}]' return_spending_tx=true\n"),
        ]
    }()

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let outputs = try request.array("outputs")
        guard !outputs.isEmpty else {
            throw RPCError.invalidParameter("Invalid parameter, outputs are missing")
        }
        let options = try request.optionalObject("options") ?? JSONObject()
        try options.check(
            ["mempool_only": .bool, "return_spending_tx": .bool], allowsNull: true, isStrict: true)
        let index = context.spenderIndex
        let isMempoolOnly = try options["mempool_only"]?.asBool() ?? (index == nil)
        let answer = Answer(showsSpender: try options["return_spending_tx"]?.asBool() ?? false)
        let points = try outputs.map(Self.point)
        let spenders = await context.validator.mempool { pool in
            points.map { pool.spender(of: $0).flatMap { pool.transaction(txid: $0) } }
        }
        // What the pool tells comes first, whatever the order of the questions.
        var answers: [JSON] = []
        var open: [(output: JSON, point: OutPoint)] = []
        for (number, spender) in spenders.enumerated() {
            if spender != nil || isMempoolOnly {
                answers.append(answer.json(outputs[number], spender))
            } else {
                open.append((outputs[number], points[number]))
            }
        }
        guard !open.isEmpty else { return .array(answers) }
        guard let index, try await index.caughtUp() else {
            throw RPCError.misc(
                "Mempool lacks a relevant spend, and txospenderindex is unavailable.")
        }
        for (output, point) in open {
            let found: (transaction: Transaction, block: BlockHash)?
            do {
                found = try await index.spender(of: point)
            } catch let error as StorageError {
                throw RPCError.misc(error.reason)
            }
            answers.append(answer.json(output, found?.transaction, found?.block))
        }
        return .array(answers)
    }

    private static func point(_ output: JSON) throws -> OutPoint {
        let members = try output.asObject()
        try members.check(["txid": .string, "vout": .number], isStrict: true)
        let txid = try (members["txid"] ?? .null).asHash("txid")
        let index = try (members["vout"] ?? .null).asInt()
        guard index >= 0 else {
            throw RPCError.invalidParameter("Invalid parameter, vout cannot be negative")
        }
        return OutPoint(txid: txid, index: UInt32(index))
    }

    /// How one output is answered for.
    private struct Answer {
        var showsSpender: Bool

        func json(_ output: JSON, _ spender: Transaction?, _ block: BlockHash? = nil) -> JSON {
            guard var object = output.object, let spender else { return output }
            object.append("spendingtxid", .string(spender.txid.displayHex))
            if showsSpender { object.append("spendingtx", .hex(spender.bytes)) }
            if let block { object.append("blockhash", .string(block.displayHex)) }
            return .object(object)
        }
    }
}
