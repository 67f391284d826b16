public import Cryptography
public import Notation

/// A call of a method, its arguments in the order of the parameters.
public struct RPCRequest: Sendable {
    public let method: String
    /// As given; trailing ones may be missing.
    public let arguments: [JSON]
    /// The wallet that the address names: nil for `/`, the rest of the path for `/wallet/…`.
    public let walletName: String?
    /// Who asks, as authenticated.
    public let user: String
    private let parameters: [Parameter]

    public init(
        method: String, arguments: [JSON], parameters: [Parameter], walletName: String? = nil,
        user: String = ""
    ) {
        self.method = method
        self.arguments = arguments
        self.parameters = parameters
        self.walletName = walletName
        self.user = user
    }

    /// How many arguments were given.
    public var count: Int { arguments.count }

    /// The argument of this name; where it is missing or null, its default, else null.
    public subscript(name: String) -> JSON {
        guard let index = parameters.firstIndex(where: { $0.names.contains(name) }) else {
            preconditionFailure("\(method) has no parameter \(name)")
        }
        if arguments.indices.contains(index), !arguments[index].isNull { return arguments[index] }
        guard case .value(let value) = parameters[index].fallback else { return .null }
        return value
    }

    /// Whether there is an argument, or a default, other than null.
    public func has(_ name: String) -> Bool { !self[name].isNull }

    public func string(_ name: String) throws -> String { try self[name].asString() }
    public func bool(_ name: String) throws -> Bool { try self[name].asBool() }
    public func int(_ name: String) throws -> Int { try self[name].asInt() }
    public func int64(_ name: String) throws -> Int64 { try self[name].asInt64() }
    public func uint32(_ name: String) throws -> UInt32 { try self[name].asUInt32() }
    public func double(_ name: String) throws -> Double { try self[name].asDouble() }
    public func array(_ name: String) throws -> [JSON] { try self[name].asArray() }
    public func object(_ name: String) throws -> JSONObject { try self[name].asObject() }

    public func optionalString(_ name: String) throws -> String? {
        has(name) ? try string(name) : nil
    }
    public func optionalBool(_ name: String) throws -> Bool? { has(name) ? try bool(name) : nil }
    public func optionalInt(_ name: String) throws -> Int? { has(name) ? try int(name) : nil }
    public func optionalArray(_ name: String) throws -> [JSON]? {
        has(name) ? try array(name) : nil
    }
    public func optionalObject(_ name: String) throws -> JSONObject? {
        has(name) ? try object(name) : nil
    }

    public func hash(_ name: String) throws -> Hash256 { try self[name].asHash(name) }
    public func hexBytes(_ name: String) throws -> [UInt8] { try self[name].asHexBytes(name) }
    public func amount(_ name: String) throws -> Int64 { try self[name].asAmount() }

    public func verbosity(
        _ name: String, default level: Int = 0, allowsBool: Bool = true
    ) throws -> Int {
        try self[name].asVerbosity(default: level, allowsBool: allowsBool)
    }
}
