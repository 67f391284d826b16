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
    /// The keys of `known` in an order that lets one be drawn at random.
    private var order: [Endpoint] = []
    private var places: [Endpoint: Int] = [:]
    private var heardBySource: [[UInt8]: Int] = [:]
    private var triedCount = 0

    public init(allowsPrivate: Bool) { self.allowsPrivate = allowsPrivate }

    public var count: Int { known.count }
    public var all: [KnownAddress] { order.compactMap { known[$0] } }

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
        let heard = Int64(address.time) - (isOwn ? 0 : penalty)
        address.time = UInt32(clamping: max(0, heard))
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
        if known.count - triedCount >= Self.maximumHeard, !dropWorst(at: now) { return false }
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
        if !entry.isTried, triedCount < Self.maximumTried || dropOldestTried() {
            heardBySource[entry.sourceGroup, default: 1] -= 1
            entry.isTried = true
            triedCount += 1
        }
        known[endpoint] = entry
    }

    /// A connection to the address just ended well: it was seen until now.
    public mutating func seen(_ endpoint: Endpoint, at now: Int64) {
        guard let entry = known[endpoint], now - Int64(entry.address.time) > 20 * 60 else { return }
        known[endpoint]?.address.time = UInt32(clamping: now)
    }

    public mutating func remove(_ endpoint: Endpoint) {
        guard let entry = known.removeValue(forKey: endpoint),
            let place = places.removeValue(forKey: endpoint)
        else { return }
        if let last = order.popLast(), last != endpoint {
            order[place] = last
            places[last] = place
        }
        if entry.isTried {
            triedCount -= 1
        } else {
            heardBySource[entry.sourceGroup, default: 1] -= 1
        }
    }

    private mutating func insert(_ entry: KnownAddress) {
        let endpoint = entry.address.endpoint
        guard known[endpoint] == nil else { return }
        if entry.isTried {
            guard triedCount < Self.maximumTried else { return }
            triedCount += 1
        } else {
            guard known.count - triedCount < Self.maximumHeard else { return }
            heardBySource[entry.sourceGroup, default: 0] += 1
        }
        known[endpoint] = entry
        places[endpoint] = order.count
        order.append(endpoint)
    }

    private mutating func dropWorst(at now: Int64) -> Bool {
        let heard = order.compactMap { known[$0] }.filter { !$0.isTried }
        guard
            let worst = heard.first(where: { Self.isTerrible($0, at: now) })
                ?? heard.min(by: { $0.address.time < $1.address.time })
        else { return false }
        remove(worst.address.endpoint)
        return true
    }

    private mutating func dropOldestTried() -> Bool {
        let oldest = order.compactMap { known[$0] }.filter(\.isTried)
            .min { $0.lastSuccess < $1.lastSuccess }
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

    /// An address to dial, drawn at random; those that failed lately are drawn less.
    func select(
        using random: inout Randomness, at now: Int64, wantsNew: Bool = false,
        where isSuitable: (KnownAddress) -> Bool
    ) -> KnownAddress? {
        guard !order.isEmpty else { return nil }
        // Hearsay and proven addresses get an even chance, whatever their numbers.
        let wantsTried =
            !wantsNew && triedCount > 0 && (triedCount == count || random.next() & 1 == 0)
        var leniency = 1.0
        for _ in 0..<50 {
            guard let endpoint = order.randomElement(using: &random), let entry = known[endpoint]
            else { return nil }
            leniency *= 1.2
            if count > 50 || wantsNew, entry.isTried != wantsTried { continue }
            guard isSuitable(entry) else { continue }
            if random.uniform() < Self.chance(entry, at: now) * leniency { return entry }
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
        var count = order.count
        if share > 0 { count = count * share / 100 }
        if limit > 0 { count = min(count, limit) }
        var chosen: [KnownAddress] = []
        for endpoint in order.shuffled(using: &random) {
            guard chosen.count < count else { break }
            guard let entry = known[endpoint] else { continue }
            if let kind, endpoint.address.kind != kind { continue }
            if !Self.isTerrible(entry, at: now) { chosen.append(entry) }
        }
        return chosen
    }
}
