import MiningService
import Notation

struct ListPayouts: RPCMethod {
    let name = "listpayouts"
    let summary =
        "Returns payouts to inmates, newest first: of the block being mined (template), then immature, mature and orphaned ones.\nOf blocks that the ledger does not follow the flaw is told, and the reason where their outputs contradict what they commit to.\n"
    let parameters = [
        Parameter("count", .number, default: 100, "The number of payouts to return"),
        Parameter("skip", .number, default: 0, "The number of payouts to skip"),
        Parameter("name", .string, .omitted, "Only payouts to this inmate"),
    ]
    let examples = [Example(), Example(["20"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let count = try request.int("count")
        let skip = try request.int("skip")
        guard count >= 0 else { throw RPCError.invalidParameter("Negative count") }
        guard skip >= 0 else { throw RPCError.invalidParameter("Negative skip") }
        var records = try await context.mining { try await $0.payouts() }
        if let name = try request.optionalString("name") {
            records = records.filter { $0.name == name }
        }
        return .array(
            records.dropFirst(skip).prefix(count)
                .map { InmateJSON.record($0, context.definition) })
    }
}
