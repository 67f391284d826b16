import Wire

/// One peer's handshake and keep-alive. It holds no socket and no clock: it is told what came and
/// when, and answers with what to do.
struct PeerSession: Sendable {
    enum Action: Hashable, Sendable {
        case send(Message)
        /// Our own `version` is due.
        case introduce
        /// Who the peer is, is known now.
        case met
        /// Both sides have said `verack`.
        case ready
        case disconnect(Reason)
        /// Nothing is done, and that is logged.
        case ignore(Neglect)
    }

    /// Why a message comes to nothing.
    enum Neglect: Hashable, Sendable {
        case beforeVersion(String)
        case beforeVerack(String)
        case secondVersion
        case secondVerack
        case pong(PongProblem, expected: UInt64, received: UInt64)
    }

    /// What is wrong with a `pong`, in Bitcoin Core's words.
    enum PongProblem: String, Hashable, Sendable {
        case short = "Short payload"
        case unsolicited = "Unsolicited pong without ping"
        case early = "Timing mishap"
        case zero = "Nonce zero"
        case mismatch = "Nonce mismatch"
    }

    /// Why a peer is left during the handshake or for silence.
    enum Reason: Hashable, Sendable {
        case obsoleteVersion(Int32)
        case lateNegotiation(String)
        case unexpectedFeature
        case handshakeTimedOut
        case transportTimedOut
        case silent(seconds: Int64, neverReceived: Bool, neverSent: Bool)
        case sendingTimedOut
        case receivingTimedOut
        case pingTimedOut(after: Duration)
    }

    private enum State: Sendable { case waitingForVersion, waitingForVerack, ready }

    static let pingInterval = Duration.seconds(120)
    /// Without a byte either way for so long the connection is taken for dead.
    static let silenceLimit = Duration.seconds(20 * 60)

    private let isInbound: Bool
    private let connectedAt: Duration
    private var state = State.waitingForVersion

    /// What the peer said of itself.
    private(set) var introduction: VersionMessage?
    private(set) var commonVersion: Int32 = 0
    /// Seconds its clock is ahead of ours.
    private(set) var timeOffset: Int64 = 0
    private(set) var relaysByWitnessID = false
    private(set) var wantsAddressV2 = false

    private var pingNonce: UInt64 = 0
    private var pingStart: Duration?
    var isPingWanted = false
    private(set) var lastPing: Duration?
    private(set) var minimumPing: Duration?

    init(isInbound: Bool, at now: Duration) {
        self.isInbound = isInbound
        connectedAt = now
    }

    var isReady: Bool { state == .ready }
    var isIntroduced: Bool { state != .waitingForVersion }
    var services: Services { introduction?.services ?? [] }

    /// Handles what belongs to the handshake and to keep-alive.
    ///
    /// - Returns: nil for a message that is none of this, and that the session allows by now.
    mutating func handle(_ message: Message, at now: Duration) -> [Action]? {
        if case .version(let version) = message { return meet(version, at: now) }
        // Nothing else counts before it.
        guard state != .waitingForVersion else { return [.ignore(.beforeVersion(message.command))] }
        switch message {
        case .verack:
            return settle()
        case .wtxidRelay:
            guard state != .ready else { return [.disconnect(.lateNegotiation("wtxidrelay"))] }
            if commonVersion >= WireLimits.wtxidRelayVersion { relaysByWitnessID = true }
            return []
        case .sendAddressV2:
            guard state != .ready else { return [.disconnect(.lateNegotiation("sendaddrv2"))] }
            wantsAddressV2 = true
            return []
        case .feature:
            // It belongs to a version that we do not claim to speak.
            return [.disconnect(.unexpectedFeature)]
        case .ping(let nonce):
            guard state == .ready else { return [.ignore(.beforeVerack(message.command))] }
            guard commonVersion > WireLimits.pongVersion, let nonce else { return [] }
            return [.send(.pong(nonce))]
        case .pong(let nonce):
            guard state == .ready else { return [] }
            let expected = pingNonce
            guard let problem = receivePong(nonce, at: now) else { return [] }
            return [.ignore(.pong(problem, expected: expected, received: nonce ?? 0))]
        case .sendHeaders, .sendCompact:
            // May come before `verack`.
            return nil
        default:
            return state == .ready ? nil : [.ignore(.beforeVerack(message.command))]
        }
    }

    private mutating func meet(_ version: VersionMessage, at now: Duration) -> [Action] {
        guard state == .waitingForVersion else { return [.ignore(.secondVersion)] }
        guard version.version >= WireLimits.minimumProtocolVersion else {
            return [.disconnect(.obsoleteVersion(version.version))]
        }
        introduction = version
        commonVersion = min(version.version, WireLimits.protocolVersion)
        timeOffset = version.time.subtractingReportingOverflow(now.components.seconds).partialValue
        state = .waitingForVerack
        var actions: [Action] = isInbound ? [.introduce] : []
        if commonVersion >= WireLimits.wtxidRelayVersion {
            actions += [.send(.wtxidRelay), .send(.sendAddressV2)]
        }
        return actions + [.send(.verack), .met]
    }

