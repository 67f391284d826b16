import Cryptography
import Dispatch
import Synchronization

/// A hash of a set to which many elements are added one after the other: they are collected, and
/// multiplied on all processors.
struct ParallelMuHash {
    private var elements: [[UInt8]] = []
    private var set = MuHash3072()

    /// Elements that are worth waking the other processors for.
    private static let batch = 4096
    /// Elements multiplied by one processor before it looks for more.
    private static let grab = 256

    mutating func insert(_ element: [UInt8]) {
        elements.append(element)
        if elements.count == Self.batch { multiply() }
    }

    mutating func finalize() -> Hash256 {
        multiply()
        return set.finalize()
    }

    private mutating func multiply() {
        let elements = elements
        let total = Mutex(set)
        let parts = (elements.count + Self.grab - 1) / Self.grab
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            var product = MuHash3072()
            let end = min((part + 1) * Self.grab, elements.count)
            for element in elements[part * Self.grab..<end] { product.insert(element.span) }
            total.withLock { $0.formUnion(product) }
        }
        set = total.withLock { $0 }
        self.elements.removeAll(keepingCapacity: true)
    }
}
