import Chain
import Cryptography
import Genesis
import Notation
import Primitives

struct GetChainTxStats: RPCMethod {
    let name = "getchaintxstats"
    let summary =
        "Compute statistics about the total number and rate of transactions in the chain.\n"
    let parameters = [
        Parameter("nblocks", .number, hint: "one month", "Size of the window in number of blocks"),
        Parameter(
            "blockhash", .hex, hint: "chain tip", "The hash of the block that ends the window."),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .time, "time",
                    "The timestamp for the final block in the window, expressed in UNIX epoch time"
                ),
                ResultText(
                    .number, "txcount",
                    "The total number of transactions in the chain up to that point, if known. It may be unknown when using assumeutxo.",
                    optional: true),
                ResultText(
                    .hex, "window_final_block_hash", "The hash of the final block in the window"),
                ResultText(
                    .number, "window_final_block_height",
                    "The height of the final block in the window."),
                ResultText(.number, "window_block_count", "Size of the window in number of blocks"),
                ResultText(
                    .number, "window_interval",
                    "The elapsed time in the window in seconds. Only returned if \"window_block_count\" is > 0",
                    optional: true),
                ResultText(
                    .number, "window_tx_count",
                    "The number of transactions in the window. Only returned if \"window_block_count\" is > 0 and if txcount exists for the start and end of the window.",
                    optional: true),
                ResultText(
                    .number, "txrate",
                    "The average rate of transactions per second in the window. Only returned if \"window_interval\" is > 0 and if window_tx_count exists.",
                    optional: true),
            ])
    ]
    let examples = [Example(), Example(["2016"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let validator = context.validator
        let end: BlockInfo
        if request.has("blockhash") {
            end = try await context.knownBlock(try request.hash("blockhash"))
            guard end.isOnActiveChain else {
                throw RPCError.invalidParameter("Block is not in main chain")
            }
        } else {
            end = try await context.knownBlock(validator.tip.hash)
        }
        let count: Int
        if let given = try request.optionalInt("nblocks") {
            guard given >= 0, given == 0 || given < end.height else {
                throw RPCError.invalidParameter(
                    "Invalid block count: should be between 0 and the block's height - 1")
            }
            count = given
        } else {
            let month = 30 * 24 * 60 * 60 / Int(context.definition.consensus.spacing)
            count = max(0, min(month, end.height - 1))
        }
        guard let start = await validator.ancestor(of: end.hash, height: end.height - count)
        else { throw RPCError.misc("Block not found") }

        var object: JSONObject = ["time": .int(end.header.time)]
        if let total = end.chainTransactionCount { object.append("txcount", .int(total)) }
        object.append("window_final_block_hash", .string(end.hash.displayHex))
        object.append("window_final_block_height", .int(end.height))
        object.append("window_block_count", .int(count))
        guard count > 0 else { return .object(object) }
        let seconds = Int64(end.medianTimePast) - Int64(start.medianTimePast)
        object.append("window_interval", .int(seconds))
        if let last = end.chainTransactionCount, let first = start.chainTransactionCount {
            object.append("window_tx_count", .int(last - first))
            if seconds > 0 {
                object.append("txrate", .double(Double(last - first) / Double(seconds)))
            }
        }
        return .object(object)
    }
}
