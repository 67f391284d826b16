public import Wire

/// A subnet whose connections are refused.
public struct Ban: Hashable, Sendable {
    public var subnet: Subnet
    /// Seconds since 1970.
    public var created: Int64
    public var until: Int64

    public init(subnet: Subnet, created: Int64, until: Int64) {
        self.subnet = subnet
        self.created = created
        self.until = until
    }
}

/// Whom the operator banned, and whom the node itself found misbehaving.
///
/// The latter are discouraged, not banned: they are let in while there is room.
public struct BanList: Sendable {
    /// Addresses remembered as misbehaving.
    static let discouragedLimit = 50_000

    private var bans: [Subnet: Ban] = [:]
    private var discouraged = RecentValues<NetworkAddress>(capacity: discouragedLimit)

    public init() {}

    public mutating func restore(_ list: some Sequence<Ban>) {
        for ban in list { bans[ban.subnet] = ban }
    }

    /// The bans in force, in order of their text.
    public mutating func all(at now: Int64) -> [Ban] {
        bans = bans.filter { $0.value.until > now }
        return bans.values.sorted { $0.subnet.description < $1.subnet.description }
    }

    public func isBanned(_ subnet: Subnet, at now: Int64) -> Bool {
        bans[subnet].map { $0.until > now } ?? false
    }

    public func isBanned(_ address: NetworkAddress, at now: Int64) -> Bool {
        bans.values.contains { $0.until > now && $0.subnet.contains(address) }
    }

    public func isDiscouraged(_ address: NetworkAddress) -> Bool { discouraged.contains(address) }

    /// Bans a subnet; a ban that already lasts longer stays.
    public mutating func ban(_ subnet: Subnet, at now: Int64, until: Int64) {
        if let old = bans[subnet], old.until >= until { return }
        bans[subnet] = Ban(subnet: subnet, created: now, until: until)
    }

    /// - Returns: whether there was such a ban.
    public mutating func unban(_ subnet: Subnet) -> Bool { bans.removeValue(forKey: subnet) != nil }

    public mutating func clear() { bans = [:] }

    mutating func discourage(_ address: NetworkAddress) { discouraged.insert(address) }
}
