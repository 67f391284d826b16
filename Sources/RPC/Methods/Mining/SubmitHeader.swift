import Chain
import Cryptography
import Networking
import Notation
import Primitives

struct SubmitHeader: RPCMethod {
    let name = "submitheader"
    let summary = """
        Decode the given hexdata as a header and submit it as a candidate chain tip if valid.
        Throws when the header is invalid.
        """
    let parameters = [Parameter("hexdata", .hex, "the hex-encoded block header data")]
    let results = [ResultText(.null, "", "None")]
    let examples = [Example(["\"aabbcc\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        // What follows the header is ignored, so that a whole block will do.
        guard let bytes = Hex.decode(try request.string("hexdata")),
            let header = try? BlockHeader(decoding: Array(bytes.prefix(BlockHeader.encodedSize)))
        else { throw RPCError.deserialization("Block header decode failed") }
        guard await context.validator.blockInfo(header.previous) != nil else {
            throw RPCError.verify(
                "Must submit previous header (\(header.previous.displayHex)) first")
        }
        let outcome = try await context.validator.submit(headers: [header])
        if let rejection = outcome.rejection { throw RPCError.verify(rejection.reason) }
        // Peers may have the block.
        await context.network?.readIndex()
        return .null
    }
}
