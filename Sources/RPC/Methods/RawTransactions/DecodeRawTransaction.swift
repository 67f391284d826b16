import Genesis
import Notation
import Primitives

struct DecodeRawTransaction: RPCMethod {
    let name = "decoderawtransaction"
    let summary = "Return a JSON object representing the serialized, hex-encoded transaction."
    let parameters = [
        Parameter("hexstring", .hex, "The transaction hex string"),
        Parameter(
            "iswitness", .bool, hint: "depends on heuristic tests",
            """
            Whether the transaction hex is a serialized witness transaction.
            If iswitness is not present, heuristic tests will be used in decoding.
            If true, only witness deserialization will be tried.
            If false, only non-witness deserialization will be tried.
            This boolean should reflect whether the transaction has inputs
            (e.g. fully valid, or on-chain transactions), if known by the caller.
            """),
    ]
    let results = [ResultText(.object, "", "", TransactionText.fields)]
    let examples = [Example(["\"hexstring\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let hasWitness = try request.optionalBool("iswitness")
        guard
            let transaction = TransactionDecoder.decode(
                hex: try request.string("hexstring"), triesWitness: hasWitness ?? true,
                triesNoWitness: !(hasWitness ?? false))
        else { throw RPCError.deserialization("TX decode failed") }
        return .object(
            TransactionJSON.object(transaction, context.definition, includesHex: false))
    }
}

/// What the help says of transactions.
enum TransactionText {
    static let fields = [
        ResultText(.hex, "txid", "The transaction id"),
        ResultText(
            .hex, "hash", "The transaction hash (differs from txid for witness transactions)"),
        ResultText(.number, "version", "The version"),
        ResultText(.number, "size", "The serialized transaction size"),
        ResultText(
            .number, "vsize",
            "The virtual transaction size (differs from size for witness transactions)"),
        ResultText(.number, "weight", "The transaction's weight (between vsize*4-3 and vsize*4)"),
        ResultText(.time, "locktime", "The lock time"),
        ResultText(
            .array, "vin", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(
                            .hex, "coinbase", "The coinbase value (only if coinbase transaction)",
                            optional: true),
                        ResultText(
                            .hex, "txid", "The transaction id (if not coinbase transaction)",
                            optional: true),
                        ResultText(
                            .number, "vout", "The output number (if not coinbase transaction)",
                            optional: true),
                        ResultText(
                            .object, "scriptSig", "The script (if not coinbase transaction)",
                            [
                                ResultText(
                                    .string, "asm",
                                    "Disassembly of the signature script"),
                                ResultText(
                                    .hex, "hex",
                                    "The raw signature script bytes, hex-encoded"),
                            ], optional: true),
                        ResultText(
                            .array, "txinwitness", "",
                            [ResultText(.hex, "hex", "hex-encoded witness data (if any)")],
                            optional: true),
                        ResultText(.number, "sequence", "The script sequence number"),
                    ])
            ]),
        ResultText(
            .array, "vout", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(.amount, "value", "The value in BTC"),
                        ResultText(.number, "n", "index"),
                        ResultText(.object, "scriptPubKey", "", ScriptText.output),
                    ])
            ]),
    ]
}
