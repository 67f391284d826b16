import MiningService
import Notation

struct ListInmates: RPCMethod {
    let name = "listinmates"
    let summary =
        "Returns what every inmate of the node's roster has been paid by coinbases of the active chain.\nWhat can be spent in the next block is mature, the rest of it immature.\n"
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let statuses = try await context.mining { try await $0.inmates() }
        let work = context.work()
        return .array(statuses.map { InmateJSON.inmate($0, work[$0.name]) })
    }
}

struct GetInmate: RPCMethod {
    let name = "getinmate"
    let summary = "Returns what one inmate has been paid, and all his payouts.\n"
    let parameters = [Parameter("name", .string, .required, "The inmate's name in the roster")]
    let examples = [Example(["\"ana\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let name = try request.string("name")
        let statuses = try await context.mining { try await $0.inmates() }
        guard let status = statuses.first(where: { $0.name == name }) else {
            throw RPCError.invalidAddressOrKey("No inmate is named \"\(name)\"")
        }
        let records = try await context.mining { try await $0.payouts() }
        guard var object = InmateJSON.inmate(status, context.work()[name]).object else {
            return .null
        }
        object.append(
            "history",
            .array(
                records.filter { $0.name == name }
                    .map { InmateJSON.record($0, context.definition) }))
        return .object(object)
    }
}