    private mutating func settle() -> [Action] {
        guard state == .waitingForVerack else { return [.ignore(.secondVerack)] }
        state = .ready
        guard commonVersion >= WireLimits.compactBlocksVersion else { return [.ready] }
        return [.send(.sendCompact(announces: false, version: 2)), .ready]
    }

    // MARK: - Keep-alive

    /// What time alone brings about.
    ///
    /// - Parameters:
    ///   - traffic: when a byte last went either way; nil for never.
    ///   - isDetecting: whether the transport has not been settled.
    ///   - grace: how long a new connection is left in peace.
    mutating func pass(
        to now: Duration, traffic: (sent: Duration?, received: Duration?), isDetecting: Bool,
        grace: Duration, nonce: UInt64
    ) -> [Action] {
        let isInspected = now > connectedAt + grace
        if isInspected, let reason = silence(at: now, traffic, isDetecting: isDetecting, grace) {
            return [.disconnect(reason)]
        }
        guard state == .ready else { return [] }
        if isInspected, pingNonce != 0, let pingStart, now > pingStart + Self.silenceLimit {
            return [.disconnect(.pingTimedOut(after: now - pingStart))]
        }
        let isDue = pingNonce == 0 && pingStart.map { now > $0 + Self.pingInterval } ?? true
        guard isPingWanted || isDue else { return [] }
        isPingWanted = false
        pingStart = now
        guard commonVersion > WireLimits.pongVersion else {
            pingNonce = 0
            return [.send(.ping(nil))]
        }
        pingNonce = nonce
        return [.send(.ping(nonce))]
    }

    private func silence(
        at now: Duration, _ traffic: (sent: Duration?, received: Duration?), isDetecting: Bool,
        _ grace: Duration
    ) -> Reason? {
        guard let sent = traffic.sent, let received = traffic.received else {
            return .silent(
                seconds: grace.components.seconds, neverReceived: traffic.received == nil,
                neverSent: traffic.sent == nil)
        }
        if now > sent + Self.silenceLimit { return .sendingTimedOut }
        if now > received + Self.silenceLimit { return .receivingTimedOut }
        if state == .ready { return nil }
        return isDetecting ? .transportTimedOut : .handshakeTimedOut
    }

    private mutating func receivePong(_ nonce: UInt64?, at now: Duration) -> PongProblem? {
        guard let nonce else {
            pingNonce = 0
            return .short
        }
        guard pingNonce != 0, let pingStart else { return .unsolicited }
        guard nonce == pingNonce else {
            // An answer to an older ping may still be under way; this one answers none.
            if nonce == 0 { pingNonce = 0 }
            return nonce == 0 ? .zero : .mismatch
        }
        pingNonce = 0
        guard now >= pingStart else { return .early }
        lastPing = now - pingStart
        minimumPing = min(minimumPing ?? .seconds(1_000_000), now - pingStart)
        return nil
    }

    /// How long a ping has been without answer.
    func pingWait(at now: Duration) -> Duration? {
        guard pingNonce != 0, let pingStart, now > pingStart else { return nil }
        return now - pingStart
    }
}

extension PeerSession.Reason: CustomStringConvertible {
    var description: String {
        switch self {
        case .obsoleteVersion(let version): "peer using obsolete version \(version)"
        case .lateNegotiation(let command): "\(command) received after verack"
        case .unexpectedFeature:
            "feature received with incompatible version \(WireLimits.protocolVersion)"
        case .handshakeTimedOut: "version handshake timeout"
        case .transportTimedOut: "V2 handshake timeout"
        case .silent(let seconds, let neverReceived, let neverSent):
            "socket no message in first \(seconds) seconds"
                + (neverReceived ? ", never received from peer" : "")
                + (neverSent ? ", never sent to peer" : "")
        case .sendingTimedOut: "socket sending timeout"
        case .receivingTimedOut: "socket receive timeout"
        case .pingTimedOut(let time): "ping timeout: \(Self.text(time))s"
        }
    }

    /// Seconds to the millionth.
    private static func text(_ time: Duration) -> String {
        let parts = time.components
        let micros = String(parts.attoseconds / 1_000_000_000_000)
        return "\(parts.seconds).\(String(repeating: "0", count: max(0, 6 - micros.count)))\(micros)"
    }
}

extension PeerSession.Neglect {
    /// In Bitcoin Core's words.
    ///
    /// - Parameter size: bytes of the message's payload.
    func text(of id: PeerID, size: Int) -> String {
        switch self {
        case .beforeVersion(let command):
            "non-version message before version handshake. Message \"\(command)\" from peer=\(id)"
        case .beforeVerack(let command):
            "Unsupported message \"\(command)\" prior to verack from peer=\(id)"
        case .secondVersion: "redundant version message from peer=\(id)"
        case .secondVerack: "ignoring redundant verack message from peer=\(id)"
        case .pong(let problem, let expected, let received):
            "pong peer=\(id): \(problem.rawValue), \(String(expected, radix: 16)) expected, "
                + "\(String(received, radix: 16)) received, \(size) bytes"
        }
    }
}
