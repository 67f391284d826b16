/// The last chunk of every cluster, the worst of all on top.
///
/// Clusters that are no more stay in it until they surface.
struct WorstChunks: Sendable {
    private var heap: [(chunk: Cluster.Chunk, cluster: Int)] = []

    init(_ clusters: [Int: Cluster]) {
        heap.reserveCapacity(clusters.count)
        for (id, cluster) in clusters {
            if let chunk = cluster.chunks.last { add(chunk, of: id) }
        }
    }

    var count: Int { heap.count }

    mutating func add(_ chunk: Cluster.Chunk, of cluster: Int) {
        heap.append((chunk, cluster))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isWorse(child, than: parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The cluster whose last chunk is the worst of those that still are.
    mutating func worst(in clusters: [Int: Cluster]) -> Int? {
        while let top = heap.first {
            if clusters[top.cluster] != nil { return top.cluster }
            removeTop()
        }
        return nil
    }

    private mutating func removeTop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && isWorse(child, than: worst) {
                worst = child
            }
            guard worst != parent else { return }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }

    private func isWorse(_ left: Int, than right: Int) -> Bool {
        heap[right].chunk.precedes(heap[left].chunk)
    }
}
