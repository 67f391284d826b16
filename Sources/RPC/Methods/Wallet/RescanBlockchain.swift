import Chain
import Notation
import Wallets

struct RescanBlockchain: RPCMethod {
    let name = "rescanblockchain"
    let summary =
        "Rescan the local blockchain for wallet related transactions.\n"
        + "Note: Use \"getwalletinfo\" to query the scanning progress.\n"
        + "The chain is read to its tip whatever stop_height is; the answer tells how far it was "
        + "read.\n"
    let parameters: [Parameter] = [
        Parameter(
            "start_height", .number, default: 0, "block height where the rescan should start"),
        Parameter(
            "stop_height", .number, .omitted,
            "a height of the chain, not below start_height; all blocks up to the tip are scanned "
                + "also where it is given"),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let start = try request.int("start_height")
        let tip = context.validator.tip.height
        guard (0...tip).contains(start) else {
            throw RPCError.invalidParameter("Invalid start_height")
        }
        if let stop = try request.optionalInt("stop_height") {
            guard (0...tip).contains(stop) else {
                throw RPCError.invalidParameter("Invalid stop_height")
            }
            guard stop >= start else {
                throw RPCError.invalidParameter(
                    "stop_height must be greater than start_height")
            }
        }
        try await wallet.rescan(fromHeight: start)
        return [
            "start_height": .int(start),
            "stop_height": .int(await wallet.lastBlock?.height ?? tip),
        ]
    }
}
