import Cryptography
import Genesis
import Wire

extension Swarm {
    /// Begins to exchange addresses with a peer.
    @discardableResult
    mutating func enableGossip(_ id: PeerID) -> Bool {
        guard let kind = peers[id]?.connection.kind, kind.relaysTransactions else { return false }
        peers[id]?.gossip.isEnabled = true
        return true
    }

    // MARK: - Told to us

    static let addressesPerSecond = 0.1

    mutating func takeAddresses(_ list: [PeerAddress], from id: PeerID, at now: Duration) {
        guard enableGossip(id), let peer = peers[id] else { return }
        refillTokens(id, at: now)
        let isLimited = !peer.permissions.contains(.addresses)
        let seconds = now.components.seconds
        for var address in list.shuffled(using: &random) {
            guard takeToken(id) || !isLimited else {
                peers[id]?.gossip.rateLimited += 1
                continue
            }
            let isUseful =
                address.services.contains(.network) || address.services.contains(.networkLimited)
            guard isUseful else { continue }
            if address.time <= 100_000_000 || Int64(address.time) > seconds + 600 {
                address.time = UInt32(clamping: seconds - 5 * 86_400)
            }
            peers[id]?.gossip.known.insert(address.endpoint)
            let host = address.endpoint.address
            if bans.isDiscouraged(host) || bans.isBanned(host, at: seconds) { continue }
            peers[id]?.gossip.processed += 1
            guard book.accepts(address.endpoint) else { continue }
            let isFresh = Int64(address.time) > seconds - 600
            if isFresh, !peer.gossip.hasAsked, list.count <= 10 {
                passOn(address, from: id, at: now)
            }
            book.add(
                address, from: peer.connection.endpoint.address, penalty: 2 * 3600, at: seconds)
        }
        if list.count < WireLimits.maximumAddresses { peers[id]?.gossip.hasAsked = false }
        if peer.connection.kind == .addressFetch, list.count > 1 {
            leave(id, "addrfetch connection completed")
        }
    }

    private mutating func refillTokens(_ id: PeerID, at now: Duration) {
        guard var gossip = peers[id]?.gossip else { return }
        let limit = Double(WireLimits.maximumAddresses)
        if gossip.tokens < limit {
            let elapsed = max(now - gossip.tokensAt, .zero) / .seconds(1)
            gossip.tokens = min(gossip.tokens + elapsed * Self.addressesPerSecond, limit)
        }
        peers[id]?.gossip.tokens = gossip.tokens
        peers[id]?.gossip.tokensAt = now
    }

    private mutating func takeToken(_ id: PeerID) -> Bool {
        guard let tokens = peers[id]?.gossip.tokens, tokens >= 1 else { return false }
        peers[id]?.gossip.tokens = tokens - 1
        return true
    }

    /// Passes an address on to two peers, the same ones for a day, so that repeating it spreads
    /// it no further.
    private mutating func passOn(_ address: PeerAddress, from origin: PeerID, at now: Duration) {
        var hasher = SipHash24(0, 0)
        let port = address.endpoint.port
        let name = address.endpoint.address.bytes + [UInt8(port >> 8), UInt8(port & 0xFF)]
        hasher.update(name.span)
        let key = hasher.finalize()
        let day = (UInt64(max(0, now.components.seconds)) &+ key) / 86_400
        let chosen = ids.filter { id in
            guard let peer = peers[id], id != origin else { return false }
            return peer.gossip.isEnabled && Self.canCarry(address, peer)
        }.map { (id: $0, rank: rank($0, key, day)) }.sorted { $0.rank > $1.rank }.prefix(2)
        for choice in chosen { queue(address, for: choice.id) }
    }

    private func rank(_ id: PeerID, _ key: UInt64, _ day: UInt64) -> UInt64 {
        SipHash24.hash(
            random.secret.0, random.secret.1,
            Hash256(words: (key, day, UInt64(bitPattern: id.rawValue), 0)))
    }

    private static func canCarry(_ address: PeerAddress, _ peer: Peer) -> Bool {
        peer.session.wantsAddressV2 || address.endpoint.address.fitsAddressV1
    }

    // MARK: - Told by us

    private mutating func queue(_ address: PeerAddress, for id: PeerID) {
        guard let gossip = peers[id]?.gossip, !gossip.known.contains(address.endpoint),
            let peer = peers[id], Self.canCarry(address, peer)
        else { return }
        if gossip.toSend.count >= WireLimits.maximumAddresses {
            peers[id]?.gossip.toSend[Int(random.next() % UInt64(gossip.toSend.count))] = address
        } else {
            peers[id]?.gossip.toSend.append(address)
        }
    }

