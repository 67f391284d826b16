import Chain
import Notation
import Primitives

struct SubmitBlock: RPCMethod {
    let name = "submitblock"
    let summary = """
        Attempts to submit new block to network.
        See https://en.bitcoin.it/wiki/BIP_0022 for full specification.
        """
    let parameters = [
        Parameter("hexdata", .hex, "the hex-encoded block data to submit"),
        Parameter(
            "dummy", .string, hint: "ignored",
            "dummy value, for compatibility with BIP22. This value is ignored."),
    ]
    let results = [
        ResultText(.null, when: "If the block was accepted"),
        ResultText(.string, "", "According to BIP22", when: "Otherwise"),
    ]
    let examples = [Example(["\"mydata\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard let bytes = Hex.decode(try request.string("hexdata")),
            let block = try? Block(decoding: bytes, allowTrailing: true)
        else { throw RPCError.deserialization("Block decode failed") }
        let outcome = try await context.validator.submit(block: block, completesWitness: true)
        return .optional(outcome.bip22)
    }
}
