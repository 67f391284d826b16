import Chain
import Genesis
import Notation
import Primitives

struct GetNetworkHashPS: RPCMethod {
    let name = "getnetworkhashps"
    let summary = """
        Returns the estimated network hashes per second based on the last n blocks.
        Pass in [blocks] to override # of blocks, -1 specifies since last difficulty change.
        Pass in [height] to estimate the network speed at the time when a certain block was found.

        """
    let parameters = [
        Parameter(
            "nblocks", .number, default: 120,
            "The number of previous blocks to calculate estimate from, or -1 for blocks since last difficulty change."
        ),
        Parameter(
            "height", .number, default: -1, "To estimate at the time of the given height."),
    ]
    let results = [ResultText(.number, "", "Hashes per second estimated")]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        try await Self.estimate(
            blocks: try request.int("nblocks"), height: try request.int("height"), context)
    }

    static func estimate(blocks: Int, height: Int, _ context: RPCContext) async throws -> JSON {
        guard blocks >= -1, blocks != 0 else {
            throw RPCError.invalidParameter(
                "Invalid nblocks. Must be a positive number or -1.")
        }
        let validator = context.validator
        guard height >= -1, height <= validator.tip.height else {
            throw RPCError.invalidParameter("Block does not exist at specified height")
        }
        let end = height >= 0 ? height : validator.tip.height
        guard end > 0, let last = await validator.blockInfo(height: end) else { return 0 }
        let interval = context.definition.consensus.adjustmentInterval
        let count = min(blocks == -1 ? end % interval + 1 : blocks, end)
        var earliest = last.header.time
        var latest = earliest
        var first = last
        for height in stride(from: end - 1, through: end - count, by: -1) {
            guard let info = await validator.blockInfo(height: height) else { break }
            earliest = min(earliest, info.header.time)
            latest = max(latest, info.header.time)
            first = info
        }
        guard latest > earliest else { return 0 }
        let work = (last.chainWork &- first.chainWork).approximateDouble
        return .double(work / Double(latest - earliest))
    }
}
