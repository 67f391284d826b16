import Consensus
import Dispatch
import Scripting
import Synchronization

/// The script checks of one block, and how far they have been taken.
package final class ScriptJob: Sendable {
    /// How many checks a thread takes at a time.
    static let grab = 16

    private let checks: [ScriptCheck]
    private let verifier: CachingVerifier
    private let cursor = Atomic<Int>(0)
    /// Checks neither run nor left out.
    private let left: Atomic<Int>
    private let done = DispatchSemaphore(value: 0)
    private let first = Mutex<(index: Int, failure: ScriptFailure)?>(nil)

    init(_ checks: [ScriptCheck], verifier: CachingVerifier) {
        self.checks = checks
        self.verifier = verifier
        left = Atomic(checks.count)
    }

    /// The failure of the first check that fails, once all is done.
    var failure: ScriptFailure? { first.withLock { $0?.failure } }

    /// How many checks nobody has taken yet.
    var unclaimed: Int { max(0, checks.count - cursor.load(ordering: .relaxed)) }

    var isDone: Bool { left.load(ordering: .acquiring) == 0 }

    /// Waits until others have run what they took. Only one may wait.
    func wait() {
        while !isDone { done.wait() }
    }

    /// Runs the next checks, if there are any. Since they are taken in order, no check before the
    /// first failure is left out.
    func work() {
        let start = cursor.add(Self.grab, ordering: .relaxed).oldValue
        guard start < checks.count else { return }
        let end = min(start + Self.grab, checks.count)
        var leftOut = 0
        for index in start..<end {
            do throws(ScriptFailure) {
                try checks[index].run(verifier: verifier)
            } catch {
                leftOut = stop(at: index, error)
                break
            }
        }
        let before = left.subtract(end - start + leftOut, ordering: .acquiringAndReleasing).oldValue
        if before == end - start + leftOut { done.signal() }
    }

    /// Notes a failure; returns how many checks nobody will run because of it.
    private func stop(at index: Int, _ failure: ScriptFailure) -> Int {
        first.withLock { first in
            if index < first?.index ?? .max { first = (index, failure) }
        }
        let taken = cursor.exchange(checks.count, ordering: .relaxed)
        return max(0, checks.count - taken)
    }
}
