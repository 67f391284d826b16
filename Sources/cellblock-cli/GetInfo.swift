import Notation

/// `-getinfo`: the state of the node and its wallet, put together from four calls.
struct GetInfoRequest: Request {
    let words: [String]

    func body() throws(Failure) -> JSON {
        guard words.isEmpty else { throw Failure("-getinfo takes no arguments") }
        let methods = ["getnetworkinfo", "getblockchaininfo", "getwalletinfo", "getbalances"]
        return .array(methods.enumerated().map { .request($1, nil, id: .int($0)) })
    }

    func reply(from response: JSON) throws(Failure) -> JSON {
        let batch = try response.batch()
        guard batch.count >= 4 else { throw Failure("Batch member id is larger than batch size") }
        // Without a wallet the last two fail, which is no failure of the whole.
        for reply in batch.prefix(2) where !reply.member("error").isNull { return reply }
        let results = batch.map { $0.member("result") }
        let (network, blockchain, wallet, balances) = (
            results[0], results[1], results[2], results[3]
        )
        var info = JSONObject()
        info["version"] = network.member("version")
        for key in ["blocks", "headers", "verificationprogress"] {
            info[key] = blockchain.member(key)
        }
        info["timeoffset"] = network.member("timeoffset")
        info["connections"] = [
            "in": network.member("connections_in"), "out": network.member("connections_out"),
            "total": network.member("connections"),
        ]
        info["networks"] = network.member("networks")
        info["difficulty"] = blockchain.member("difficulty")
        info["chain"] = blockchain.member("chain")
        if !wallet.isNull {
            info["has_wallet"] = true
            info["keypoolsize"] = wallet.member("keypoolsize")
            info["walletname"] = wallet.member("walletname")
            let unlocked = wallet.member("unlocked_until")
            if !unlocked.isNull { info["unlocked_until"] = unlocked }
        }
        if !balances.isNull { info["balance"] = balances.member("mine").member("trusted") }
        info["relayfee"] = network.member("relayfee")
        info["warnings"] = network.member("warnings")
        return .reply(.object(info))
    }
}

/// The report that `-getinfo` prints.
struct GetInfoReport {
    let info: JSON
    /// Whether to print colours.
    let isColored: Bool
    /// Balances by wallet, where several are loaded.
    var balances: JSONObject?

    func text() throws(Failure) -> String {
        try chainPart() + networkPart() + walletPart() + balancesPart()
            + "\(yellow)Warnings:\(reset) "
            + (plain("warnings").isEmpty ? "(none)" : plain("warnings"))
    }

    private func chainPart() throws(Failure) -> String {
        let progress = try info.member("verificationprogress").expectReal()
        let bar = progress < 0.99 ? Self.bar(progress) + " " : ""
        return "\(blue)Chain: \(plain("chain"))\(reset)\nBlocks: \(plain("blocks"))\n"
            + "Headers: \(plain("headers"))\n"
            + "Verification progress: \(bar)\(FloatingText.fixed(progress * 100, decimals: 4))%\n"
            + "Difficulty: \(plain("difficulty"))\n\n"
    }

    private func networkPart() throws(Failure) -> String {
        let connections = info.member("connections")
        let counts = ["in", "out", "total"].map { "\($0) \(connections.member($0).plainText)" }
        return "\(green)Network: \(counts.joined(separator: ", "))\(reset)\n"
            + "Version: \(plain("version"))\nTime offset (s): \(plain("timeoffset"))\n"
            + "Proxies: \(try proxies())\n"
            + "Min tx relay fee rate (BTC/kvB): \(plain("relayfee"))\n\n"
    }

    /// Each proxy with the networks that go through it.
    private func proxies() throws(Failure) -> String {
        var order: [String] = []
        var networks: [String: [String]] = [:]
        for network in try info.member("networks").expectArray() {
            let proxy = network.member("proxy").plainText
            if proxy.isEmpty { continue }
            if networks[proxy] == nil { order.append(proxy) }
            networks[proxy, default: []].append(network.member("name").plainText)
        }
        guard !order.isEmpty else { return "n/a" }
        return order.map { "\($0) (\(networks[$0, default: []].joined(separator: ", ")))" }
            .joined(separator: ", ")
    }

    private func walletPart() -> String {
        var text = ""
        if !info.member("has_wallet").isNull {
            let name = plain("walletname")
            text += "\(magenta)Wallet: \(name.isEmpty ? "\"\"" : name)\(reset)\n"
            text += "Keypool size: \(plain("keypoolsize"))\n"
            if !info.member("unlocked_until").isNull {
                text += "Unlocked until: \(plain("unlocked_until"))\n"
            }
        }
        if !info.member("balance").isNull {
            text += "\(cyan)Balance:\(reset) \(plain("balance"))\n\n"
        }
        return text
    }

    private func balancesPart() -> String {
        guard let balances else { return "" }
        let width = balances.members.map(\.value.plainText.utf8.count).reduce(10, max)
        return "\(cyan)Balances\(reset)\n"
            + balances.members.map { member in
                member.value.plainText.padded(left: width) + " "
                    + (member.key.isEmpty ? "\"\"" : member.key) + "\n"
            }.joined() + "\n"
    }

    private func plain(_ key: String) -> String { info.member(key).plainText }

    /// Twenty places, more or less: each part is rounded up.
    private static func bar(_ progress: Double) -> String {
        guard progress >= 0, progress <= 1 else { return "" }
        func places(_ part: Double) -> Int { Int((part / 0.05).rounded(.up)) }
        return String(repeating: "\u{2592}", count: places(progress))
            + String(repeating: "\u{2591}", count: places(1 - progress))
    }

    private var reset: String { color("0") }
    private var green: String { color("32") }
    private var yellow: String { color("33") }
    private var blue: String { color("34") }
    private var magenta: String { color("35") }
    private var cyan: String { color("36") }

    private func color(_ code: String) -> String { isColored ? "\u{1b}[\(code)m" : "" }
}
