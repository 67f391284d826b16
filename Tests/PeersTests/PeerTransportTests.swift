import Cryptography
import Genesis
import Peers
import Testing
import Wire

@Suite("Transports of peers") struct PeerTransportTests {
    private let now = Duration.seconds(1_700_000_000)
    private let endpoint = Endpoint(.ipv4(93, 1, 3, 4), port: 18444)

    private func swarm(_ edit: (inout SwarmSettings) -> Void = { _ in }) -> Swarm {
        var settings = SwarmSettings(network: .regtest, userAgent: "/test/")
        settings.services.insert(.v2Transport)
        settings.dialsAutomatically = false
        edit(&settings)
        return Swarm(settings: settings, genesis: ToyChain.genesis(.regtest), seed: (1, 2))
    }

    private func dials(_ actions: [SwarmAction]) -> [DialRequest] {
        actions.compactMap { if case .dial(let request) = $0 { request } else { nil } }
    }

    private func logs(_ actions: [SwarmAction]) -> [String] {
        actions.compactMap { if case .log(_, let text) = $0 { text } else { nil } }
    }

    /// A peer that was dialled to speak encrypted, or that dialled us.
    private func join(
        _ swarm: inout Swarm, kind: ConnectionKind = .manual
    ) throws -> PeerID {
        let (id, _) = swarm.connect(
            Connection(kind: kind, endpoint: endpoint, transport: .detecting), at: now)
        return try #require(id)
    }

    @Test("A peer that hangs up on our key without a word is dialled again at once in the clear")
    func retry() throws {
        var swarm = swarm()
        let first = dials(swarm.tryNode("\(endpoint)", isEncrypted: true, at: now))
        #expect(first.map(\.isEncrypted) == [true])
        let id = try join(&swarm)
        let sent = swarm.handle(.transport(id, .greeted(64)), at: now)
        #expect(logs(sent) == ["start sending v2 handshake to peer=0"])
        let again = swarm.handle(.transport(id, .greeted(36)), at: now)
        #expect(logs(again).isEmpty)
        let actions = swarm.handle(.disconnected(id), at: now)
        #expect(logs(actions).contains("retrying with v1 transport protocol for peer=0"))
        #expect(
            dials(actions) == [
                DialRequest(target: "\(endpoint)", kind: .manual, isEncrypted: false)
            ])
    }

    @Test(
        "Who said a byte, or heard less than a header, or dialled us, is not dialled in the clear")
    func noRetry() throws {
        for (kind, sent, received, isActive) in [
            (.manual, 64, 1, true), (.manual, 23, 0, true), (.inbound, 64, 0, true),
            (.manual, 64, 0, false),
        ] as [(ConnectionKind, Int, Int, Bool)] {
            var swarm = swarm()
            let id = try join(&swarm, kind: kind)
            _ = swarm.handle(.transport(id, .greeted(sent)), at: now)
            if received > 0 { _ = swarm.handle(.transport(id, .arrived(received)), at: now) }
            if !isActive { _ = swarm.setActive(false) }
            let actions = swarm.handle(.disconnected(id), at: now)
            #expect(dials(actions).isEmpty)
        }
        // The bound itself.
        var swarm = swarm()
        let id = try join(&swarm)
        _ = swarm.handle(.transport(id, .greeted(24)), at: now)
        let actions = swarm.handle(.disconnected(id), at: now)
        #expect(dials(actions).count == 1)
    }

    @Test("Bytes count for the peer and in all, and the transport shows when it is settled")
    func counting() throws {
        var swarm = swarm()
        let id = try join(&swarm)
        _ = swarm.handle(.transport(id, .greeted(100)), at: now)
        _ = swarm.handle(.transport(id, .arrived(70)), at: now)
        var info = try #require(swarm.peerInfos(at: now).first)
        #expect(info.bytesSent == 100 && info.bytesReceived == 70)
        #expect(info.transport == "detecting" && info.sessionID.isEmpty)
        #expect(info.sentByMessage.isEmpty && info.receivedByMessage.isEmpty)
        #expect(swarm.networkTotals.sent == 100 && swarm.networkTotals.received == 70)
        let status = Transport.Status(kind: .v2, sendsAs: .v2, sessionID: .zero)
        _ = swarm.handle(.transport(id, .changed(status)), at: now)
        info = try #require(swarm.peerInfos(at: now).first)
        #expect(info.transport == "v2")
        #expect(info.sessionID == String(repeating: "0", count: 64))
    }

    @Test("A handshake that does not end is given up, and a broken stream ends the connection")
    func endings() throws {
        var swarm = swarm()
        let id = try join(&swarm, kind: .inbound)
        _ = swarm.handle(.transport(id, .arrived(5)), at: now)
        _ = swarm.handle(.transport(id, .greeted(64)), at: now)
        let early = swarm.handle(.timePassed, at: now + .seconds(60))
        #expect(logs(early).isEmpty)
        let late = swarm.handle(.timePassed, at: now + .seconds(61))
        #expect(logs(late) == ["V2 handshake timeout, disconnecting peer=0"])

        var other = self.swarm()
        let peer = try join(&other, kind: .inbound)
        let actions = other.handle(.transport(peer, .failed(.missingTerminator)), at: now)
        #expect(
            logs(actions) == [
                "V2 transport error: missing garbage terminator, peer=0",
                "receiving message bytes failed, disconnecting peer=0",
            ])
    }

    @Test("Of our own choice only those are dialled encrypted that say they speak it, if we do")
    func choice() throws {
        for (isOffered, isSpoken) in [(true, true), (true, false), (false, true)] {
            var swarm = swarm {
                $0.dialsAutomatically = true
                if !isSpoken { $0.services.remove(.v2Transport) }
            }
            var services: Services = [.network, .witness]
            if isOffered { services.insert(.v2Transport) }
            let time = UInt32(now.components.seconds)
            swarm.restore([
                KnownAddress(
                    PeerAddress(endpoint, services: services, time: time), sourceGroup: [],
                    lastTry: 0, lastSuccess: now.components.seconds, attempts: 0, isTried: true)
            ])
            let requests = dials(swarm.handle(.timePassed, at: now))
            #expect(requests.map(\.isEncrypted) == [isOffered && isSpoken])
        }
    }

    @Test("A node that is added may be dialled in the clear, and by default is not")
    func added() {
        for isEncrypted in [true, false] {
            var swarm = swarm()
            let isNew = swarm.addNode("\(endpoint)", isEncrypted: isEncrypted)
            #expect(isNew)
            let requests = dials(swarm.handle(.timePassed, at: now))
            #expect(requests.map(\.isEncrypted) == [isEncrypted])
        }
    }
}
