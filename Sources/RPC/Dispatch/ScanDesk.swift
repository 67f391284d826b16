import Synchronization

/// Sees to it that one scan of a kind runs at a time, and tells others how far it is.
final class ScanDesk: Sendable {
    struct Progress: Hashable, Sendable {
        /// In hundredths of the whole.
        var percentage = 0
        /// The block being looked at, where the scan goes through blocks.
        var height = 0
    }

    private struct State {
        var isRunning = false
        var isAborted = false
        var progress = Progress()
    }

    private let state = Mutex(State())

    /// Runs a scan; nil if one is running already. It is wanted to end early once `stopping` returns.
    func run<Result: Sendable>(
        until stopping: @escaping @Sendable () async -> Void,
        _ scan: @escaping @Sendable () async throws -> Result
    ) async throws -> Result? {
        let isFree = state.withLock { state in
            guard !state.isRunning else { return false }
            state = State(isRunning: true)
            return true
        }
        guard isFree else { return nil }
        defer { state.withLock { $0 = State() } }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await stopping()
                if !Task.isCancelled { _ = self.abort() }
            }
            defer { group.cancelAll() }
            return try await scan()
        }
    }

    /// How far the scan is; nil if there is none.
    var progress: Progress? { state.withLock { $0.isRunning ? $0.progress : nil } }

    /// Wants the scan to end early; false if there is none.
    func abort() -> Bool {
        state.withLock { state in
            if state.isRunning { state.isAborted = true }
            return state.isRunning
        }
    }

    /// Takes note of how far the scan is; answers whether it is to go on.
    func report(_ progress: Progress) -> Bool {
        state.withLock { state in
            state.progress = progress
            return !state.isAborted
        }
    }
}
