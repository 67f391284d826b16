import Chain
import MemoryPool
import Networking
import Notation
import Primitives
import Wire

struct GetNetworkInfo: RPCMethod {
    let name = "getnetworkinfo"
    let summary = "Returns an object containing various state info regarding P2P networking.\n"
    let results = [ResultText(.object, "", "", GetNetworkInfo.members)]
    let examples = [Example()]

    /// The version of Bitcoin Core whose interface this is: its own client refuses older ones.
    private static let interfaceVersion = 319_900

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let summary = await (try context.requirePeers()).summary()
        let policy = await context.validator.mempool { $0.policy }
        let warnings = await context.warningsJSON()
        var object = JSONObject([
            ("version", .int(Self.interfaceVersion)), ("subversion", .string(summary.userAgent)),
            ("protocolversion", .int(summary.protocolVersion)),
            ("localservices", .string(Services(rawValue: summary.services).hex)),
            ("localservicesnames", .array(summary.serviceNames.map { .string($0) })),
            ("localrelay", .bool(summary.relaysTransactions)),
            ("timeoffset", .int(summary.timeOffset)), ("networkactive", .bool(summary.isActive)),
            ("connections", .int(summary.counts.total)),
            ("connections_in", .int(summary.counts.inbound)),
            ("connections_out", .int(summary.counts.outbound)),
        ])
        object.append("networks", .array(summary.networks.map(Self.json)))
        object.append("relayfee", .amount(policy.minRelayFeeRate.satoshisPerKvB))
        object.append("incrementalfee", .amount(policy.incrementalRelayFeeRate.satoshisPerKvB))
        object.append("localaddresses", .array(summary.localAddresses.map(Self.json)))
        object.append("warnings", warnings)
        return .object(object)
    }

    private static func json(_ network: ReachableNetwork) -> JSON {
        [
            "name": .string(network.name), "limited": .bool(network.isLimited),
            "reachable": .bool(network.isReachable), "proxy": .string(network.proxy),
            "proxy_randomize_credentials": .bool(network.randomizesCredentials),
        ]
    }

    private static func json(_ address: LocalAddress) -> JSON {
        [
            "address": .string(address.address), "port": .int(address.port),
            "score": .int(address.score),
        ]
    }

    private static let members = [
        ResultText(.number, "version", "the server version"),
        ResultText(.string, "subversion", "the server subversion string"),
        ResultText(.number, "protocolversion", "the protocol version"),
        ResultText(.hex, "localservices", "the services we offer to the network"),
        ResultText(
            .array, "localservicesnames",
            "the services we offer to the network, in human-readable form",
            [ResultText(.string, "SERVICE_NAME", "the service name")]),
        ResultText(.bool, "localrelay", "true if transaction relay is requested from peers"),
        ResultText(.number, "timeoffset", "the time offset"),
        ResultText(.number, "connections", "the total number of connections"),
        ResultText(.number, "connections_in", "the number of inbound connections"),
        ResultText(.number, "connections_out", "the number of outbound connections"),
        ResultText(.bool, "networkactive", "whether p2p networking is enabled"),
        ResultText(
            .array, "networks", "information per network",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(.string, "name", "network (ipv4, ipv6, onion, i2p, cjdns)"),
                        ResultText(.bool, "limited", "is the network limited using -onlynet?"),
                        ResultText(.bool, "reachable", "is the network reachable?"),
                        ResultText(
                            .string, "proxy",
                            "(\"host:port\") the proxy that is used for this network, or empty if none"
                        ),
                        ResultText(
                            .bool, "proxy_randomize_credentials",
                            "Whether randomized credentials are used"),
                    ])
            ]),
        ResultText(
            .number, "relayfee", "minimum relay fee rate for transactions in BTC/kvB"),
        ResultText(
            .number, "incrementalfee",
            "minimum fee rate increment for mempool limiting or replacement in BTC/kvB"),
        ResultText(
            .array, "localaddresses", "list of local addresses",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(.string, "address", "network address"),
                        ResultText(.number, "port", "network port"),
                        ResultText(.number, "score", "relative score"),
                    ])
            ]),
        ResultText(
            .array, "warnings",
            "any network and blockchain warnings (run with `-deprecatedrpc=warnings` to return the "
                + "latest warning as a single string)", [ResultText(.string, "", "warning")]),
    ]
}
