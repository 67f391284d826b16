import Networking
import Notation

struct DisconnectNode: RPCMethod {
    let name = "disconnectnode"
    let summary = """
        Immediately disconnects from the specified peer node.

        Strictly one out of 'address' and 'nodeid' can be provided to identify the node.

        To disconnect by nodeid, either set 'address' to the empty string, or call using the named \
        'nodeid' argument only.

        """
    let parameters = [
        Parameter(
            "address", .string, hint: "fallback to nodeid", "The IP address/port of the node"),
        Parameter(
            "nodeid", .number, hint: "fallback to address",
            "The node ID (see getpeerinfo for node IDs)"),
    ]
    let results = [ResultText(.null, "", "")]
    let examples = [Example(["\"192.168.0.6:8333\""]), Example(["\"\"", "1"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let peers = try context.requirePeers()
        let address = try request.optionalString("address")
        let id = request["nodeid"].isNull ? nil : try request.int64("nodeid")
        let isDone: Bool
        if let address, id == nil {
            isDone = await peers.disconnect(address: address)
        } else if let id, address?.isEmpty ?? true {
            isDone = await peers.disconnect(id: id)
        } else {
            throw RPCError(
                code: .invalidParams, "Only one of address and nodeid should be provided.")
        }
        guard isDone else {
            throw RPCError(code: .nodeNotConnected, "Node not found in connected nodes")
        }
        return .null
    }
}
