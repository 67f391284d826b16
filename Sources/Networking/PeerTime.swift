import Chain
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The node's time, in parts of a second while nobody set it by hand.
struct PeerTime: Sendable {
    private let clock: any NodeClock

    init(_ clock: any NodeClock) { self.clock = clock }

    /// Time since 1970.
    var now: Duration {
        var real = timespec()
        clock_gettime(CLOCK_REALTIME, &real)
        let seconds = clock.now()
        // A clock that agrees with the machine's is the machine's.
        if abs(Int64(real.tv_sec) - seconds) <= 1 {
            return .seconds(Int64(real.tv_sec)) + .nanoseconds(Int64(real.tv_nsec))
        }
        return .seconds(seconds)
    }
}

/// Something that happens once and that many may wait for.
final class Signal: Sendable {
    private struct State {
        var result: Result<Void, any Error>?
        var waiting: [CheckedContinuation<Void, any Error>] = []
    }

    private let state = Mutex(State())

    func wait() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiting.append(continuation) }
                return state.result
            }
            if let result { continuation.resume(with: result) }
        }
    }

    func succeed() { finish(.success(())) }
    func fail(_ error: any Error) { finish(.failure(error)) }

    private func finish(_ result: Result<Void, any Error>) {
        let waiting = state.withLock { state in
            guard state.result == nil else { return [] as [CheckedContinuation<Void, any Error>] }
            state.result = result
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }
}
