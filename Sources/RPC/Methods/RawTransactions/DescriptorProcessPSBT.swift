import Genesis
import Keys
import Notation
import Primitives
import Scripting

struct DescriptorProcessPSBT: RPCMethod {
    let name = "descriptorprocesspsbt"
    let summary =
        "Update all segwit inputs in a PSBT with information from output descriptors, the UTXO "
        + "set or the mempool. \nThen, sign the inputs we are able to with information from the "
        + "output descriptors. "
    let parameters = [
        Parameter("psbt", .string, "The transaction base64 string"),
        Parameter(
            "descriptors", .array, "An array of either strings or objects",
            inner: PSBTUpdate.descriptors),
        Parameter(
            "sighashtype", .string, hint: "\"DEFAULT for Taproot, ALL otherwise\"",
            "The signature hash type to sign with if not specified by the PSBT. Must be one of\n"
                + "       \"DEFAULT\"\n       \"ALL\"\n       \"NONE\"\n       \"SINGLE\"\n"
                + "       \"ALL|ANYONECANPAY\"\n       \"NONE|ANYONECANPAY\"\n"
                + "       \"SINGLE|ANYONECANPAY\""),
        Parameter(
            "bip32derivs", .bool, default: true,
            "Include BIP 32 derivation paths for public keys if we know them"),
        Parameter("finalize", .bool, default: true, "Also finalize inputs if possible"),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .string, "psbt", "The base64-encoded partially signed transaction"),
                ResultText(
                    .bool, "complete", "If the transaction has a complete set of signatures"),
                ResultText(
                    .hex, "hex", "The hex-encoded network transaction if complete",
                    optional: true),
            ])
    ]
    let examples = [
        Example.shell(["\"psbt\"", "\"[\\\"descriptor1\\\", \\\"descriptor2\\\"]\""]),
        .shell(["\"psbt\"", "\"[{\\\"desc\\\":\\\"mydescriptor\\\", \\\"range\\\":21}]\""]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        var provider = SigningProvider()
        for item in try request.array("descriptors") {
            try PSBTUpdate.learn(item, into: &provider, context.definition)
        }
        let hashType =
            request.has("sighashtype")
            ? Int32(bitPattern: try SigningArguments.hashType(request).rawValue) : nil
        if !(try request.bool("bip32derivs")) { provider.origins = [:] }
        let psbt = try await PSBTUpdate.process(
            try PSBTArguments.decode(request["psbt"]), provider, context, hashType: hashType,
            finalizes: try request.bool("finalize"))
        let isComplete = psbt.inputs.allSatisfy(\.isFinal)
        var result: JSONObject = [
            "psbt": .string(psbt.base64), "complete": .bool(isComplete),
        ]
        var copy = psbt
        if isComplete, let transaction = copy.extractFinal() {
            result.append("hex", .hex(transaction.bytes))
        }
        return .object(result)
    }
}
