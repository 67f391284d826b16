import Chain
import Dispatch
import Foundation
import Synchronization
import Testing

@Suite("Values that are waited for where they are needed") struct DeferredTests {
    /// How often a value was made.
    private final class Count: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() -> Int {
            count.withLock {
                $0 += 1
                return $0
            }
        }
    }

    @Test("What is not worthwhile is there at once, and was made by who asked for it")
    func atOnce() {
        let count = Count()
        let caller = pthread_self()
        let deferred = Deferred(isWorthwhile: false) {
            pthread_equal(pthread_self(), caller) != 0 ? count.add() : -1
        }
        #expect(count.value == 1)
        #expect(deferred.wait() == 1)
    }

    @Test("What is worthwhile is made beside who goes on, who waits for it as long as it takes")
    func beside() {
        let count = Count()
        let (begun, allowed) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let deferred = Deferred(isWorthwhile: true) {
            begun.signal()
            // Where it is made at once nobody will allow it.
            _ = allowed.wait(timeout: .now() + 30)
            return count.add()
        }
        begun.wait()
        // Nobody has come so far, and this goes on.
        #expect(count.value == 0)
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.05) { allowed.signal() }
        #expect(deferred.wait() == 1)
        #expect(count.value == 1)
    }

    @Test("A value is made once, however often it is asked for", arguments: [false, true])
    func once(isWorthwhile: Bool) {
        let count = Count()
        let deferred = Deferred(isWorthwhile: isWorthwhile) { count.add() }
        for _ in 0..<3 { #expect(deferred.wait() == 1) }
        #expect(count.value == 1)
    }

    @Test("A value that nobody waits for is made all the same, and does no harm")
    func forgotten() {
        let made = DispatchSemaphore(value: 0)
        _ = Deferred(isWorthwhile: true) { made.signal() }
        #expect(made.wait(timeout: .now() + 60) == .success)
    }

    @Test("Many at a time give each its own")
    func many() {
        let all = (0..<500).map { number in
            Deferred(isWorthwhile: number % 3 > 0) { number * number }
        }
        for (number, deferred) in all.enumerated().reversed() {
            #expect(deferred.wait() == number * number)
        }
    }
}
