import Networking
import Notation
import Peers
import Primitives
import Wire

struct GetPeerInfo: RPCMethod {
    let name = "getpeerinfo"
    let summary = "Returns data about each connected network peer as a json array of objects."
    let results = [
        ResultText(.array, "", "", [ResultText(.object, "", "", GetPeerInfo.members)])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        .array(await (try context.requirePeers()).peers().map(Self.json))
    }

    private static func json(_ peer: PeerInfo) -> JSON {
        var object = JSONObject([("id", .int(peer.id)), ("addr", .string(peer.address))])
        if let bound = peer.boundAddress { object.append("addrbind", .string(bound)) }
        if let local = peer.localAddress { object.append("addrlocal", .string(local)) }
        let services = Services(rawValue: peer.services)
        object.append(
            contentsOf: JSONObject([
                ("network", .string(peer.network)), ("services", .string(services.hex)),
                ("servicesnames", .array(services.names.map { .string($0) })),
                ("relaytxes", .bool(peer.relaysTransactions)),
                ("last_inv_sequence", .int(peer.lastInvSequence)),
                ("inv_to_send", .int(peer.invToSend)), ("lastsend", .int(peer.lastSend)),
                ("lastrecv", .int(peer.lastReceive)),
                ("last_transaction", .int(peer.lastTransaction)),
                ("last_block", .int(peer.lastBlock)), ("bytessent", .int(peer.bytesSent)),
                ("bytesrecv", .int(peer.bytesReceived)), ("conntime", .int(peer.connectedAt)),
                ("timeoffset", .int(peer.timeOffset)),
            ]))
        for (key, duration) in [
            ("pingtime", peer.pingTime), ("minping", peer.minimumPing), ("pingwait", peer.pingWait),
        ] {
            if let duration { object.append(key, .double(duration / .seconds(1))) }
        }
        object.append(contentsOf: chainMembers(peer))
        object.append(contentsOf: trafficMembers(peer))
        return .object(object)
    }

    private static func chainMembers(_ peer: PeerInfo) -> JSONObject {
        JSONObject([
            ("version", .int(peer.version)), ("subver", .string(peer.userAgent)),
            ("inbound", .bool(peer.isInbound)),
            ("bip152_hb_to", .bool(peer.isHighBandwidthTo)),
            ("bip152_hb_from", .bool(peer.isHighBandwidthFrom)),
            ("presynced_headers", .int(peer.presyncedHeaders)),
            ("synced_headers", .int(peer.syncedHeaders)),
            ("synced_blocks", .int(peer.syncedBlocks)),
            ("inflight", .array(peer.inFlight.map { .int($0) })),
        ])
    }

    private static func trafficMembers(_ peer: PeerInfo) -> JSONObject {
        JSONObject([
            ("addr_relay_enabled", .bool(peer.relaysAddresses)),
            ("addr_processed", .int(peer.addressesProcessed)),
            ("addr_rate_limited", .int(peer.addressesRateLimited)),
            ("permissions", .array(peer.permissions.map { .string($0) })),
            ("minfeefilter", .amount(peer.minimumFeeRate.satoshisPerKvB)),
            ("bytessent_per_msg", bytes(peer.sentByMessage)),
            ("bytesrecv_per_msg", bytes(peer.receivedByMessage)),
            ("connection_type", .string(peer.connectionType)),
            ("transport_protocol_type", .string(peer.transport)),
            ("session_id", .string(peer.sessionID)),
        ])
    }

    private static func bytes(_ traffic: [MessageTraffic]) -> JSON {
        .object(JSONObject(traffic.map { ($0.command, .int($0.bytes)) }))
    }

