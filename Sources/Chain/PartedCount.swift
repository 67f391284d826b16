import Dispatch
import Storage
import Synchronization

/// A count of all coins whose parts are made side by side and put together in their order.
///
/// Whoever finishes the part that is next appends it, and those after it that are there, while the
/// others go on: nobody waits for a slower one before there is no more room for what waits for it.
final class PartedCount: Sendable {
    private struct State {
        /// The part to be begun next.
        var next = 0
        /// How many parts `total` has. It is nil while somebody appends to it.
        var appended = 0
        var total: CoinCount?
        var waiting: [Int: CoinCount] = [:]
        var failure: StorageError?
        /// Whether no more parts are to be begun.
        var isOver = false
    }

    private let kind: UTXOHashKind
    private let start: UTXOSetInfo
    private let state: Mutex<State>
    /// One for each part that may be begun before those that were are appended.
    private let room = DispatchSemaphore(value: 0)

    /// One for each first byte of the transactions' ids, which spread evenly.
    static var partCount: Int { 256 }
    /// Coins read between two looks at whether the store is to be closed.
    private static var step: Int { 8192 }

    /// The part of the work that is done where this part is reached.
    static func percentage(_ part: Int) -> Int { part * 100 / partCount }

    init(_ kind: UTXOHashKind, _ start: UTXOSetInfo, threads: Int) {
        self.kind = kind
        self.start = start
        var state = State()
        state.total = CoinCount(kind, start)
        self.state = Mutex(state)
        for _ in 0..<threads + 2 { room.signal() }
    }

    /// Makes parts until there are no more; to be called by each thread with a walk of its own.
    ///
    /// - Parameter progress: is told the percentage done, and answers whether to go on.
    func run(_ walk: CoinWalk, progress: (Int) -> Bool) {
        while let part = begin() {
            guard progress(Self.percentage(part)) else { return end(nil) }
            do throws(StorageError) {
                try walk.seek(part..<part + 1)
                var count = CoinCount(kind, start, isPart: true)
                while try walk.next(Self.step, into: &count) {}
                count.endGroup()
                append(count, part)
            } catch {
                return end(error)
            }
        }
    }

    /// The count, once all threads have returned; nil if it was not to go on.
    func finish() throws(StorageError) -> UTXOSetInfo? {
        let (failure, appended, total) = state.withLock {
            ($0.failure, $0.appended, $0.total)
        }
        if let failure { throw failure }
        guard appended == Self.partCount, var total else { return nil }
        return total.finish()
    }

    private func begin() -> Int? {
        room.wait()
        let part = state.withLock { state -> Int? in
            guard !state.isOver, state.next < Self.partCount else { return nil }
            defer { state.next += 1 }
            return state.next
        }
        // Whoever else waits is to see it too.
        if part == nil { room.signal() }
        return part
    }

    private func end(_ failure: StorageError?) {
        state.withLock {
            $0.isOver = true
            $0.failure = $0.failure ?? failure
        }
        room.signal()
    }

    private func append(_ count: CoinCount, _ part: Int) {
        state.withLock { $0.waiting[part] = count }
        while var work = takeNext() {
            work.total.append(work.next)
            let total = work.total
            state.withLock {
                $0.total = total
                $0.appended += 1
            }
            room.signal()
        }
    }

    /// The count so far and the part that comes next; nil where that is not there yet, or somebody
    /// else is at it, who then takes this too.
    private func takeNext() -> (total: CoinCount, next: CoinCount)? {
        state.withLock { state in
            guard let total = state.total,
                let next = state.waiting.removeValue(forKey: state.appended)
            else { return nil }
            state.total = nil
            return (total, next)
        }
    }
}