    /// Answers `getaddr` once, and only those who came to us: others could be led to tell whom we
    /// know.
    mutating func answerAddresses(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id] else { return }
        guard peer.isInbound else {
            log(
                "Ignoring \"getaddr\" from \(peer.connection.kind.rawValue) connection. peer=\(id)")
            return
        }
        enableGossip(id)
        guard !peer.gossip.wasAsked else {
            log("Ignoring repeated \"getaddr\". peer=\(id)")
            return
        }
        peers[id]?.gossip.wasAsked = true
        peers[id]?.gossip.toSend = []
        let list =
            peer.permissions.contains(.addresses)
            ? sampleAddresses(at: now) : keptAddresses(for: peer.connection.entrance, at: now)
        for address in list { queue(address, for: id) }
    }

    private static let answerLifetime = Duration.seconds(86_400)

    /// The same for a day for all who come by one entrance.
    private mutating func keptAddresses(
        for entrance: Connection.Entrance, at now: Duration
    ) -> [PeerAddress] {
        addressAnswers = addressAnswers.filter { now - $0.value.made < Self.answerLifetime }
        if let answer = addressAnswers[entrance] { return answer.addresses }
        let list = sampleAddresses(at: now)
        // A handful says nothing yet: wait until there is more to hide.
        if list.count >= 10 {
            addressAnswers[entrance] = AddressAnswer(made: now, addresses: list)
        }
        return list
    }

    private mutating func sampleAddresses(at now: Duration) -> [PeerAddress] {
        let share = settings.network.relaysPrivateAddresses ? 100 : 23
        return book.sample(
            limit: WireLimits.maximumAddresses, share: share, kind: nil, using: &random,
            at: now.components.seconds
        ).map(\.address)
    }

    mutating func sendAddresses(_ id: PeerID, at now: Duration) {
        guard let gossip = peers[id]?.gossip, gossip.isEnabled else { return }
        tellOwnAddress(id, at: now)
        guard now > gossip.nextSend else { return }
        peers[id]?.gossip.nextSend = now + random.exponential(mean: .seconds(30))
        guard let list = peers[id]?.gossip.toSend, !list.isEmpty else { return }
        peers[id]?.gossip.toSend = []
        sendAddressList(list.filter { !gossip.known.contains($0.endpoint) }, to: id)
    }

    private mutating func sendAddressList(_ list: [PeerAddress], to id: PeerID) {
        guard !list.isEmpty, let peer = peers[id] else { return }
        for address in list { peers[id]?.gossip.known.insert(address.endpoint) }
        send(peer.session.wantsAddressV2 ? .addressesV2(list) : .addresses(list), to: id)
    }

    // MARK: - Our own

    private mutating func tellOwnAddress(_ id: PeerID, at now: Duration) {
        guard let peer = peers[id], settings.listeningPort != nil, !isInitialDownload,
            peer.gossip.nextOwn.map({ $0 < now }) ?? true
        else { return }
        let isFirst = peer.gossip.nextOwn == nil
        peers[id]?.gossip.nextOwn = now + random.exponential(mean: .seconds(86_400))
        guard let endpoint = ownEndpoint(for: peer) else { return }
        let address = PeerAddress(
            endpoint, services: services, time: UInt32(clamping: now.components.seconds))
        if isFirst {
            if Self.canCarry(address, peer) { sendAddressList([address], to: id) }
        } else {
            peers[id]?.gossip.known.removeAll()
            queue(address, for: id)
        }
    }

    /// Where a peer could reach us: of what the operator said that which is in the peer's own
    /// network if there is one (Core's `GetLocal`), or as the peer itself sees us.
    private func ownEndpoint(for peer: Peer) -> Endpoint? {
        let network = peer.connection.network
        guard settings.externalEndpoints.isEmpty else {
            let tellable = settings.externalEndpoints.filter { $0.address.mayBeTold(in: network) }
            return tellable.max { left, right in
                (left.address.kind == network ? 1 : 0, ownScores[left, default: 0])
                    < (right.address.kind == network ? 1 : 0, ownScores[right, default: 0])
            }
        }
        guard let port = settings.listeningPort, book.accepts(peer.connection.endpoint),
            let seen = peer.session.introduction?.receiver.address, seen.mayBeTold(in: network)
        else { return nil }
        let endpoint = Endpoint(seen, port: port)
        return book.accepts(endpoint) ? endpoint : nil
    }

    /// A peer that came to us says under which address. It counts where the operator named that
    /// one: anybody can say anything.
    mutating func noteOwnAddress(_ address: NetworkAddress) {
        for endpoint in settings.externalEndpoints where endpoint.address == address {
            ownScores[endpoint, default: 0] += 1
        }
    }
}

extension NetworkAddress {
    /// Whether an address of ours may be told in a network: one of a network that hides who is who
    /// is told there alone, and no other is told there.
    fileprivate func mayBeTold(in network: Kind) -> Bool {
        kind == network || ([.ipv4, .ipv6].contains(kind) && [.ipv4, .ipv6].contains(network))
    }
}
