import Genesis
import Keys
import Notation

struct DecodePSBT: RPCMethod {
    let name = "decodepsbt"
    let summary =
        "Return a JSON object representing the serialized, base64-encoded partially signed "
        + "Bitcoin transaction."
    let parameters = [Parameter("psbt", .string, "The PSBT base64 string")]
    let results = [PSBTText.root]
    let examples = [Example.shell(["\"psbt\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let psbt = try PSBTArguments.decode(request["psbt"])
        return .object(PSBTJSON(network: context.definition).object(psbt))
    }
}
