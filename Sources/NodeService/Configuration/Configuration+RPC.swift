import Foundation
import Genesis
import Notation
import Options
import Peers
import RPC

extension Configuration {
    private static let cookieUser = "__cookie__"

    /// Where the cookie is; nil where none is wanted.
    var cookiePath: String? {
        settings.isNegated("rpccookiefile")
            ? nil : path(settings.path("rpccookiefile") ?? ".cookie")
    }

    /// Who may call. Makes the cookie where no password is set; `hasCookie` says so.
    func makeCredentials() throws -> (credentials: RPCCredentials, hasCookie: Bool) {
        var credentials = RPCCredentials()
        var hasCookie = false
        let password = settings.string("rpcpassword") ?? ""
        if !password.isEmpty {
            credentials.add(
                user: settings.string("rpcuser") ?? "", password: password, salt: Self.random(16))
        } else if let path = cookiePath {
            let secret = Hex.encode(Self.random(32))
            try writeCookie("\(Self.cookieUser):\(secret)", to: path)
            credentials.add(user: Self.cookieUser, password: secret, salt: Self.random(16))
            hasCookie = true
        }
        for text in settings.list("rpcauth") where !credentials.add(hashed: text) {
            throw ConfigurationError(
                "Unable to start HTTP server. See debug log for details. (Invalid -rpcauth "
                    + "argument.)")
        }
        let lists = settings.list("rpcwhitelist")
        for list in lists { credentials.restrict(list) }
        credentials.refusesUnlisted = settings.bool(
            "rpcwhitelistdefault", default: !lists.isEmpty)
        return (credentials, hasCookie)
    }

    private func writeCookie(_ text: String, to path: String) throws {
        let permissions: Int
        switch settings.string("rpccookieperms") {
        case nil, "owner"?: permissions = 0o600
        case "group"?: permissions = 0o640
        case "all"?: permissions = 0o644
        case let other?:
            throw ConfigurationError(
                "Invalid -rpccookieperms=\(other); must be one of 'owner', 'group', or 'all'.")
        }
        let files = FileManager.default
        let temporary = path + ".tmp"
        try? files.removeItem(atPath: temporary)
        guard
            files.createFile(
                atPath: temporary, contents: Data(text.utf8),
                attributes: [.posixPermissions: permissions]),
            rename(temporary, path) == 0
        else {
            throw ConfigurationError(
                "Unable to open cookie authentication file \(path) for writing")
        }
    }

    /// The server as the options want it.
    func serverConfiguration(_ credentials: RPCCredentials) throws -> RPCServer.Configuration {
        var server = RPCServer.Configuration(endpoints: [], credentials: credentials)
        for text in settings.list("rpcallowip") {
            guard let range = Subnet(text) else {
                throw ConfigurationError(
                    "Invalid -rpcallowip subnet specification: \(text). Valid values are a "
                        + "single IP (e.g. 1.2.3.4), a network/netmask (e.g. "
                        + "1.2.3.4/255.255.255.0), a network/CIDR (e.g. 1.2.3.4/24), all ipv4 "
                        + "(0.0.0.0/0), or all ipv6 (::/0).")
            }
            server.allowedRanges.append(range)
        }
        let port = int("rpcport", default: Int(network.rpcPort), in: 1...65535)
        let binds = settings.list("rpcbind")
        // Neither alone opens the door: both must say so.
        if server.allowedRanges.isEmpty || binds.isEmpty {
            server.endpoints = ["::1", "127.0.0.1"].map { .init(host: $0, port: port) }
        } else {
            server.endpoints = try binds.map { try Self.endpoint($0, port: port) }
        }
        server.servesREST = settings.bool("rest", default: false)
        server.idleTimeout = Int64(
            int("rpcservertimeout", default: 30, in: 1...Int(Int32.max)))
        server.maximumRequests =
            int("rpcthreads", default: 16, in: 1...1024)
            + int("rpcworkqueue", default: 64, in: 1...65536)
        return server
    }

    private static func endpoint(
        _ text: String, port: Int
    ) throws -> RPCServer.Configuration.Endpoint {
        let (host, port) = try split(text, port: port, option: "rpcbind")
        return .init(host: host, port: port)
    }

    /// Reads `host`, `host:port`, `[::1]:port`.
    static func split(
        _ text: String, port: Int, option: String
    ) throws -> (host: String, port: Int) {
        var host = text
        var port = port
        let isBareVersion6 = !text.hasPrefix("[") && text.filter { $0 == ":" }.count > 1
        if !isBareVersion6, let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            let digits = text[text.index(after: colon)...]
            guard let given = Int(digits), (1...65535).contains(given) else {
                throw ConfigurationError("Invalid port specified in -\(option): '\(text)'")
            }
            host = String(text[..<colon])
            port = given
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return (host, port)
    }

    private static func random(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
