import Networking
import Notation

struct SetNetworkActive: RPCMethod {
    let name = "setnetworkactive"
    let summary = "Disable/enable all p2p network activity.\n"
    let parameters = [
        Parameter(
            "state", .bool, .required, "true to enable networking, false to disable")
    ]
    let results = [ResultText(.bool, "", "The value that was passed in")]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let peers = try context.requirePeers()
        await peers.setActive(try request.bool("state"))
        return .bool(await peers.summary().isActive)
    }
}
