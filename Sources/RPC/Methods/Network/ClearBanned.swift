import Networking
import Notation

struct ClearBanned: RPCMethod {
    let name = "clearbanned"
    let summary = "Clear all banned IPs.\n"
    let results = [ResultText(.null, "", "")]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        await (try context.requirePeers()).clearBans()
        return .null
    }
}
