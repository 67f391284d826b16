import Keys
import Notation
import Primitives
import Scripting
import Wallets

struct SignRawTransactionWithWallet: RPCMethod {
    let name = "signrawtransactionwithwallet"
    let summary =
        "Sign inputs for raw transaction (serialized, hex-encoded).\n"
        + "The second optional argument (may be null) is an array of previous transaction outputs "
        + "that\nthis transaction depends on but may not yet be in the block chain."
    let parameters = [
        Parameter("hexstring", .string, "The transaction hex string"),
        SigningArguments.previousOutputs, SigningArguments.hashType,
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        var arguments = try SigningArguments(request)
        let known = try await arguments.knownOutputs(context)
        try arguments.readOutputs(request, known: known, keepsScripts: false)
        let outputs = arguments.spentOutputs(known: known)
        let outcome = try await wallet.sign(
            arguments.transaction, spending: outputs,
            hashType: SigningArguments.hashType(request))
        return try SigningArguments.answer(outcome, spending: outputs)
    }
}
