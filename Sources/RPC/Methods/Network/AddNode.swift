import Networking
import Notation

struct AddNode: RPCMethod {
    let name = "addnode"
    let summary = """
        Attempts to add or remove a node from the addnode list.
        Or try a connection to a node once.
        Nodes added using addnode (or -connect) are protected from DoS disconnection and are not \
        required to be
        full nodes/support SegWit as other outbound peers are (though such peers will not be synced \
        from).
        Addnode connections are limited to 8 at a time and are counted separately from the \
        -maxconnections limit.

        """
    let parameters = [
        Parameter(
            "node", .string, .required,
            "The IP address/hostname optionally followed by :port of the peer to connect to"),
        Parameter(
            "command", .string, .required,
            "'add' to add a node to the list, 'remove' to remove a node from the list, 'onetry' "
                + "to try a connection to the node once"),
        Parameter(
            "v2transport", .bool, hint: "set by -v2transport",
            "Attempt to connect using BIP324 v2 transport protocol (ignored for 'remove' command)"),
    ]
    let results = [ResultText(.null, "", "")]
    let examples = [Example(["\"192.168.0.6:8333\"", "\"onetry\"", "true"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let command = try request.string("command")
        guard ["add", "remove", "onetry"].contains(command) else {
            throw RPCError.misc(HelpText.text(of: self))
        }
        let peers = try context.requirePeers()
        let node = try request.string("node")
        let isEncrypted =
            try request.optionalBool("v2transport") ?? peers.configuration.isEncrypted
        if isEncrypted, !peers.configuration.isEncrypted {
            throw RPCError.invalidParameter(
                "Error: v2transport requested but not enabled (see -v2transport)")
        }
        switch command {
        case "onetry":
            await peers.tryNode(node, isEncrypted: isEncrypted)
        case "add":
            guard await peers.addNode(node, isEncrypted: isEncrypted) else {
                throw RPCError(code: .nodeAlreadyAdded, "Error: Node already added")
            }
        default:
            guard await peers.removeNode(node) else {
                throw RPCError(
                    code: .nodeNotAdded,
                    "Error: Node could not be removed. It has not been added previously.")
            }
        }
        return .null
    }
}
