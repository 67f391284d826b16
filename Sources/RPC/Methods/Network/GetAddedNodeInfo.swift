import Networking
import Notation
import Peers

struct GetAddedNodeInfo: RPCMethod {
    let name = "getaddednodeinfo"
    let summary = """
        Returns information about the given added node, or all added nodes
        (note that onetry addnodes are not listed here)

        """
    let parameters = [
        Parameter(
            "node", .string, hint: "all nodes",
            "If provided, return information about this specific node, otherwise all nodes are "
                + "returned.")
    ]
    let results = [
        ResultText(
            .array, "", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(
                            .string, "addednode",
                            "The node IP address or name (as provided to addnode)"),
                        ResultText(.bool, "connected", "If connected"),
                        ResultText(
                            .array, "addresses", "Only when connected = true",
                            [
                                ResultText(
                                    .object, "", "",
                                    [
                                        ResultText(
                                            .string, "address",
                                            "The bitcoin server IP and port we're connected to"),
                                        ResultText(
                                            .string, "connected", "connection, inbound or outbound"),
                                    ])
                            ]),
                    ])
            ])
    ]
    let examples = [Example(["\"192.168.0.201\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        var nodes = await (try context.requirePeers()).addedNodes()
        if let name = try request.optionalString("node") {
            nodes = nodes.filter { $0.name == name }
            guard !nodes.isEmpty else {
                throw RPCError(code: .nodeNotAdded, "Error: Node has not been added.")
            }
        }
        return .array(nodes.map(Self.json))
    }

    private static func json(_ node: AddedNode) -> JSON {
        var addresses: [JSON] = []
        if let address = node.connected {
            addresses.append([
                "address": .string(address),
                "connected": .string(node.isInbound ? "inbound" : "outbound"),
            ])
        }
        return [
            "addednode": .string(node.name), "connected": .bool(node.connected != nil),
            "addresses": .array(addresses),
        ]
    }
}
