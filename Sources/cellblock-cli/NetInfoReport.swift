import Notation

/// The text that `-netinfo` prints.
struct NetInfoReport {
    /// What is to be seen of it.
    struct View {
        /// 0 counts only; 1 peers; 2 with addresses; 3 with versions; 4 with both.
        var level = 0
        var isOutboundOnly = false

        var showsPeers: Bool { level > 0 }
        var showsAddresses: Bool { level == 2 || level == 4 }
        var showsVersions: Bool { level == 3 || level == 4 }
    }

    private let all: [NetInfoPeer]
    private let network: JSON
    private let chain: Chain
    private let view: View
    private let now: Int64

    init(
        peers: [JSON], network: JSON, chain: Chain, view: View, now: Int64
    ) throws(Failure) {
        var all: [NetInfoPeer] = []
        for peer in peers {
            if let peer = try NetInfoPeer(peer) { all.append(peer) }
        }
        self.all = all
        self.network = network
        self.chain = chain
        self.view = view
        self.now = now
    }

    func text() throws(Failure) -> String {
        let listed = all.filter { $0.isOutbound || !view.isOutboundOnly }
        var text = try head()
        if view.showsPeers, !listed.isEmpty { text += listing(listed) }
        text += try counts()
        if !view.showsPeers {
            text += "\n\nLocal services: \(try serviceNames())"
        }
        return text + "\n\nLocal addresses" + (try localAddresses())
    }

    private func head() throws(Failure) -> String {
        let name = chain == .main ? "" : " \(chain.flag)"
        let services =
            view.showsPeers
            ? " - services \(try NetInfoPeer.initials(of: network.member("localservicesnames")))"
            : ""
        let version = try network.member("protocolversion").expectInteger()
        let agent = try network.member("subversion").expectText()
        return "\(Help.client(of: agent))\(name) - server \(version)\(agent)\(services)\n\n"
    }

    private func serviceNames() throws(Failure) -> String {
        var names: [String] = []
        for service in network.member("localservicesnames").array ?? [] {
            names.append(try service.expectText().replacing("_", with: " ").lowercased())
        }
        return names.joined(separator: ", ")
    }

    // MARK: Peers

    private struct Widths {
        var address = 0
        var processed = 5
        var limited = 6
        var age = 5
        var id = 2
        var services = 6
        var mappedAS = 0
    }

    private func listing(_ peers: [NetInfoPeer]) -> String {
        var widths = Widths()
        for peer in peers {
            widths.address = max(widths.address, peer.address.utf8.count + 1)
            widths.processed = max(widths.processed, "\(peer.addressesProcessed)".utf8.count)
            widths.limited = max(widths.limited, "\(peer.addressesLimited)".utf8.count)
            widths.age = max(widths.age, age(of: peer).utf8.count)
            widths.id = max(widths.id, "\(peer.id)".utf8.count)
            widths.services = max(widths.services, peer.services.utf8.count)
            if peer.mappedAS != 0 { widths.mappedAS = 7 }
        }
        if !view.showsAddresses { widths.address = 0 }
        let head =
            "<->   type   net \("serv".padded(left: widths.services))  v  mping   ping send recv  "
            + "txn  blk  hb \("addrp".padded(left: widths.processed))"
            + "addrl".padded(left: widths.limited) + "age".padded(left: widths.age) + " "
            + (widths.mappedAS > 0 ? " asmap " : "") + "id".padded(left: widths.id) + " "
            + (view.showsAddresses ? "address" : "").padded(right: widths.address)
            + (view.showsVersions ? "version" : "") + "\n"
        let rows = peers.sorted(by: NetInfoPeer.precedes).map { row($0, widths) }
        let units =
            "                \("".padded(left: widths.services))         ms     ms  sec  sec  min"
            + "  min                \("min".padded(left: widths.age))\n\n"
        return head + rows.joined() + units
    }

