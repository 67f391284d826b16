import Networking
import Notation
import Wire

struct AddPeerAddress: RPCMethod {
    let name = "addpeeraddress"
    let summary =
        "Add the address of a potential peer to an address manager table. This RPC is for testing only."
    let parameters = [
        Parameter("address", .string, .required, "The IP address of the peer"),
        Parameter("port", .number, .required, "The port of the peer"),
        Parameter(
            "tried", .bool, default: false,
            "If true, attempt to add the peer to the tried addresses table"),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .bool, "success",
                    "whether the peer address was successfully added to the address manager table"),
                ResultText(
                    .string, "error", "error description, if the address could not be added",
                    optional: true),
            ])
    ]
    let examples = [Example(["\"1.2.3.4\"", "8333", "true"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let peers = try context.requirePeers()
        guard let address = NetworkAddress(try request.string("address")) else {
            throw RPCError(code: .invalidAddressOrSubnet, "Invalid IP address")
        }
        guard let port = UInt16(exactly: try request.int64("port")) else {
            throw RPCError.misc("JSON integer out of range")
        }
        let isTried = try request.bool("tried")
        guard await peers.addAddress(Endpoint(address, port: port), isTried: isTried) else {
            return ["error": "failed-adding-to-new", "success": false]
        }
        return ["success": true]
    }
}
