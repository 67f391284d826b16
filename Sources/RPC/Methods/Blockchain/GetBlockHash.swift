import Chain
import Cryptography
import Notation

struct GetBlockHash: RPCMethod {
    let name = "getblockhash"
    let summary = "Returns hash of block in best-block-chain at height provided.\n"
    let parameters = [Parameter("height", .number, "The height index")]
    let results = [ResultText(.hex, "", "The block hash")]
    let examples = [Example(["1000"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let height = try request.int("height")
        guard height >= 0, let hash = await context.validator.hash(height: height) else {
            throw RPCError.invalidParameter("Block height out of range")
        }
        return .string(hash.displayHex)
    }
}
