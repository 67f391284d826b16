import Mining
import Notation
import Stratum

struct ListStratumClients: RPCMethod {
    let name = "liststratumclients"
    let summary =
        "Returns the miners that are logged in at this node's Stratum door, and how their shares fared.\n"
    let parameters = [
        Parameter("name", .string, .omitted, "Only the machines of this inmate")
    ]
    let examples = [Example(), Example(["\"ana\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard let stratum = context.stratum else {
            throw RPCError.misc("This node serves no miners: start it with -stratum")
        }
        let name = try request.optionalString("name")
        return .array(
            stratum.list().filter { name == nil || $0.name == name }.map(Self.client))
    }

    private static func client(_ client: StratumClientInfo) -> JSON {
        var object = JSONObject()
        object.append("id", .int(client.number))
        object.append("addr", .string(client.address))
        object.append("inmate", .string(client.name))
        object.append("worker", .string(client.worker))
        object.append("agent", .string(client.agent))
        object.append("difficulty", .double(client.difficulty))
        object.append("hashespersecond", .double(client.hashesPerSecond))
        object.append("accepted", .int(client.counts.accepted))
        object.append("stale", .int(client.counts.stale))
        object.append("duplicate", .int(client.counts.duplicate))
        object.append("low", .int(client.counts.low))
        object.append("refused", .int(client.counts.refused))
        object.append("blocks", .int(client.counts.blocks))
        object.append("work", .int(client.counts.work))
        object.append("conntime", .int(client.connected.components.seconds))
        return .object(object)
    }
}
