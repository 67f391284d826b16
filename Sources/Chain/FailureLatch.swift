import Storage
import Synchronization

/// Holds the failure that stopped the node, and wakes whoever waits for it.
final class FailureLatch: Sendable {
    private struct State {
        var failure: StorageError?
        var nextNumber = 0
        var waiting: [Int: CheckedContinuation<StorageError, any Error>] = [:]
    }

    private let state = Mutex(State())

    var failure: StorageError? { state.withLock { $0.failure } }

    /// Sets the failure, if it is the first.
    func set(_ failure: StorageError) {
        let waiting = state.withLock { state in
            guard state.failure == nil else {
                return [CheckedContinuation<StorageError, any Error>]()
            }
            state.failure = failure
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: failure) }
    }

    /// Returns the failure when there is one; throws only when the task is cancelled.
    func wait() async throws -> StorageError {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let failure = state.withLock { state in
                    if state.failure == nil { state.waiting[number] = continuation }
                    return state.failure
                }
                if let failure { return continuation.resume(returning: failure) }
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func cancel(_ number: Int) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: number) }
        continuation?.resume(throwing: CancellationError())
    }
}
