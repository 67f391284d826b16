import Genesis
import Keys
import Notation
import Primitives

struct CreatePSBT: RPCMethod {
    let name = "createpsbt"
    let summary = """
        Creates a transaction in the Partially Signed Transaction format.
        Implements the Creator role.
        Note that the transaction's inputs are not signed, and
        it is not stored in the wallet or transmitted to the network.

        """
    let parameters = RawTransaction.parameters + [PSBTArguments.version]
    let results = [
        ResultText(.string, "", "The resulting raw transaction (base64-encoded string)")
    ]
    let examples = [
        Example.shell(["[{\"txid\":\"myid\",\"vout\":0}]", "[{\"address\":0.01}]"])
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let isReplaceable =
            request.arguments.count > 3 && !request.arguments[3].isNull
            ? try request.bool("replaceable") : nil
        let transaction = try RawTransaction.construct(
            inputs: request["inputs"], outputs: request["outputs"],
            lockTime: request["locktime"], isReplaceable: isReplaceable,
            version: try request.uint32("version"), context.definition)
        return try PSBTArguments.create(transaction, request)
    }
}
