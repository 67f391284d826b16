import Keys
import Notation

struct JoinPSBTs: RPCMethod {
    let name = "joinpsbts"
    let summary = """
        Joins multiple distinct version 0 PSBTs with different inputs and outputs into one version 0 PSBT with inputs and outputs from all of the PSBTs
        No input in any of the PSBTs can be in more than one of the PSBTs.

        """
    let parameters = [
        Parameter(
            "txs", .array, "The base64 strings of partially signed transactions",
            inner: [Parameter("psbt", .string, "A base64 string of a PSBT")])
    ]
    let results = [
        ResultText(.string, "", "The base64-encoded partially signed transaction")
    ]
    let examples = [Example.shell(["\"psbt\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let texts = try request.array("txs")
        guard texts.count > 1 else {
            throw RPCError.invalidParameter(
                "At least two PSBTs are required to join PSBTs.")
        }
        let parts = try texts.map(PSBTArguments.decode)
        do {
            var joined = try PSBT.joining(parts)
            // Whose inputs and outputs these are is not to be seen.
            joined.inputs.shuffle()
            joined.outputs.shuffle()
            return .string(joined.base64)
        } catch {
            throw RPCError.invalidParameter(error.message)
        }
    }
}
