import Chain
import Mining
import MiningService
import NIOCore
import Storage
import Synchronization

/// Cuts the bytes of one connection into lines, and does what its session says.
///
/// The channel's event loop and the server both use it; its lock is held for one event at a time.
final class StratumHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What all handlers of a server share.
    struct Surroundings: Sendable {
        var board: JobBoard
        var shares: ShareLog
        var clock: any NodeClock
        /// Told of blocks.
        var found: @Sendable (StratumShare) -> Void
        /// Told when the share log fails.
        var failed: @Sendable (StorageError) -> Void
        /// Told why a client is cut off.
        var ended: @Sendable (UInt32, String) -> Void
    }

    private struct State: Sendable {
        var session: StratumSession
        /// A line that has not come to its end.
        var line: [UInt8] = []
        var isEnded = false
    }

    let number: UInt32
    private let surroundings: Surroundings
    private let state: Mutex<State>

    init(number: UInt32, settings: StratumSettings, _ surroundings: Surroundings) {
        self.number = number
        self.surroundings = surroundings
        state = Mutex(
            State(
                session: StratumSession(
                    number: number, settings: settings, at: surroundings.clock.monotonic())))
    }

    // MARK: From the socket

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        perform(on: context.channel) { state, now in
            var outcome = Outcome()
            var rest = buffer.readableBytesView[...]
            while let end = rest.firstIndex(of: 0x0a), !outcome.isClosed {
                state.line += rest[..<end]
                rest = rest[(end + 1)...]
                if state.line.last == 0x0d { state.line.removeLast() }
                let line = state.line
                state.line.removeAll(keepingCapacity: true)
                if !line.isEmpty {
                    take(state.session.receive(line, at: now), &state, &outcome, now)
                }
            }
            if state.line.count + rest.count > StratumSettings.maximumLine {
                take([.close("line too long")], &state, &outcome, now)
            } else {
                state.line += rest
            }
            return outcome
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: From the server

    /// Gives the client what the board now holds.
    func offer(on channel: any Channel) {
        perform(on: channel) { state, now in
            var outcome = Outcome()
            take([.needsJob], &state, &outcome, now)
            return outcome
        }
    }

    func tick(on channel: any Channel) {
        perform(on: channel) { state, now in
            var outcome = Outcome()
            take(state.session.tick(at: now), &state, &outcome, now)
            return outcome
        }
    }

    func use(_ settings: StratumSettings, on channel: any Channel) {
        perform(on: channel) { state, now in
            var outcome = Outcome()
            take(state.session.use(settings), &state, &outcome, now)
            return outcome
        }
    }

    /// What is told of the client; nil before it has logged in.
    func info(address: String) -> StratumClientInfo? {
        let now = surroundings.clock.monotonic()
        return state.withLock { state in
            guard let name = state.session.name else { return nil }
            return StratumClientInfo(
                number: number, address: address, name: name, worker: state.session.worker,
                agent: state.session.agent, difficulty: state.session.difficulty,
                hashesPerSecond: state.session.hashesPerSecond(at: now),
                connected: now - state.session.connected, counts: state.session.counts)
        }
    }

    var isLoggedIn: Bool { state.withLock { $0.session.name != nil } }

    // MARK: Doing

    private struct Outcome {
        var bytes: [UInt8] = []
        var isClosed = false
    }

    private func perform(
        on channel: any Channel, _ body: (inout State, Duration) -> Outcome
    ) {
        let now = surroundings.clock.monotonic()
        let outcome = state.withLock { state -> Outcome in
            guard !state.isEnded else { return Outcome() }
            let outcome = body(&state, now)
            if outcome.isClosed { state.isEnded = true }
            return outcome
        }
        if !outcome.bytes.isEmpty {
            // Who does not read what he is sent is let go, so that nothing piles up.
            guard channel.isWritable else { return channel.close(promise: nil) }
            channel.writeAndFlush(ByteBuffer(bytes: outcome.bytes), promise: nil)
        }
        if outcome.isClosed { channel.close(promise: nil) }
    }

    private func take(
        _ actions: [StratumSession.Action], _ state: inout State, _ outcome: inout Outcome,
        _ now: Duration
    ) {
        for action in actions {
            switch action {
            case .send(let bytes):
                outcome.bytes += bytes
            case .accept(let share):
                do throws(StorageError) {
                    try surroundings.shares.append(share.credit)
                } catch {
                    surroundings.failed(error)
                    outcome.isClosed = true
                }
                if share.isBlock { surroundings.found(share) }
            case .needsJob:
                guard let key = state.session.jobKey, let job = surroundings.board.job(for: key)
                else { continue }
                take(state.session.offer(job, at: now), &state, &outcome, now)
            case .close(let reason):
                surroundings.ended(number, reason)
                outcome.isClosed = true
            }
        }
    }
}
