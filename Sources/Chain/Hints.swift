import Synchronization

/// Hands the latest value to whoever listens. A listener that is slow misses values, never the last
/// one, and nothing piles up.
final class Hints<Value: Sendable>: Sendable {
    private struct State {
        var latest: Value
        var nextNumber = 0
        var listeners: [Int: AsyncStream<Value>.Continuation] = [:]
        var isFinished = false
    }

    private let state: Mutex<State>

    init(_ value: Value) { state = Mutex(State(latest: value)) }

    var latest: Value { state.withLock { $0.latest } }

    func send(_ value: Value) {
        let listeners = state.withLock { state in
            state.latest = value
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.yield(value) }
    }

    /// Ends all streams, and those still to be asked for.
    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners = [:] }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    /// The latest value, then each new one as far as the listener keeps up.
    func stream() -> AsyncStream<Value> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Value.self, bufferingPolicy: .bufferingNewest(1))
        let (number, isFinished) = state.withLock { state in
            state.nextNumber += 1
            // Before it is listed: a newer one sent meanwhile must come after it.
            continuation.yield(state.latest)
            if !state.isFinished { state.listeners[state.nextNumber] = continuation }
            return (state.nextNumber, state.isFinished)
        }
        if isFinished { continuation.finish() }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }
}
