import Dispatch
import Foundation
import Synchronization

/// The wish that the node stop: from a signal, from a call, or because something failed for good.
final class ShutdownRequest: Sendable {
    private struct State {
        var isMade = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var isMade: Bool { state.withLock { $0.isMade } }

    func make() {
        let waiting = state.withLock { state in
            state.isMade = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isMade = state.withLock { state in
                if !state.isMade { state.waiting.append(continuation) }
                return state.isMade
            }
            if isMade { continuation.resume() }
        }
    }
}

/// Turns signals of the system into a wish to stop, as long as it lives.
final class SignalWatch {
    private let sources: [any DispatchSourceSignal]

    init(_ signals: [Int32], _ request: ShutdownRequest) {
        sources = signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { request.make() }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}
