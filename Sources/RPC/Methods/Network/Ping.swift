import Networking
import Notation

struct Ping: RPCMethod {
    let name = "ping"
    let summary = """
        Requests that a ping be sent to all other nodes, to measure ping time.
        Results are provided in getpeerinfo.
        Ping command is handled in queue with all other commands, so it measures processing \
        backlog, not just network ping.

        """
    let results = [ResultText(.null, "", "")]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        await (try context.requirePeers()).ping()
        return .null
    }
}
