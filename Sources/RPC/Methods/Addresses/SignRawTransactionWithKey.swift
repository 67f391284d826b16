import Genesis
import Keys
import Notation
import Primitives
import Scripting

struct SignRawTransactionWithKey: RPCMethod {
    let name = "signrawtransactionwithkey"
    let summary =
        "Sign inputs for raw transaction (serialized, hex-encoded).\n"
        + "The second argument is an array of base58-encoded private\n"
        + "keys that will be the only keys used to sign the transaction.\n"
        + "The third optional argument (may be null) is an array of previous transaction outputs "
        + "that\nthis transaction depends on but may not yet be in the block chain.\n"
    let parameters = [
        Parameter("hexstring", .string, "The transaction hex string"),
        Parameter(
            "privkeys", .array, "The base58-encoded private keys for signing",
            inner: [Parameter("privatekey", .hex, .omitted, "private key in base58-encoding")]),
        SigningArguments.previousOutputs, SigningArguments.hashType,
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        var arguments = try SigningArguments(request)
        var provider = SigningProvider()
        for item in try request.array("privkeys") {
            guard let key = PrivateKey(wif: try item.asString(), network: context.definition)
            else { throw RPCError.invalidAddressOrKey("Invalid private key") }
            provider.add(key)
        }
        let known = try await arguments.knownOutputs(context)
        try arguments.readOutputs(request, known: known, keepsScripts: true)
        provider.merge(arguments.scripts)
        let outputs = arguments.spentOutputs(known: known)
        let signer = TransactionSigner(
            provider: provider, hashType: try SigningArguments.hashType(request))
        return try SigningArguments.answer(
            signer.sign(arguments.transaction, spending: outputs), spending: outputs)
    }
}
