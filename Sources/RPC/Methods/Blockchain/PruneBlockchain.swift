import Chain
import Notation

struct PruneBlockchain: RPCMethod {
    let name = "pruneblockchain"
    let summary = """
        Attempts to delete block and undo data up to a specified height or timestamp, if eligible for pruning.
        Requires `-prune` to be enabled at startup. While pruned data may be re-fetched in some cases (e.g., via `getblockfrompeer`), local deletion is irreversible.
        """
    let parameters = [
        Parameter(
            "height", .number,
            "The block height to prune up to. May be set to a discrete height, or to a UNIX epoch time\n"
                + "                  to prune blocks whose block time is at least 2 hours older than the provided timestamp."
        )
    ]
    let results = [ResultText(.number, "", "Height of the last block pruned")]
    let examples = [Example(["1000"])]

    /// What is more is a time: no chain is so long, and no block so old.
    private static let greatestHeight = 1_000_000_000
    /// Blocks may be dated so much too early, in seconds.
    private static let timeWindow: Int64 = 2 * 60 * 60

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let validator = context.validator
        guard validator.pruneMode != .off else {
            throw RPCError.misc("Cannot prune blocks because node is not in prune mode.")
        }
        var height = try request.int("height")
        guard height >= 0 else { throw RPCError.invalidParameter("Negative block height.") }
        if height > Self.greatestHeight {
            guard let found = await validator.height(atLeast: Int64(height) - Self.timeWindow)
            else {
                throw RPCError.invalidParameter(
                    "Could not find block with at least the specified timestamp.")
            }
            height = found
        }
        let tip = validator.tip.height
        guard tip >= validator.pruneAfterHeight else {
            throw RPCError.misc("Blockchain is too short for pruning.")
        }
        guard height <= tip else {
            throw RPCError.invalidParameter(
                "Blockchain is shorter than the attempted prune height.")
        }
        try await validator.prune(upTo: min(height, tip - validator.keptBlocks))
        return .int(await validator.prunedHeight ?? -1)
    }
}