    private func row(_ peer: NetInfoPeer, _ widths: Widths) -> String {
        let transport = peer.transport.utf8.count == 2 && peer.transport.hasPrefix("v")
        var row = (peer.isOutbound ? "out" : "in").padded(left: 3)
        row += " " + peer.shortType.padded(left: 6)
        row += " " + NetInfoPeer.networks[peer.network].1.padded(left: 5)
        row += " " + peer.services.padded(left: widths.services)
        row += " " + (transport ? String(peer.transport.suffix(1)) : " ").padded(left: 2)
        row += milliseconds(peer.minimumPing).padded(left: 7)
        row += milliseconds(peer.ping).padded(left: 7)
        row += since(peer.lastSent, per: 1).padded(left: 5)
        row += since(peer.lastReceived, per: 1).padded(left: 5)
        let transaction =
            peer.lastTransaction != 0
            ? since(peer.lastTransaction, per: 60) : peer.relaysTransactions ? "" : "*"
        row += transaction.padded(left: 5)
        row += since(peer.lastBlock, per: 60).padded(left: 5)
        row += "  " + (peer.highBandwidth.to ? "." : " ") + (peer.highBandwidth.from ? "*" : " ")
        let processed =
            peer.addressesProcessed != 0
            ? "\(peer.addressesProcessed)" : peer.relaysAddresses ? "" : "."
        row += " " + processed.padded(left: widths.processed)
        row += (peer.addressesLimited != 0 ? "\(peer.addressesLimited)" : "")
            .padded(left: widths.limited)
        row += age(of: peer).padded(left: widths.age)
        row += (peer.mappedAS != 0 ? "\(peer.mappedAS)" : "").padded(left: widths.mappedAS)
        row += " " + "\(peer.id)".padded(left: widths.id)
        row += " " + (view.showsAddresses ? peer.address : "").padded(right: widths.address)
        row += view.showsVersions && peer.version != "0" ? peer.version : ""
        return row + "\n"
    }

    private func milliseconds(_ seconds: Double) -> String {
        guard seconds >= 0 else { return "" }
        let value = (seconds * 1000).rounded()
        return value > 999_999 ? "-" : "\(Int(value))"
    }

    private func since(_ time: Int64, per unit: Int64) -> String {
        time == 0 ? "" : "\((now &- time) / unit)"
    }

    private func age(of peer: NetInfoPeer) -> String { since(peer.connected, per: 60) }

    // MARK: Counts

    private func counts() throws(Failure) -> String {
        var columns: [Int] = []
        var head = "     "
        for network in try self.network.member("networks").expectArray()
        where try network.member("reachable").expectBool() {
            let name = try network.member("name").expectText()
            let known = NetInfoPeer.networks.firstIndex { $0.0 == name }
            guard let known else { continue }
            head += name.padded(left: 8)
            columns.append(known)
        }
        // Peers of networks that cannot be reached, where there are any.
        for column in [0, 6] where all.contains(where: { $0.network == column }) {
            head += NetInfoPeer.networks[column].1.padded(left: 8)
            columns.append(column)
        }
        let manual = all.count { $0.connectionType == "manual" }
        head += "   total   block" + (manual > 0 ? "  manual" : "")

        for name in ["in", "out", "total"] {
            let peers = all.filter { name == "total" || $0.isOutbound == (name == "out") }
            head += "\n" + name.padded(right: 5)
            for column in columns {
                head += "\(peers.count { $0.network == column })".padded(left: 8)
            }
            head += "   " + "\(peers.count)".padded(left: 5)
            guard name == "out" else { continue }
            let blocks = all.count { $0.connectionType == "block-relay-only" }
            head += "   " + "\(blocks)".padded(left: 5)
            if manual > 0 { head += "   " + "\(manual)".padded(left: 5) }
        }
        return head
    }

    private func localAddresses() throws(Failure) -> String {
        let entries = try network.member("localaddresses").expectArray()
        guard !entries.isEmpty else { return ": n/a\n" }
        var rows: [(address: String, port: Int, score: Int)] = []
        for entry in entries {
            rows.append(
                (
                    try entry.member("address").expectText(),
                    try entry.member("port").expectInteger(),
                    try entry.member("score").expectInteger()
                ))
        }
        let width = rows.map { $0.address.utf8.count + 1 }.max() ?? 0
        return rows.map { row in
            "\n\(row.address.padded(right: width))    port \("\(row.port)".padded(left: 6))"
                + "    score \("\(row.score)".padded(left: 6))"
        }.joined()
    }
}
