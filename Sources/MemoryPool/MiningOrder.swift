/// The pool's chunks, best paying first, as a block takes them.
///
/// A snapshot: changes to the pool do not show in it.
public struct MiningOrder: Sendable {
    /// Transactions mined together, parents before children.
    public struct Chunk: Sendable {
        public var entries: [MempoolEntry]
        /// Modified fees over adjusted weights.
        public var rate: FeeFraction
    }

    private struct Head {
        var chunk: Cluster.Chunk
        var cluster: Int
        /// The place of the chunk in its cluster.
        var number: Int
    }

    private let pool: Mempool
    private var heap: [Head] = []
    /// The chunk handed out last, and so the cluster that goes on after it.
    private var current: (cluster: Int, number: Int)?

    public init(_ pool: Mempool) {
        self.pool = pool
        heap.reserveCapacity(pool.clusters.count)
        for (id, cluster) in pool.clusters {
            if let chunk = cluster.chunks.first {
                heap.append(Head(chunk: chunk, cluster: id, number: 0))
            }
        }
        for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(parent) }
    }

    /// The best chunk not handed out yet.
    public mutating func next() -> Chunk? {
        advance()
        guard let head = heap.first, let cluster = pool.clusters[head.cluster] else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink(0)
        current = (head.cluster, head.number)
        let slots = cluster.members[Int(head.chunk.start)..<Int(head.chunk.end)]
        return Chunk(entries: slots.map { pool.slots[Int($0)].entry }, rate: head.chunk.rate)
    }

    /// Leaves out what is connected with the chunk handed out last: it may depend on it.
    public mutating func skip() { current = nil }

    /// Puts the next chunk of the cluster that was taken from in its place.
    private mutating func advance() {
        guard let (id, number) = current, let cluster = pool.clusters[id],
            number + 1 < cluster.chunks.count
        else { return }
        heap.append(Head(chunk: cluster.chunks[number + 1], cluster: id, number: number + 1))
        var child = heap.count - 1
        while child > 0, heap[child].chunk.precedes(heap[(child - 1) / 2].chunk) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var best = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].chunk.precedes(heap[best].chunk) {
                best = child
            }
            guard best != parent else { return }
            heap.swapAt(parent, best)
            parent = best
        }
    }
}
