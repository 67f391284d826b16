import Chain
import Notation

struct GetDifficulty: RPCMethod {
    let name = "getdifficulty"
    let summary = "Returns the proof-of-work difficulty as a multiple of the minimum difficulty.\n"
    let results = [
        ResultText(
            .number, "",
            "the proof-of-work difficulty as a multiple of the minimum difficulty.")
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        BlockJSON.difficulty(context.validator.tip.bits)
    }
}
