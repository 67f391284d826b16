import Dispatch
import Synchronization

/// A value that is worked out beside everything else, and waited for where it is needed.
package final class Deferred<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    /// Nil where it was worked out at once.
    private let done: DispatchSemaphore?

    /// - Parameter isWorthwhile: false to have it worked out at once, where that takes less than
    ///   bringing it to another thread.
    package init(isWorthwhile: Bool, _ make: @escaping @Sendable () -> Value) {
        guard isWorthwhile else {
            done = nil
            let made = make()
            value.withLock { $0 = made }
            return
        }
        let done = DispatchSemaphore(value: 0)
        self.done = done
        DispatchQueue.global(qos: .userInitiated).async {
            let made = make()
            self.value.withLock { $0 = made }
            done.signal()
        }
    }

    /// The value, waited for. Only one may ask at a time.
    package func wait() -> Value {
        while true {
            if let made = value.withLock({ $0 }) { return made }
            done?.wait()
        }
    }
}
