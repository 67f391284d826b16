import Synchronization

/// The calls being answered at this moment, for `getrpcinfo`.
final class ActiveCommands: Sendable {
    struct Command: Sendable {
        let number: UInt64
        let method: String
        let start: ContinuousClock.Instant
    }

    private let state = Mutex<(next: UInt64, running: [Command])>((0, []))

    var running: [Command] { state.withLock { $0.running } }

    func begin(_ method: String) -> UInt64 {
        state.withLock { state in
            let number = state.next
            state.next += 1
            state.running.append(Command(number: number, method: method, start: .now))
            return number
        }
    }

    func end(_ number: UInt64) {
        state.withLock { state in state.running.removeAll { $0.number == number } }
    }
}
