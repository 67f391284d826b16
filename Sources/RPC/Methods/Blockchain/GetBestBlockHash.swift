import Chain
import Cryptography
import Notation

struct GetBestBlockHash: RPCMethod {
    let name = "getbestblockhash"
    let summary =
        "Returns the hash of the best (tip) block in the most-work fully-validated chain.\n"
    let results = [ResultText(.hex, "", "the block hash, hex-encoded")]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        .string(context.validator.tip.hash.displayHex)
    }
}
