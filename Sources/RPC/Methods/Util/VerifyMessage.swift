import Genesis
import Keys
import Notation

struct VerifyMessage: RPCMethod {
    let name = "verifymessage"
    let summary = "Verify a signed message."
    let parameters = [
        Parameter("address", .string, "The bitcoin address to use for the signature."),
        Parameter(
            "signature", .string,
            "The signature provided by the signer in base 64 encoding (see signmessage)."),
        Parameter("message", .string, "The message that was signed."),
    ]
    let results = [ResultText(.bool, "", "If the signature is verified or not.")]
    let examples =
        [
            Example.words("\nUnlock the wallet for 30 seconds\n"),
            .shell(["\"mypassphrase\"", "30"], method: "walletpassphrase"),
            .words("\nCreate the signature\n"),
            .shell(
                ["\"1D1ZrZNe3JUo7ZycKEYQQiQAWd9y54F4XX\"", "\"my message\""],
                method: "signmessage"),
        ] + MessageExamples.verification

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let text = try request.string("address")
        guard let address = try? Address(text, network: context.definition) else {
            throw RPCError.invalidAddressOrKey("Invalid address")
        }
        guard case .pubKeyHash(let hash) = address else {
            throw RPCError.type("Address does not refer to key")
        }
        guard
            let isSigned = MessageSigning.verify(
                try request.string("signature"), of: try request.string("message"), by: hash)
        else { throw RPCError.type("Malformed base64 encoding") }
        return .bool(isSigned)
    }
}

/// Examples that the help of several methods shows.
enum MessageExamples {
    static let verification = [
        Example.words("\nVerify the signature\n"),
        .shell(
            [
                "\"1D1ZrZNe3JUo7ZycKEYQQiQAWd9y54F4XX\"", "\"signature\"", "\"my message\"",
            ], method: "verifymessage"),
    ]
}
