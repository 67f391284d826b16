import Genesis
import Keys
import Notation

struct SignMessageWithPrivKey: RPCMethod {
    let name = "signmessagewithprivkey"
    let summary = "Sign a message with the private key of an address\n"
    let parameters = [
        Parameter("privkey", .string, "The private key to sign the message with."),
        Parameter("message", .string, "The message to create a signature of."),
    ]
    let results = [
        ResultText(.string, "signature", "The signature of the message encoded in base 64")
    ]
    let examples =
        [
            Example.words("\nCreate the signature\n"),
            .shell(["\"privkey\"", "\"my message\""]),
        ] + MessageExamples.verification + [
            .words("\nAs a JSON-RPC call\n"), .web(["\"privkey\"", "\"my message\""]),
        ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let text = try request.string("privkey")
        guard let key = PrivateKey(wif: text, network: context.definition) else {
            throw RPCError.invalidAddressOrKey("Invalid private key")
        }
        return .string(MessageSigning.sign(try request.string("message"), with: key))
    }
}
