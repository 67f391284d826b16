import Dispatch
package import Storage
import Synchronization

/// Makes elements on a thread of its own, some ahead of who takes them, in the order they come.
///
/// When it is dropped, its thread ends with the element it is at.
package final class ReadAhead<Element: Sendable>: Sendable {
    private let line: Line

    /// - Parameters:
    ///   - limit: what may wait at most, in the unit of `cost`; one element may in any case.
    ///   - cost: what an element takes, such as its bytes.
    ///   - produce: makes the elements, handing on each; it ends when told that nobody wants more.
    package init(
        limit: Int, cost: @escaping @Sendable (Element) -> Int,
        produce: @escaping @Sendable (_ hand: (Element) -> Bool) throws(StorageError) -> Void
    ) {
        let line = Line(limit: limit)
        self.line = line
        DispatchQueue(label: "cellblock.ahead", qos: .userInitiated).async {
            do throws(StorageError) {
                try produce { line.put($0, cost: cost($0)) }
                line.end(nil)
            } catch {
                line.end(error)
            }
        }
    }

    /// What blocks may take together, in bytes of their serialisation: one of the largest, or some
    /// that are usual.
    static var blockLimit: Int { 6 << 20 }

    deinit { line.abandon() }

    /// The next element, waited for; nil after the last. Only one thread may take them.
    package func next() throws(StorageError) -> Element? { try line.take() }

    private final class Line: Sendable {
        private struct State {
            var waiting: [(element: Element, cost: Int)] = []
            var cost = 0
            var isAbandoned = false
            var end: Result<Void, StorageError>?
        }

        private let limit: Int
        private let state = Mutex(State())
        /// Signalled when there is more to take, and when there is more room.
        private let more = DispatchSemaphore(value: 0)
        private let room = DispatchSemaphore(value: 0)

        init(limit: Int) { self.limit = limit }

        /// Adds an element as soon as there is room; false if nobody will take it.
        func put(_ element: Element, cost: Int) -> Bool {
            while true {
                let answer = state.withLock { state -> Bool? in
                    if state.isAbandoned { return false }
                    guard state.waiting.isEmpty || state.cost + cost <= limit else { return nil }
                    state.waiting.append((element, cost))
                    state.cost += cost
                    return true
                }
                if let answer {
                    if answer { more.signal() }
                    return answer
                }
                room.wait()
            }
        }

        func end(_ error: StorageError?) {
            state.withLock { $0.end = error.map { .failure($0) } ?? .success(()) }
            more.signal()
        }

        func take() throws(StorageError) -> Element? {
            while true {
                let (element, end) = state.withLock { state -> (Element?, Result<Void, StorageError>?) in
                    guard !state.waiting.isEmpty else { return (nil, state.end) }
                    let first = state.waiting.removeFirst()
                    state.cost -= first.cost
                    return (first.element, nil)
                }
                if let element {
                    room.signal()
                    return element
                }
                if let end {
                    try end.get()
                    return nil
                }
                more.wait()
            }
        }

        func abandon() {
            state.withLock { state in
                state.isAbandoned = true
                state.waiting.removeAll()
            }
            room.signal()
        }
    }
}
