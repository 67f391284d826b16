import Cryptography
public import Wire

/// An address others told of, or that answered, and what was seen of it.
public struct KnownAddress: Hashable, Sendable {
    public var address: PeerAddress
    /// Who told: its group of addresses.
    public var sourceGroup: [UInt8]
    /// Seconds since 1970; 0 for never.
    public var lastTry: Int64
    public var lastSuccess: Int64
    /// Tries since the last success.
    public var attempts: Int
    /// Whether it answered once.
    public var isTried: Bool

    public init(
        _ address: PeerAddress, sourceGroup: [UInt8], lastTry: Int64 = 0, lastSuccess: Int64 = 0,
        attempts: Int = 0, isTried: Bool = false
    ) {
        self.address = address
        self.sourceGroup = sourceGroup
        self.lastTry = lastTry
        self.lastSuccess = lastSuccess
        self.attempts = attempts
        self.isTried = isTried
    }
}

/// The addresses of other nodes, a bounded number of them.
///
/// Addresses that answered are kept apart from hearsay, and no group of addresses can fill the
/// book with what it tells.
public struct AddressBook: Sendable {
    /// Addresses kept by hearsay, of them from one group of tellers, and addresses that answered.
    public static let maximumHeard = 16_384
    public static let maximumOfOneSource = 1024
    public static let maximumTried = 4096

    private static let day: Int64 = 86_400

    /// Whether loopback and private addresses belong in the book.
    private let allowsPrivate: Bool
    private var known: [Endpoint: KnownAddress] = [:]
    private var heard = Table()
    private var tried = Table()
    private var heardBySource: [[UInt8]: Int] = [:]

    /// Some of the keys of `known`, in an order that lets one be drawn at random.
    private struct Table: Sendable {
        private(set) var order: [Endpoint] = []
        private var places: [Endpoint: Int] = [:]

        var count: Int { order.count }

        mutating func insert(_ endpoint: Endpoint) {
            guard places[endpoint] == nil else { return }
            places[endpoint] = order.count
            order.append(endpoint)
        }

        mutating func remove(_ endpoint: Endpoint) {
            guard let place = places.removeValue(forKey: endpoint) else { return }
            if let last = order.popLast(), last != endpoint {
                order[place] = last
                places[last] = place
            }
        }
    }

    public init(allowsPrivate: Bool) { self.allowsPrivate = allowsPrivate }

    public var count: Int { known.count }
    public var all: [KnownAddress] { endpoints.compactMap { known[$0] } }

    private var endpoints: [Endpoint] { heard.order + tried.order }

    public subscript(endpoint: Endpoint) -> KnownAddress? { known[endpoint] }

    /// Whether an address can be of use on this network.
    public func accepts(_ endpoint: Endpoint) -> Bool {
        guard endpoint.port != 0, endpoint.address.isValid else { return false }
        return allowsPrivate || endpoint.address.isRoutable
    }

    /// Puts back what was stored, as far as it fits.
    public mutating func restore(_ entries: some Sequence<KnownAddress>) {
        for entry in entries where accepts(entry.address.endpoint) {
            insert(entry)
        }
    }

    /// Takes over an address somebody told of.
    ///
    /// - Parameter penalty: seconds by which hearsay is taken for older than it says.
    /// - Returns: whether it was new.
    @discardableResult
    public mutating func add(
        _ address: PeerAddress, from source: NetworkAddress, penalty: Int64 = 0, at now: Int64
    ) -> Bool {
        guard accepts(address.endpoint) else { return false }
        var address = address
        let isOwn = source == address.endpoint.address
        let time = Int64(address.time) - (isOwn ? 0 : penalty)
        address.time = UInt32(clamping: max(0, time))
        if var entry = known[address.endpoint] {
            entry.address.services.formUnion(address.services)
            let isOnline = now - Int64(address.time) < Self.day
            let interval = isOnline ? 3600 : Self.day
            if Int64(entry.address.time) < Int64(address.time) - interval - penalty {
                entry.address.time = address.time
            }
            known[address.endpoint] = entry
            return false
        }
        let group = source.group
        if heardBySource[group] ?? 0 >= Self.maximumOfOneSource { return false }
        if heard.count >= Self.maximumHeard, !makeRoom(for: address.endpoint, group, at: now) {
            return false
        }
        insert(KnownAddress(address, sourceGroup: group))
        return true
    }

    /// The address is dialled now.
    public mutating func attempted(_ endpoint: Endpoint, counts: Bool, at now: Int64) {
        known[endpoint]?.lastTry = now
        if counts { known[endpoint]?.attempts += 1 }
    }

    /// The address answered with a handshake.
    public mutating func succeeded(_ endpoint: Endpoint, services: Services, at now: Int64) {
        guard var entry = known[endpoint] else { return }
        entry.address.services = services
        entry.lastSuccess = now
        entry.lastTry = now
        entry.attempts = 0
        if !entry.isTried, tried.count < Self.maximumTried || dropOldestTried() {
            unlist(entry)
            entry.isTried = true
            list(entry)
        }
        known[endpoint] = entry
    }

