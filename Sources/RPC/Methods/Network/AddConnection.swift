import Genesis
import Networking
import Notation
import Peers

struct AddConnection: RPCMethod {
    let name = "addconnection"
    let summary =
        "Open an outbound connection to a specified node. This RPC is for testing only.\n"
    let parameters = [
        Parameter(
            "address", .string, .required, "The IP address and port to attempt connecting to."),
        Parameter(
            "connection_type", .string, .required,
            "Type of connection to open (\"outbound-full-relay\", \"block-relay-only\", "
                + "\"addr-fetch\" or \"feeler\")."),
        Parameter(
            "v2transport", .bool, .required,
            "Attempt to connect using BIP324 v2 transport protocol"),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.string, "address", "Address of newly added connection."),
                ResultText(.string, "connection_type", "Type of connection opened."),
            ])
    ]
    let examples = [Example(["\"192.168.0.6:8333\"", "\"outbound-full-relay\"", "true"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard context.definition.kind == .regtest else {
            throw RPCError.misc(
                "addconnection is for regression testing (-regtest mode) only.")
        }
        let peers = try context.requirePeers()
        let type = try request.string("connection_type")
        let kinds: [ConnectionKind] = [.fullRelay, .blockRelay, .addressFetch, .feeler]
        guard let kind = kinds.first(where: { $0.rawValue == type }) else {
            throw RPCError.invalidParameter(HelpText.text(of: self))
        }
        let isEncrypted = try request.bool("v2transport")
        guard !isEncrypted || peers.configuration.isEncrypted else {
            throw RPCError.invalidParameter(
                "Error: Adding v2transport connections requires -v2transport init flag to be set.")
        }
        let address = try request.string("address")
        await peers.tryNode(address, kind: kind, isEncrypted: isEncrypted)
        return ["address": .string(address), "connection_type": .string(kind.rawValue)]
    }
}
