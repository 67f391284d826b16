import Notation

/// `-netinfo`: the node's peers at a glance, put together from two calls.
struct NetInfoRequest: Request {
    let words: [String]
    let chain: Chain

    private static let maximumLevel = 4

    func body() throws(Failure) -> JSON {
        _ = try view()
        return [.request("getpeerinfo", nil, id: 0), .request("getnetworkinfo", nil, id: 1)]
    }

    func reply(from response: JSON) throws(Failure) -> JSON {
        let batch = try response.batch()
        guard batch.count >= 2 else { throw Failure("Batch member id is larger than batch size") }
        for reply in batch.prefix(2) where !reply.member("error").isNull { return reply }
        let network = batch[1].member("result")
        guard try network.member("version").expectInteger() >= 209_900 else {
            throw Failure("-netinfo requires bitcoind server to be running v0.21.0 and up")
        }
        let report = try NetInfoReport(
            peers: batch[0].member("result").expectArray(), network: network, chain: chain,
            view: view(), now: System.secondsSinceEpoch)
        return .reply(.string(try report.text()))
    }

    /// What the words ask to see: `level [outonly]`.
    private func view() throws(Failure) -> NetInfoReport.View {
        guard let first = words.first else { return NetInfoReport.View() }
        let hint = "For more information, run: bitcoin-cli -netinfo help"
        guard let level = first.wholeNumber(UInt8.self) else {
            throw Failure("invalid -netinfo level argument: \(first)\n\(hint)")
        }
        var view = NetInfoReport.View(level: min(Int(level), Self.maximumLevel))
        guard words.count > 1 else { return view }
        let second = words[1]
        guard level > 0 else {
            throw Failure(
                "invalid -netinfo outonly argument: \(second)\nThe outonly argument is only valid "
                    + "for a level greater than 0 (the first argument). \(hint)")
        }
        guard second == "o" || second == "outonly" else {
            throw Failure("invalid -netinfo outonly argument: \(second)\n\(hint)")
        }
        view.isOutboundOnly = true
        return view
    }
}

/// One peer as the listing shows it.
struct NetInfoPeer {
    /// Networks by the names of `getpeerinfo`, with the short ones of the listing.
    static let networks = [
        ("not_publicly_routable", "npr"), ("ipv4", "ipv4"), ("ipv6", "ipv6"), ("onion", "onion"),
        ("i2p", "i2p"), ("cjdns", "cjdns"), ("internal", "int"),
    ]

    let id: Int
    /// The position of its network among `networks`.
    let network: Int
    let isOutbound: Bool
    let connectionType: String
    let relaysTransactions: Bool
    let relaysAddresses: Bool
    let highBandwidth: (to: Bool, from: Bool)
    let address: String
    let version: String
    let services: String
    let transport: String
    let minimumPing: Double
    let ping: Double
    let mappedAS: Int
    let addressesProcessed: Int64
    let addressesLimited: Int64
    let connected: Int64
    let lastBlock: Int64
    let lastReceived: Int64
    let lastSent: Int64
    let lastTransaction: Int64

    /// Reads an entry of `getpeerinfo`; nil where its network is not known.
    init?(_ peer: JSON) throws(Failure) {
        let name = try peer.member("network").expectText()
        guard let network = Self.networks.firstIndex(where: { $0.0 == name }) else { return nil }
        self.network = network
        isOutbound = try !peer.member("inbound").expectBool()
        relaysTransactions = try peer.given("relaytxes")?.expectBool() ?? true
        connectionType = try peer.member("connection_type").expectText()
        id = try peer.member("id").expectInteger()
        mappedAS = try peer.given("mapped_as")?.expectInteger() ?? 0
        let number = try peer.member("version").expectInteger()
        addressesProcessed = try peer.given("addr_processed")?.expectLong() ?? 0
        addressesLimited = try peer.given("addr_rate_limited")?.expectLong() ?? 0
        connected = try peer.member("conntime").expectLong()
        lastBlock = try peer.member("last_block").expectLong()
        lastReceived = try peer.member("lastrecv").expectLong()
        lastSent = try peer.member("lastsend").expectLong()
        lastTransaction = try peer.member("last_transaction").expectLong()
        minimumPing = try peer.given("minping")?.expectReal() ?? -1
        ping = try peer.given("pingtime")?.expectReal() ?? -1
        address = try peer.member("addr").expectText()
        services = try Self.initials(of: peer.member("servicesnames"))
        version = "\(number)" + (try peer.member("subver").expectText())
        transport = try peer.given("transport_protocol_type")?.expectText() ?? "v1"
        relaysAddresses = try peer.given("addr_relay_enabled")?.expectBool() ?? false
        highBandwidth = (
            try peer.member("bip152_hb_to").expectBool(),
            try peer.member("bip152_hb_from").expectBool()
        )
    }

    /// A letter for each service.
    static func initials(of services: JSON) throws(Failure) -> String {
        var text = ""
        for service in services.array ?? [] {
            switch try service.expectText() {
            case "NETWORK_LIMITED": text += "l"
            case "P2P_V2": text += "2"
            case let name: text += name.prefix(1).lowercased()
            }
        }
        return text
    }

    var shortType: String {
        switch connectionType {
        case "outbound-full-relay": "full"
        case "block-relay-only": "block"
        case "manual", "feeler": connectionType
        case "addr-fetch": "addr"
        case "private-broadcast": "priv"
        default: ""
        }
    }

    /// Inbound first, then by the best ping.
    static func precedes(_ left: NetInfoPeer, _ right: NetInfoPeer) -> Bool {
        left.isOutbound == right.isOutbound
            ? left.minimumPing < right.minimumPing : !left.isOutbound
    }
}
