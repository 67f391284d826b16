import Cryptography
import Notation

/// Who may call, and with which password; passwords are kept as salted hashes only.
public struct RPCCredentials: Sendable {
    private struct Login: Sendable {
        let user: String
        let salt: String
        let hash: String
    }

    private var logins: [Login] = []
    private var allowedMethods: [String: Set<String>] = [:]
    /// Whether a user without a list of methods may call none.
    public var refusesUnlisted = false

    public init() {}

    /// Adds a password. `salt` must be fresh randomness, at least 16 bytes.
    public mutating func add(user: String, password: String, salt: [UInt8]) {
        let salt = Hex.encode(salt)
        logins.append(Login(user: user, salt: salt, hash: Self.hash(password, salt: salt)))
    }

    /// Adds what Core's `rpcauth` option holds: `user:salt$hash`. False where it is malformed.
    public mutating func add(hashed text: String) -> Bool {
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2 else { return false }
        let secrets = fields[1].split(separator: "$", omittingEmptySubsequences: false)
        guard secrets.count == 2 else { return false }
        logins.append(
            Login(user: String(fields[0]), salt: String(secrets[0]), hash: String(secrets[1])))
        return true
    }

    /// Adds what Core's `rpcwhitelist` option holds: `user:method,method`. Two lists for a user
    /// leave what is in both.
    public mutating func restrict(_ text: String) {
        let parts = text.split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = String(parts[0])
        guard parts.count == 2 else {
            allowedMethods[user, default: []] = allowedMethods[user] ?? []
            return
        }
        let methods = Set(parts[1].split { $0 == "," || $0 == " " }.map(String.init))
        allowedMethods[user] = allowedMethods[user]?.intersection(methods) ?? methods
    }

    /// The user that an `Authorization` header proves, or nil.
    public func user(authorization: String) -> String? {
        guard authorization.hasPrefix("Basic ") else { return nil }
        let encoded = authorization.dropFirst(6).filter { $0 != " " && $0 != "\t" }
        guard let bytes = Base64.decode(String(encoded)),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        let user = String(decoding: bytes[..<colon], as: UTF8.self)
        let password = String(decoding: bytes[(colon + 1)...], as: UTF8.self)
        let isKnown = logins.contains { login in
            Self.isEqual(login.user, user)
                && Self.isEqual(login.hash, Self.hash(password, salt: login.salt))
        }
        return isKnown ? user : nil
    }

    /// The methods that a user may call: nil for all.
    public func allowedMethods(of user: String) -> Set<String>? { allowedMethods[user] }

    /// Whether a user may call nothing at all, because nobody listed anything for them.
    public func isShutOut(_ user: String) -> Bool {
        allowedMethods[user] == nil && refusesUnlisted
    }

    private static func hash(_ password: String, salt: String) -> String {
        HMAC.sha256(key: Array(salt.utf8).span, Array(password.utf8).span).hex
    }

    /// Compares in a time that does not tell how much of the texts is equal.
    private static func isEqual(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var difference = left.count ^ right.count
        for (index, byte) in right.enumerated() where !left.isEmpty {
            difference |= Int(byte ^ left[index % left.count])
        }
        return difference == 0
    }
}
