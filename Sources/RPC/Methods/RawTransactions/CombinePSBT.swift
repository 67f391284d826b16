import Keys
import Notation

struct CombinePSBT: RPCMethod {
    let name = "combinepsbt"
    let summary = """
        Combine multiple partially signed Bitcoin transactions into one transaction.
        Implements the Combiner role.

        """
    let parameters = [
        Parameter(
            "txs", .array, "The base64 strings of partially signed transactions",
            inner: [Parameter("psbt", .string, .omitted, "A base64 string of a PSBT")])
    ]
    let results = [
        ResultText(.string, "", "The base64-encoded partially signed transaction")
    ]
    let examples = [Example.shell(["'[\"mybase64_1\", \"mybase64_2\", \"mybase64_3\"]'"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let texts = try request.array("txs")
        guard !texts.isEmpty else {
            throw RPCError.invalidParameter("Parameter 'txs' cannot be empty")
        }
        guard let combined = PSBT.combining(try texts.map(PSBTArguments.decode)) else {
            throw RPCError.invalidParameter(
                "PSBTs not compatible (different transactions)")
        }
        return .string(combined.base64)
    }
}