    /// A connection to the address just ended well: it was seen until now.
    public mutating func seen(_ endpoint: Endpoint, at now: Int64) {
        guard let entry = known[endpoint], now - Int64(entry.address.time) > 20 * 60 else { return }
        known[endpoint]?.address.time = UInt32(clamping: now)
    }

    public mutating func remove(_ endpoint: Endpoint) {
        if let entry = known.removeValue(forKey: endpoint) { unlist(entry) }
    }

    private mutating func insert(_ entry: KnownAddress) {
        let endpoint = entry.address.endpoint
        guard known[endpoint] == nil else { return }
        guard
            entry.isTried ? tried.count < Self.maximumTried : heard.count < Self.maximumHeard
        else { return }
        known[endpoint] = entry
        list(entry)
    }

    private mutating func list(_ entry: KnownAddress) {
        if entry.isTried {
            tried.insert(entry.address.endpoint)
        } else {
            heard.insert(entry.address.endpoint)
            heardBySource[entry.sourceGroup, default: 0] += 1
        }
    }

    private mutating func unlist(_ entry: KnownAddress) {
        if entry.isTried {
            tried.remove(entry.address.endpoint)
        } else {
            heard.remove(entry.address.endpoint)
            let count = heardBySource[entry.sourceGroup, default: 1] - 1
            heardBySource[entry.sourceGroup] = count > 0 ? count : nil
        }
    }

    /// Lets a newcomer have the one place that is meant for it, if who has it is of no use: what is
    /// told to a full book drives out nothing good (Core's `AddSingle`).
    private mutating func makeRoom(
        for endpoint: Endpoint, _ group: [UInt8], at now: Int64
    ) -> Bool {
        let port = [UInt8(endpoint.port >> 8), UInt8(endpoint.port & 0xFF)]
        let name = endpoint.address.bytes + port + group
        let place = Int(SipHash24.hash(0, 0, name.span) % UInt64(max(heard.count, 1)))
        guard heard.order.indices.contains(place), let entry = known[heard.order[place]],
            Self.isTerrible(entry, at: now)
        else { return false }
        remove(entry.address.endpoint)
        return true
    }

    private mutating func dropOldestTried() -> Bool {
        let oldest = tried.order.compactMap { known[$0] }.min { $0.lastSuccess < $1.lastSuccess }
        guard let oldest else { return false }
        remove(oldest.address.endpoint)
        return true
    }
}

// MARK: - Choosing

extension AddressBook {
    /// Whether an address is not worth keeping (Bitcoin Core's `IsTerrible`).
    static func isTerrible(_ entry: KnownAddress, at now: Int64) -> Bool {
        let time = Int64(entry.address.time)
        if now - entry.lastTry < 60 { return false }
        if time > now + 600 { return true }
        if now - time > 30 * day { return true }
        if entry.lastSuccess == 0, entry.attempts >= 3 { return true }
        return now - entry.lastSuccess > 7 * day && entry.attempts >= 10
    }

    /// Draws until an address suits: where few do, none may be found.
    private static let drawLimit = 100

    /// An address to dial, drawn at random; those that failed lately are drawn less.
    func select(
        using random: inout Randomness, at now: Int64, wantsNew: Bool = false,
        where isSuitable: (KnownAddress) -> Bool
    ) -> KnownAddress? {
        for _ in 0..<Self.drawLimit {
            guard let entry = draw(using: &random, at: now, wantsNew: wantsNew) else { return nil }
            if isSuitable(entry) { return entry }
        }
        return nil
    }

    /// Hearsay and addresses that answered get an even chance, whatever their numbers.
    private func draw(
        using random: inout Randomness, at now: Int64, wantsNew: Bool
    ) -> KnownAddress? {
        let isTried =
            !wantsNew && tried.count > 0 && (heard.count == 0 || random.next() & 1 == 0)
        var leniency = 1.0
        while let endpoint = (isTried ? tried : heard).order.randomElement(using: &random),
            let entry = known[endpoint]
        {
            if random.uniform() < Self.chance(entry, at: now) * leniency { return entry }
            leniency *= 1.2
        }
        return nil
    }

    private static func chance(_ entry: KnownAddress, at now: Int64) -> Double {
        var chance = now - entry.lastTry < 600 ? 0.01 : 1.0
        for _ in 0..<min(entry.attempts, 8) { chance *= 0.66 }
        return chance
    }

    /// Addresses for a peer or an operator who asks, in random order.
    ///
    /// - Parameter share: the part of the book that may be told, in percent; 0 for all.
    func sample(
        limit: Int, share: Int, kind: NetworkAddress.Kind?, using random: inout Randomness,
        at now: Int64
    ) -> [KnownAddress] {
        var count = known.count
        if share > 0 { count = count * share / 100 }
        if limit > 0 { count = min(count, limit) }
        var chosen: [KnownAddress] = []
        for endpoint in endpoints.shuffled(using: &random) {
            guard chosen.count < count else { break }
            guard let entry = known[endpoint] else { continue }
            if let kind, endpoint.address.kind != kind { continue }
            if !Self.isTerrible(entry, at: now) { chosen.append(entry) }
        }
        return chosen
    }
}
