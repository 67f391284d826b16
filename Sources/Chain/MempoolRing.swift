public import MemoryPool

/// What has happened to the mempool since a follower last asked.
public enum MempoolChanges: Sendable {
    /// Too much to tell: take the pool as it is, and ask from `sequence` on.
    case resync(sequence: UInt64)
    /// All that happened, in order; ask from `sequence` on.
    case changes([MempoolChange], sequence: UInt64)
}

/// The latest changes of the mempool, numbered without gaps, as many as are worth keeping.
struct MempoolRing {
    private static let capacity = 20_000
    private var changes: [MempoolChange] = []
    /// The number of the last change.
    private(set) var sequence: UInt64 = 0

    /// Returns whether there was anything to append.
    mutating func append(_ new: [MempoolChange]) -> Bool {
        guard !new.isEmpty else { return false }
        changes += new
        sequence += UInt64(new.count)
        // Dropped in bulk, so that each costs little.
        if changes.count > 2 * Self.capacity { changes.removeFirst(changes.count - Self.capacity) }
        return true
    }

    func since(_ number: UInt64) -> MempoolChanges {
        guard number <= sequence, sequence - number <= UInt64(changes.count) else {
            return .resync(sequence: sequence)
        }
        return .changes(Array(changes.suffix(Int(sequence - number))), sequence: sequence)
    }
}
