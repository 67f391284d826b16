import Chain
import Notation

struct GetBlockCount: RPCMethod {
    let name = "getblockcount"
    let summary = """
        Returns the height of the most-work fully-validated chain.
        The genesis block has height 0.
        """
    let results = [ResultText(.number, "", "The current block count")]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        .int(context.validator.tip.height)
    }
}