    private static let members = [
        ResultText(.number, "id", "Peer index"),
        ResultText(
            .string, "addr",
            "(host:port) The IP address/hostname optionally followed by :port of the peer"),
        ResultText(
            .string, "addrbind", "(ip:port) Bind address of the connection to the peer",
            optional: true),
        ResultText(
            .string, "addrlocal", "(ip:port) Local address as reported by the peer", optional: true),
        ResultText(
            .string, "network", "Network (ipv4, ipv6, onion, i2p, cjdns, not_publicly_routable)"),
        ResultText(.hex, "services", "The services offered"),
        ResultText(
            .array, "servicesnames", "the services offered, in human-readable form",
            [ResultText(.string, "SERVICE_NAME", "the service name if it is recognised")]),
        ResultText(.bool, "relaytxes", "Whether we relay transactions to this peer"),
        ResultText(.number, "last_inv_sequence", "Mempool sequence number of this peer's last INV"),
        ResultText(.number, "inv_to_send", "How many txs we have queued to announce to this peer"),
        ResultText(.time, "lastsend", "The UNIX epoch time of the last send"),
        ResultText(.time, "lastrecv", "The UNIX epoch time of the last receive"),
        ResultText(
            .time, "last_transaction",
            "The UNIX epoch time of the last valid transaction received from this peer"),
        ResultText(
            .time, "last_block", "The UNIX epoch time of the last block received from this peer"),
        ResultText(.number, "bytessent", "The total bytes sent"),
        ResultText(.number, "bytesrecv", "The total bytes received"),
        ResultText(.time, "conntime", "The UNIX epoch time of the connection"),
        ResultText(.number, "timeoffset", "The time offset in seconds"),
        ResultText(.number, "pingtime", "The last ping time in seconds, if any", optional: true),
        ResultText(
            .number, "minping", "The minimum observed ping time in seconds, if any", optional: true),
        ResultText(
            .number, "pingwait", "The duration in seconds of an outstanding ping (if non-zero)",
            optional: true),
        ResultText(.number, "version", "The peer version, such as 70001"),
        ResultText(.string, "subver", "The string version"),
        ResultText(.bool, "inbound", "Inbound (true) or Outbound (false)"),
        ResultText(
            .bool, "bip152_hb_to",
            "Whether we selected peer as (compact blocks) high-bandwidth peer"),
        ResultText(
            .bool, "bip152_hb_from",
            "Whether peer selected us as (compact blocks) high-bandwidth peer"),
        ResultText(
            .number, "presynced_headers",
            "The current height of header pre-synchronization with this peer, or -1 if no low-work sync is in progress"
        ),
        ResultText(.number, "synced_headers", "The last header we have in common with this peer"),
        ResultText(.number, "synced_blocks", "The last block we have in common with this peer"),
        ResultText(
            .array, "inflight", "",
            [
                ResultText(
                    .number, "n", "The heights of blocks we're currently asking from this peer")
            ]),
        ResultText(
            .bool, "addr_relay_enabled", "Whether we participate in address relay with this peer"),
        ResultText(
            .number, "addr_processed",
            "The total number of addresses processed, excluding those dropped due to rate limiting"),
        ResultText(
            .number, "addr_rate_limited",
            "The total number of addresses dropped due to rate limiting"),
        ResultText(
            .array, "permissions", "Any special permissions that have been granted to this peer",
            [ResultText(.string, "permission_type", "The name of the permission")]),
        ResultText(
            .number, "minfeefilter", "The minimum fee rate for transactions this peer accepts"),
        ResultText(
            .dynamicObject, "bytessent_per_msg", "",
            [ResultText(.number, "msg", "The total bytes sent aggregated by message type")]),
        ResultText(
            .dynamicObject, "bytesrecv_per_msg", "",
            [
                ResultText(
                    .number, "msg",
                    "The total bytes received aggregated by message type; those of unknown types under '*other*'"
                )
            ]),
        ResultText(.string, "connection_type", "Type of connection"),
        ResultText(.string, "transport_protocol_type", "Type of transport protocol"),
        ResultText(
            .string, "session_id",
            "The session ID for this connection, or \"\" if there is none (\"v2\" transport protocol only)."
        ),
    ]
}
