/// All chunks of the pool in the order to mine them, kept so while the pool changes.
///
/// They lie in runs of a few hundred, so that a change moves little.
struct ChunkOrder: Sendable {
    /// A chunk, and which one of which cluster it is.
    struct Item: Sendable {
        var chunk: Cluster.Chunk
        var id: ChunkID
    }

    /// Where a walk over the chunks stands.
    struct Position: Sendable {
        var run = 0
        var place = 0
    }

    /// A run that grows longer is cut in two.
    private static let longestRun = 512

    /// None of them is empty.
    private var runs: [[Item]] = []
    private(set) var count = 0

    // MARK: Changing

    mutating func insert(_ cluster: Cluster, as id: Int) {
        for (number, chunk) in cluster.chunks.enumerated() {
            insert(Item(chunk: chunk, id: ChunkID(cluster: id, number: Int32(number))))
        }
    }

    mutating func remove(_ cluster: Cluster) {
        for chunk in cluster.chunks { remove(chunk) }
    }

    private mutating func insert(_ item: Item) {
        count += 1
        guard !runs.isEmpty else {
            runs.append([item])
            return
        }
        let run = min(run(of: item.chunk), runs.count - 1)
        runs[run].insert(item, at: place(of: item.chunk, in: run))
        guard runs[run].count > Self.longestRun else { return }
        let half = runs[run].count / 2
        runs.insert(Array(runs[run][half...]), at: run + 1)
        runs[run].removeLast(runs[run].count - half)
    }

    private mutating func remove(_ chunk: Cluster.Chunk) {
        count -= 1
        let run = run(of: chunk)
        precondition(run < runs.count, "a cluster's chunks are in the order")
        let place = place(of: chunk, in: run)
        precondition(
            place < runs[run].count && runs[run][place].chunk.last == chunk.last,
            "a cluster's chunks are in the order")
        runs[run].remove(at: place)
        if runs[run].isEmpty { runs.remove(at: run) }
    }

    /// The first run that does not end before `chunk`.
    private func run(of chunk: Cluster.Chunk) -> Int {
        Self.firstIndex(below: runs.count) { run in
            let items = runs[run]
            return !items[items.count - 1].chunk.precedes(chunk)
        }
    }

    /// Where in a run `chunk` stands, or would.
    private func place(of chunk: Cluster.Chunk, in run: Int) -> Int {
        let items = runs[run]
        return Self.firstIndex(below: items.count) { !items[$0].chunk.precedes(chunk) }
    }

    /// The first index for which `isReached`, which holds for all after it too; `count` if none.
    private static func firstIndex(below count: Int, where isReached: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isReached(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    // MARK: Walking

    /// The chunk at a position; nil behind the last.
    func item(at position: Position) -> Item? {
        guard position.run < runs.count else { return nil }
        return runs[position.run][position.place]
    }

    func advance(_ position: inout Position) {
        position.place += 1
        guard position.run < runs.count, position.place == runs[position.run].count else { return }
        position = Position(run: position.run + 1)
    }

    /// The chunk that is mined last of all.
    var last: Item? { runs.last?.last }
}

/// Names a chunk. A cluster that changes gets a new number, so what is named alike is alike.
public struct ChunkID: Hashable, Sendable {
    package var cluster: Int
    /// Its place in the cluster: later ones may depend on it.
    package var number: Int32
}
