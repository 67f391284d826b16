import Genesis
import Networking
import Notation

struct MockScheduler: RPCMethod {
    let name = "mockscheduler"
    let summary = "Bump the scheduler into the future (-regtest only)\n"
    let parameters = [
        Parameter(
            "delta_time", .number, "Number of seconds to forward the scheduler into the future.")
    ]
    let results = [ResultText(.null)]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard context.definition.isMockable else {
            throw RPCError.misc("mockscheduler is for regression testing (-regtest mode) only")
        }
        let seconds = try request.int64("delta_time")
        guard (1...3600).contains(seconds) else {
            throw RPCError.misc("delta_time must be between 1 and 3600 seconds (1 hr)")
        }
        await context.network?.passPoolTime(seconds: Int(seconds))
        return .null
    }
}
