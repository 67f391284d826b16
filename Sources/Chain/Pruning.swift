import Consensus

/// What becomes of old block files (`-prune`).
public enum PruneMode: Hashable, Sendable {
    /// All are kept.
    case off
    /// They go when the operator says so.
    case manual
    /// The oldest go, so that all together take less than so many bytes.
    case automatic(targetBytes: Int)
}

/// What holds pruning back: followers that have yet to read blocks.
struct PruneLocks {
    /// The blocks below a lock that stay as well, so that a follower can go some blocks back.
    private static let buffer = 10

    /// For each follower the first block it needs.
    private var heights: [String: Int] = [:]
    /// Whether nothing is to be pruned yet, since followers are still to come.
    var isHeld: Bool

    init(isHeld: Bool) { self.isHeld = isHeld }

    mutating func set(_ name: String, to height: Int?) { heights[name] = height }

    /// The last block that may be pruned, and who says so; nil where nobody does.
    func limit(below tip: Int) -> (height: Int, name: String?) {
        var limit = (height: tip, name: String?.none)
        for (name, height) in heights.sorted(by: { $0.key < $1.key }) {
            let locked = height - Self.buffer - 1
            guard locked <= limit.height else { continue }
            limit = (max(1, locked), name)
        }
        return limit
    }

    /// Followers will have to come back with the chain; returns whom that concerns.
    mutating func moveBack(to height: Int) -> [String] {
        let moved = heights.filter { $0.value > height }.keys.sorted()
        for name in moved { heights[name] = height }
        return moved
    }
}

/// The blocks whose files were given up, for followers that know of them.
struct PruneLog {
    /// How many blocks are remembered at most; who is further behind reads all there are.
    private static let limit = 50_000

    /// How often files were given up.
    private(set) var count: UInt64 = 0
    private var entries: [(number: UInt64, blocks: [BlockID])] = []
    private var size = 0

    mutating func note(_ blocks: [BlockID]) {
        count &+= 1
        entries.append((count, blocks))
        size += blocks.count
        while size > Self.limit, let oldest = entries.first {
            size -= oldest.blocks.count
            entries.removeFirst()
        }
    }

    /// What was noted after the count was `seen`; nil where some of it is forgotten.
    func blocks(since seen: UInt64) -> [BlockID]? {
        guard seen <= count else { return nil }
        let later = entries.filter { $0.number > seen }
        guard UInt64(later.count) == count - seen else { return nil }
        return later.flatMap(\.blocks)
    }
}
