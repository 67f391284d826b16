import Cryptography
import Dispatch
import Synchronization

/// A hash of a set to which many elements are added one after the other: they are collected, and
/// multiplied on all processors.
struct ParallelMuHash {
    private var bytes: [UInt8] = []
    /// Where each element ends among the bytes.
    private var ends: [Int] = []
    private var set = MuHash3072()

    /// Elements that are worth waking the other processors for.
    private static let batch = 4096
    /// Elements multiplied by one processor before it looks for more.
    private static let grab = 256

    mutating func insert(_ element: Span<UInt8>) {
        element.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        ends.append(bytes.count)
        if ends.count == Self.batch { multiply() }
    }

    mutating func finalize() -> Hash256 {
        multiply()
        return set.finalize()
    }

    private mutating func multiply() {
        let (bytes, ends) = (bytes, ends)
        let total = Mutex(set)
        let parts = (ends.count + Self.grab - 1) / Self.grab
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            var product = MuHash3072()
            let span = bytes.span
            for number in part * Self.grab..<min((part + 1) * Self.grab, ends.count) {
                let start = number == 0 ? 0 : ends[number - 1]
                product.insert(span.extracting(start..<ends[number]))
            }
            total.withLock { $0.formUnion(product) }
        }
        set = total.withLock { $0 }
        self.bytes = []
        self.ends = []
    }
}
