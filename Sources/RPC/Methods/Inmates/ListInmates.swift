import MiningService
import Notation

struct ListInmates: RPCMethod {
    let name = "listinmates"
    let summary =
        "Returns what every inmate of the node's roster has been paid by coinbases of the active chain.\nWhat can be spent in the next block is mature, the rest of it immature.\nWho left the roster and is still owed something, or owes, stands at the end, marked as left.\n"
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let statuses = try await context.mining { try await $0.inmates() }
        let work = context.work()
        return .array(statuses.map { InmateJSON.inmate($0, work[Array($0.name.utf8)]) })
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
        let records = try await context.mining { try await $0.payouts() }
            .filter { $0.name == name }
        let status = statuses.first { $0.name == name }
        // Who left with nothing owed is known by what he was paid alone.
        guard status != nil || !records.isEmpty else {
            throw RPCError.invalidAddressOrKey("No inmate is named \"\(name)\"")
        }
        var object: JSONObject = ["name": .string(name), "left": true]
        if let status,
            let shown = InmateJSON.inmate(status, context.work()[Array(name.utf8)]).object
        {
            object = shown
        }
        object.append(
            "history", .array(records.map { InmateJSON.record($0, context.definition) }))
        return .object(object)
    }
}
