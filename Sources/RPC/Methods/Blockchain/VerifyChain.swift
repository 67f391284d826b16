import Chain
import Notation

struct VerifyChain: RPCMethod {
    let name = "verifychain"
    let summary = "Verifies blockchain database.\n"
    let parameters = [
        Parameter(
            "checklevel", .number, hint: "3, range=0-4",
            """
            How thorough the block verification is:
            - level 0 reads the blocks from disk
            - level 1 verifies block validity
            - level 2 verifies undo data
            - level 3 checks disconnection of tip blocks
            - level 4 tries to reconnect the blocks
            - each level includes the checks of the previous levels
            """),
        Parameter("nblocks", .number, hint: "6, 0=all", "The number of blocks to check."),
    ]
    let results = [
        ResultText(
            .bool, "",
            "Verification finished successfully. If false, check debug log for reason.")
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let level = try request.optionalInt("checklevel") ?? 3
        let count = try request.optionalInt("nblocks") ?? 6
        let damage = try await context.validator.verifyChain(level: level, count: count)
        if let damage { context.report("Verification error: \(damage)") }
        return .bool(damage == nil)
    }
}
