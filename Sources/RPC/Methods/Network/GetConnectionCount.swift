import Networking
import Notation

struct GetConnectionCount: RPCMethod {
    let name = "getconnectioncount"
    let summary = "Returns the number of connections to other nodes.\n"
    let results = [ResultText(.number, "", "The connection count")]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        .int(await (try context.requirePeers()).connectionCounts().total)
    }
}
