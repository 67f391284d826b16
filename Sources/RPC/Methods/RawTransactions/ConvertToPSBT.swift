import Keys
import Notation
import Primitives

struct ConvertToPSBT: RPCMethod {
    let name = "converttopsbt"
    let summary = """
        Converts a network serialized transaction to a PSBT. This should be used only with createrawtransaction and fundrawtransaction
        createpsbt and walletcreatefundedpsbt should be used for new applications.

        """
    let parameters = [
        Parameter("hexstring", .hex, "The hex string of a raw transaction"),
        Parameter(
            "permitsigdata", .bool, default: false,
            """
            If true, any signatures in the input will be discarded and conversion
                                          will continue. If false, RPC will fail if any signatures are present.
            """),
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
        PSBTArguments.version,
    ]
    let results = [
        ResultText(.string, "", "The resulting raw transaction (base64-encoded string)")
    ]
    let examples = [
        Example.words("\nCreate a transaction\n"),
        .shell(
            ["[{\"txid\":\"myid\",\"vout\":0}]", "[{\"data\":\"00010203\"}]"],
            method: "createrawtransaction"),
        .words("\nConvert the transaction to a PSBT\n"), .shell(["\"rawtransaction\""]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let permitsSignatures = try request.bool("permitsigdata")
        let hasWitness = try request.optionalBool("iswitness")
        guard
            let transaction = TransactionDecoder.decode(
                hex: try request.string("hexstring"), triesWitness: hasWitness ?? true,
                triesNoWitness: !(hasWitness ?? false))
        else { throw RPCError.deserialization("TX decode failed") }
        guard
            permitsSignatures
                || transaction.inputs.allSatisfy({ $0.script.isEmpty && $0.witness.isEmpty })
        else {
            throw RPCError.deserialization("Inputs must not have scriptSigs and scriptWitnesses")
        }
        return try PSBTArguments.create(transaction, request)
    }
}
