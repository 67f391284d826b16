import Chain
import Networking
import Notation

struct GetBlockFromPeer: RPCMethod {
    let name = "getblockfrompeer"
    let summary = """
        Attempt to fetch block from a given peer.

        We must have the header for this block, e.g. using submitheader.
        The block will not have any undo data which can limit the usage of the block data in a context where the undo data is needed.
        Subsequent calls for the same block may cause the response from the previous peer to be ignored.
        Peers generally ignore requests for a stale block that they never fully verified, or one that is more than a month old.
        When a peer does not respond with a block, we will disconnect.
        Note: The block could be re-pruned as soon as it is received.

        Returns an empty JSON object if the request was successfully scheduled.
        """
    let parameters = [
        Parameter.blockHash("The block hash to try to fetch"),
        Parameter(
            "peer_id", .number, "The peer to fetch it from (see getpeerinfo for peer IDs)"),
    ]
    let results = [ResultText(.object, "", "")]
    let examples = [Example(Example.blockHash.arguments + ["0"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let peers = try context.requirePeers()
        let hash = try request.hash("blockhash")
        let id = try request.int64("peer_id")
        guard let info = await context.validator.blockInfo(hash) else {
            throw RPCError.misc("Block header missing")
        }
        // Blocks above the tip would keep their files from being pruned.
        if context.validator.pruneMode != .off, info.height > context.validator.tip.height {
            throw RPCError.misc(
                "In prune mode, only blocks that the node has already synced previously can be "
                    + "fetched from a peer")
        }
        guard !info.hasData else { throw RPCError.misc("Block already downloaded") }
        if let problem = await peers.fetchBlock(hash, from: id) {
            throw RPCError.misc(problem)
        }
        return .object(JSONObject())
    }
}
