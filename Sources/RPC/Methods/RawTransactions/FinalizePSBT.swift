import Keys
import Notation
import Primitives

struct FinalizePSBT: RPCMethod {
    let name = "finalizepsbt"
    let summary = """
        Finalize the inputs of a PSBT. If the transaction is fully signed, it will produce a
        network serialized transaction which can be broadcast with sendrawtransaction. Otherwise a PSBT will be
        created which has the final_scriptSig and final_scriptwitness fields filled for inputs that are complete.
        Implements the Finalizer and Extractor roles.

        """
    let parameters = [
        PSBTArguments.psbt,
        Parameter(
            "extract", .bool, default: true,
            """
            If true and the transaction is complete,
                                         extract and return the complete transaction in normal network serialization instead of the PSBT.
            """),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .string, "psbt",
                    "The base64-encoded partially signed transaction if not extracted",
                    optional: true),
                ResultText(
                    .hex, "hex", "The hex-encoded network transaction if extracted",
                    optional: true),
                ResultText(
                    .bool, "complete", "If the transaction has a complete set of signatures"),
            ])
    ]
    let examples = [Example.shell(["\"psbt\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        var psbt = try PSBTArguments.decode(request["psbt"])
        let extracts = try request.bool("extract")
        let transaction = psbt.extractFinal()
        if extracts, let transaction {
            return ["hex": .hex(transaction.bytes), "complete": true]
        }
        return ["psbt": .string(psbt.base64), "complete": .bool(transaction != nil)]
    }
}
