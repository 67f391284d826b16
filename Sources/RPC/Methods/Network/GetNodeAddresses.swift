import Networking
import Notation
import Peers
import Wire

struct GetNodeAddresses: RPCMethod {
    let name = "getnodeaddresses"
    let summary = """
        Return known addresses, after filtering for quality and recency.
        These can potentially be used to find new peers in the network.
        The total number of addresses known to the node may be higher.
        """
    let parameters = [
        Parameter(
            "count", .number, default: 1,
            "The maximum number of addresses to return. Specify 0 to return all known addresses."),
        Parameter(
            "network", .string, hint: "all networks",
            "Return only addresses of the specified network. Can be one of: ipv4, ipv6, onion, i2p, "
                + "cjdns."),
    ]
    let results = [
        ResultText(
            .array, "", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(
                            .time, "time", "The UNIX epoch time when the node was last seen"),
                        ResultText(.number, "services", "The services offered by the node"),
                        ResultText(.string, "address", "The address of the node"),
                        ResultText(.number, "port", "The port number of the node"),
                        ResultText(
                            .string, "network",
                            "The network (ipv4, ipv6, onion, i2p, cjdns) the node connected through"
                        ),
                    ])
            ])
    ]
    let examples = [Example(["8"]), Example(["4", "\"i2p\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let peers = try context.requirePeers()
        let count = try request.int("count")
        guard count >= 0 else { throw RPCError.invalidParameter("Address count out of range") }
        var kind: NetworkAddress.Kind?
        if let name = try request.optionalString("network") {
            kind = NetworkAddress.Kind(name: name.lowercased())
            guard kind != nil else {
                throw RPCError.invalidParameter("Network not recognized: \(name)")
            }
        }
        return .array(await peers.nodeAddresses(limit: count, kind: kind).map(Self.json))
    }

    private static func json(_ known: KnownAddress) -> JSON {
        let endpoint = known.address.endpoint
        return [
            "time": .int(known.address.time),
            "services": .int(known.address.services.rawValue),
            "address": .string(endpoint.address.description), "port": .int(endpoint.port),
            "network": .string(endpoint.address.kind.name),
        ]
    }
}
