import Notation

/// Calls the server that the settings name.
struct Caller {
    let settings: Settings

    /// Asks, and asks again while the server is not up, where `-rpcwait` says so.
    func call(_ request: any Request, wallet: String?) throws(Failure) -> JSON {
        let waits = settings.isOn("rpcwait")
        let timeout = settings.integer("rpcwaittimeout", default: 0)
        let deadline = ContinuousClock.now + .seconds(min(timeout, 1 << 40))
        let endpoint = wallet.map { "/wallet/" + Self.escaped($0) } ?? "/"
        while true {
            let problem: String
            switch try callOnce(request, endpoint: endpoint) {
            case .reply(let reply):
                guard waits, isWarmingUp(reply) else { return reply }
                problem = "server in warmup"
            case .noConnection(let reason):
                guard waits else { throw Failure(reason) }
                problem = reason
            }
            guard timeout <= 0 || ContinuousClock.now < deadline else {
                throw Failure("timeout on transient error: \(problem)")
            }
            System.sleep(seconds: 1)
        }
    }

    private enum Attempt {
        case reply(JSON)
        case noConnection(String)
    }

    private func isWarmingUp(_ reply: JSON) -> Bool {
        let inWarmUp: Int64 = -28
        return reply.member("error").member("code").int == inWarmUp
    }

    private func callOnce(
        _ request: any Request, endpoint: String
    ) throws(Failure) -> Attempt {
        try refuseSocket()
        let (host, port) = try server()
        let login = Login(settings)
        let body = try request.body().text() + "\n"
        let response: HTTPResponse
        do throws(ConnectionFailure) {
            let connection = try HTTPConnection(host: host, port: port, timeout: timeout)
            response = try connection.post(
                body, to: endpoint,
                headers: [
                    ("Content-Type", "application/json"),
                    ("Authorization", "Basic " + Base64.encode([UInt8](login.text.utf8))),
                ])
        } catch {
            return .noConnection(
                "Error while attempting to communicate with server \(host):\(port) "
                    + "(\(error.message))\n\nMake sure the bitcoind server is running and that "
                    + "you are connecting to the correct RPC port.\n"
                    + "Use \"bitcoin-cli -help\" for more info.")
        }
        return .reply(try reply(to: request, from: response, login))
    }

    private func reply(
        to request: any Request, from response: HTTPResponse, _ login: Login
    ) throws(Failure) -> JSON {
        let text = { String(decoding: response.body, as: UTF8.self) }
        switch response.status {
        case 401:
            throw Failure(
                "Authorization failed: \(login.complaint) "
                    + "Configuration file: (\(settings.filePath))")
        case 503: throw Failure("Server response: \(text())")
        // These carry a reply of the server's.
        case 400, 404, 500: break
        case 400...: throw Failure("server returned HTTP error \(response.status)")
        default: break
        }
        guard !response.body.isEmpty else { throw Failure("no response from server") }
        guard let json = try? JSON(parsing: response.body) else {
            throw Failure("couldn't parse reply from server")
        }
        let reply = try request.reply(from: json)
        guard reply.object?.isEmpty == false else {
            throw Failure("expected reply to have result, error and id properties")
        }
        return reply
    }

    /// There is no socket but TCP's: whoever insists on another is told so.
    private func refuseSocket() throws(Failure) {
        let way = settings.text("ipcconnect") ?? "auto"
        if way == "0" || way == "auto" { return }
        if settings.isSet("rpcconnect"), !settings.isNegated("rpcconnect") {
            throw Failure("-rpcconnect and -ipcconnect options cannot both be enabled")
        }
        throw Failure("bitcoin-cli was not built with IPC support")
    }

    /// `-rpcport` goes before a port in `-rpcconnect`, and that before the chain's own.
    private func server() throws(Failure) -> (host: String, port: UInt16) {
        let text = settings.text("rpcconnect") ?? "127.0.0.1"
        guard let place = Self.split(text) else {
            throw Failure("Invalid port provided in -rpcconnect: \(text)")
        }
        guard let portText = settings.text("rpcport") else {
            return (place.host, place.port ?? settings.chain.port)
        }
        guard let port = portText.wholeNumber(UInt16.self), port != 0 else {
            throw Failure("Invalid port provided in -rpcport: \(portText)")
        }
        if place.port != nil {
            System.printError(
                "Warning: Port specified in both -rpcconnect and -rpcport. Using -rpcport \(port)\n"
            )
        }
        return (place.host, port)
    }

    private var timeout: Duration {
        let seconds = settings.integer("rpcclienttimeout", default: 900)
        let fiveYears: Int64 = 5 * 31_556_952
        return .seconds(seconds > 0 ? min(seconds, 100 * fiveYears) : fiveYears)
    }

    /// Splits `host:port`, `[address]:port` and the like; nil for a bad port.
    private static func split(_ text: String) -> (host: String, port: UInt16?)? {
        var host = text[...]
        var port: UInt16?
        if let colon = text.lastIndex(of: ":") {
            let before = text[..<colon]
            let isBracketed = before.hasPrefix("[") && before.hasSuffix("]")
            if isBracketed || !before.contains(":") {
                port = text[text.index(after: colon)...].wholeNumber(UInt16.self)
                guard let port, port != 0 else { return nil }
                host = before
            }
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return (String(host), port)
    }

    /// What is not a letter, a digit or one of `-._~` as `%XX`.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain =
                byte < 0x80
                && (character.isLetter || character.isNumber || "-._~".contains(character))
            return isPlain
                ? String(character) : "%" + Hex.encode(CollectionOfOne(byte)).uppercased()
        }.joined()
    }
}

/// Who we say we are: user and password, or what the node has left in its cookie file.
private struct Login {
    private(set) var text = ""
    /// Why the server may have refused it.
    private(set) var complaint: String

    init(_ settings: Settings) {
        let password = settings.text("rpcpassword") ?? ""
        guard password.isEmpty else {
            text = (settings.text("rpcuser") ?? "") + ":" + password
            complaint = "Incorrect rpcuser or rpcpassword were specified."
            return
        }
        let place = settings.path("rpccookiefile") ?? ".cookie"
        guard !place.isEmpty else {
            complaint =
                "Cookie file was disabled via -norpccookiefile and no rpcpassword was specified."
            return
        }
        guard let bytes = System.readFile(Path.join(settings.networkDirectory, place)) else {
            complaint = "Failed to read cookie file and no rpcpassword was specified."
            return
        }
        text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        complaint = "Cookie file credentials were invalid and no rpcpassword was specified."
    }
}
