public import Wire

/// What a connection is for, which decides what is told over it.
public enum ConnectionKind: String, Hashable, Sendable {
    case inbound = "inbound"
    /// Asked for by the operator: `-addnode`, `-connect`, `addnode`.
    case manual = "manual"
    case fullRelay = "outbound-full-relay"
    /// Tells of blocks alone, so that who is connected with whom stays hidden.
    case blockRelay = "block-relay-only"
    /// Short, to see whether an address answers.
    case feeler = "feeler"
    /// Short, to ask for addresses.
    case addressFetch = "addr-fetch"

    /// Chosen by the node itself to follow the chain with.
    var isAutomaticSync: Bool { self == .fullRelay || self == .blockRelay }

    /// Whether it is ours to open, and stays.
    var isLastingOutbound: Bool { isAutomaticSync || self == .manual }

    /// Whether the services we hoped for are required.
    var expectsServices: Bool {
        switch self {
        case .fullRelay, .blockRelay, .addressFetch: true
        case .inbound, .manual, .feeler: false
        }
    }

    /// Whether transactions may pass at all.
    var relaysTransactions: Bool { self != .blockRelay && self != .feeler }
}

/// A socket that is open, as the peer machinery needs to know it.
public struct Connection: Hashable, Sendable {
    public var kind: ConnectionKind

    /// The other end.
    public var endpoint: Endpoint

    /// The other end as the operator named it, or its address and port.
    public var name: String

    /// Our end.
    public var boundEndpoint: Endpoint?

    /// Whether it came by our onion service, and so from an address of this machine.
    public var isOnion: Bool

    /// What the listening address grants (`-whitebind`).
    public var permissions: Permissions

    /// What is known of the transport at the start.
    public var transport: Transport.Status

    public init(
        kind: ConnectionKind, endpoint: Endpoint, name: String? = nil,
        boundEndpoint: Endpoint? = nil, isOnion: Bool = false, permissions: Permissions = [],
        transport: Transport.Status = .plain
    ) {
        self.kind = kind
        self.endpoint = endpoint
        self.name = name ?? endpoint.description
        self.boundEndpoint = boundEndpoint
        self.isOnion = isOnion
        self.permissions = permissions
        self.transport = transport
    }

    /// What was asked for when this was dialled.
    public var request: DialRequest {
        DialRequest(target: name, kind: kind, isEncrypted: transport.kind != .v1)
    }

    public var isInbound: Bool { kind == .inbound }

    /// The network it goes through (Core's `ConnectedThroughNetwork`).
    var network: NetworkAddress.Kind { isOnion ? .onion : endpoint.address.kind }

    /// The address of ours that it came to, and the network it came through: what those who came by
    /// another entrance are told must not show that the node is the same (Core's `m_network_key`).
    var entrance: Entrance { Entrance(network: network, bound: boundEndpoint) }

    struct Entrance: Hashable, Sendable {
        var network: NetworkAddress.Kind
        var bound: Endpoint?
    }
}

/// What a peer may do beyond others (`-whitelist`, `-whitebind`).
public struct Permissions: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let bloomFilter = Permissions(rawValue: 1 << 1)
    /// Transactions are taken even under `-blocksonly`, and as many as it likes.
    public static let relay = Permissions(rawValue: 1 << 3)
    /// Its transactions are told on even when we have them; implies `relay`.
    public static let forceRelay = Permissions(rawValue: 1 << 2 | 1 << 3)
    public static let download = Permissions(rawValue: 1 << 6)
    /// Never punished, told at once; implies `download`.
    public static let noBan = Permissions(rawValue: 1 << 4 | 1 << 6)
    public static let memoryPool = Permissions(rawValue: 1 << 5)
    public static let addresses = Permissions(rawValue: 1 << 7)
    public static let all: Permissions = [
        .bloomFilter, .forceRelay, .noBan, .memoryPool, .addresses,
    ]

    /// What an entry without names means: `-whitelistrelay` is on by default, and
    /// `-whitelistforcerelay` is not.
    public static func implicit(relays: Bool = true, forcesRelay: Bool = false) -> Permissions {
        var permissions: Permissions = [.noBan, .memoryPool]
        if relays { permissions.formUnion(.relay) }
        if forcesRelay { permissions.formUnion(.forceRelay) }
        return permissions
    }

    /// The names as Bitcoin Core lists them.
    public var names: [String] {
        var names: [String] = []
        if contains(.bloomFilter) { names.append("bloomfilter") }
        if contains(.noBan) { names.append("noban") }
        if contains(.forceRelay) { names.append("forcerelay") }
        if contains(.relay) { names.append("relay") }
        if contains(.memoryPool) { names.append("mempool") }
        if contains(.download) { names.append("download") }
        if contains(.addresses) { names.append("addr") }
        return names
    }

    init?(name: some StringProtocol) {
        switch name {
        case "bloomfilter", "bloom": self = .bloomFilter
        case "noban": self = .noBan
        case "forcerelay": self = .forceRelay
        case "mempool": self = .memoryPool
        case "download": self = .download
        case "all": self = .all
        case "relay": self = .relay
        case "addr": self = .addresses
        case "": self = []
        default: return nil
        }
    }
}

/// Why a `-whitelist` or `-whitebind` cannot be used, in Bitcoin Core's words.
public struct GrantError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

/// An entry of `-whitelist`: permissions for the addresses of a subnet, by direction.
public struct Grant: Hashable, Sendable {
    public var permissions: Permissions
    public var subnet: Subnet
    public var isForInbound: Bool
    public var isForOutbound: Bool

    /// Reads `perm,perm@subnet` or `subnet`.
    public init(
        parsing text: String, implicit: Permissions = .implicit()
    ) throws(GrantError) {
        let parts = try Self.split(text, implicit: implicit, allowsOut: true)
        guard let subnet = Subnet(parts.target) else {
            throw GrantError("Invalid netmask specified in -whitelist: '\(parts.target)'")
        }
        self.subnet = subnet
        permissions = parts.permissions
        isForInbound = parts.isIn || !parts.isOut
        isForOutbound = parts.isOut
    }

    /// Parts the permissions of `-whitelist` or `-whitebind` from what they are for.
    public static func split(
        _ text: String, implicit: Permissions = .implicit(), allowsOut: Bool
    ) throws(GrantError) -> (permissions: Permissions, target: String, isIn: Bool, isOut: Bool) {
        guard let mark = text.firstIndex(of: "@") else { return (implicit, text, false, false) }
        var permissions: Permissions = []
        var (isIn, isOut) = (false, false)
        for name in text[..<mark].split(separator: ",") {
            if name == "in" {
                isIn = true
            } else if name == "out" {
                guard allowsOut else {
                    throw GrantError(
                        "whitebind may only be used for incoming connections (\"out\" was passed)")
                }
                isOut = true
            } else if let one = Permissions(name: name) {
                permissions.formUnion(one)
            } else {
                throw GrantError("Invalid P2P permission: '\(name)'")
            }
        }
        guard !permissions.isEmpty || !(isIn || isOut) else {
            throw GrantError("Only direction was set, no permissions: '\(text)'")
        }
        return (permissions, String(text[text.index(after: mark)...]), isIn, isOut)
    }
}
