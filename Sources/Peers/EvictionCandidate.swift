import Wire

/// An inbound connection, as it is weighed when room is to be made for another (Core's
/// `NodeEvictionCandidate`).
package struct EvictionCandidate: Sendable {
    package var id: PeerID
    package var connectedAt: Duration
    /// nil for never, as below.
    package var minimumPing: Duration?
    package var lastBlock: Duration?
    package var lastTransaction: Duration?
    /// Whether it offers what we look for in a peer.
    package var isUseful = false
    /// Whether transactions pass; false as long as it has not introduced itself.
    package var relaysTransactions = false
    /// Its group of addresses, hashed under a key that stays the same as long as the node runs: if
    /// another group were spared each time, none would be.
    package var group: UInt64
    /// Whether its address had misbehaved before it came.
    package var isDiscouraged = false
    package var origin: Origin

    /// Where it came from, as far as that makes it slower than others: those have shares of their own.
    package enum Origin: Hashable, Sendable {
        case clear, local, onion, i2p, cjdns

        init(_ connection: Connection) {
            switch connection.network {
            case .onion: self = .onion
            case .i2p: self = .i2p
            case .cjdns: self = .cjdns
            case .ipv4, .ipv6: self = connection.endpoint.address.isLocal ? .local : .clear
            }
        }
    }

    package init(id: PeerID, connectedAt: Duration, group: UInt64, origin: Origin = .clear) {
        self.id = id
        self.connectedAt = connectedAt
        self.group = group
        self.origin = origin
    }
}

extension [EvictionCandidate] {
    /// The one to give way: those that proved useful stay, and of the rest the youngest of the group
    /// of addresses that holds most connections goes (Core's `SelectNodeToEvict`). Nobody can be
    /// better than all others in all that is looked at.
    package func chosen() -> PeerID? {
        var rest = self
        rest.spare(4) { $0.group < $1.group }
        rest.spare(8) { ($0.minimumPing ?? .never) > ($1.minimumPing ?? .never) }
        rest.spare(4) { left, right in
            let (old, new) = (left.lastTransaction ?? .zero, right.lastTransaction ?? .zero)
            if old != new { return old < new }
            guard left.relaysTransactions == right.relaysTransactions else {
                return right.relaysTransactions
            }
            return left.connectedAt > right.connectedAt
        }
        rest.spare(8, where: { !$0.relaysTransactions && $0.isUseful }) { left, right in
            guard left.relaysTransactions == right.relaysTransactions else {
                return left.relaysTransactions
            }
            return left.sentBlocksBefore(right)
        }
        rest.spare(4) { $0.sentBlocksBefore($1) }
        rest.spareByShares()
        let discouraged = rest.filter(\.isDiscouraged)
        return (discouraged.isEmpty ? rest : discouraged).youngestOfLargestGroup
    }

    /// Spares the half that has been connected longest. Half of that again goes to those from where
    /// connections are slow, even if they have not (Core's `ProtectEvictionCandidatesByRatio`).
    package mutating func spareByShares() {
        let total = count / 2
        var spared = 0
        let all = self
        // Those of which there are fewest come first, and so leave to others what they do not need.
        var shares = [EvictionCandidate.Origin.cjdns, .i2p, .local, .onion].enumerated()
            .map { share in (share.offset, share.element, all.count { $0.origin == share.element }) }
            .sorted { ($0.2, $0.0) < ($1.2, $1.0) }
            .map { (origin: $0.1, left: $0.2) }
        while spared < total / 2 {
            let open = shares.count { $0.left > 0 }
            guard open > 0 else { break }
            let share = Swift.max((total / 2 - spared) / open, 1)
            for place in shares.indices where shares[place].left > 0 && spared < total / 2 {
                let taken = spareOldest(share, of: shares[place].origin)
                shares[place].left -= taken
                spared += taken
            }
        }
        spare(total - spared) { $0.connectedAt > $1.connectedAt }
    }

    /// Spares those from one origin that have been connected longest; tells how many there were.
    private mutating func spareOldest(_ limit: Int, of origin: EvictionCandidate.Origin) -> Int {
        let old = count
        spare(limit, where: { $0.origin == origin }) { left, right in
            guard (left.origin == origin) == (right.origin == origin) else {
                return right.origin == origin
            }
            return left.connectedAt > right.connectedAt
        }
        return old - count
    }

    /// Takes out the last of an order that are of a kind, so that they stay connected.
    private mutating func spare(
        _ limit: Int, where isSpared: (EvictionCandidate) -> Bool = { _ in true },
        _ precedes: (EvictionCandidate, EvictionCandidate) -> Bool
    ) {
        sort { left, right in
            if precedes(left, right) { return true }
            return !precedes(right, left) && left.id > right.id
        }
        let last = suffix(limit).filter { !isSpared($0) }
        removeLast(Swift.min(limit, count))
        append(contentsOf: last)
    }

    private var youngestOfLargestGroup: PeerID? {
        let youngestFirst = sorted { ($0.connectedAt, $0.id) > ($1.connectedAt, $1.id) }
        let groups = Dictionary(grouping: youngestFirst, by: \.group).values
        return groups.compactMap { group in group.first.map { (size: group.count, first: $0) } }
            .max {
                ($0.size, $0.first.connectedAt, $0.first.id)
                    < ($1.size, $1.first.connectedAt, $1.first.id)
            }?.first.id
    }
}

extension EvictionCandidate {
    /// Whether the other sent us a block more lately; many never sent one.
    fileprivate func sentBlocksBefore(_ other: EvictionCandidate) -> Bool {
        let (old, new) = (lastBlock ?? .zero, other.lastBlock ?? .zero)
        if old != new { return old < new }
        guard isUseful == other.isUseful else { return other.isUseful }
        return connectedAt > other.connectedAt
    }
}

extension Duration {
    fileprivate static let never = Duration.seconds(Int64.max)
}
