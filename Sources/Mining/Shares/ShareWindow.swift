public import Cryptography

/// A proof of work below a block's, shown by a member.
public struct Share: Sendable, Hashable {
    public var name: String
    /// How many hashes it stands for.
    public var work: UInt64

    public init(name: String, work: UInt64) {
        self.name = name
        self.work = work
    }
}

/// The work each member has shown lately, which scheme `pplns` pays by.
public struct ShareWindow: Sendable, Hashable {
    /// Commits to the share log up to the window's end.
    public let root: Hash256
    /// By name.
    public let work: [String: Int64]

    init(root: Hash256, work: [String: Int64]) {
        self.root = root
        self.work = work
    }

    /// Takes shares from the newest backwards until they make up `size` hashes; of the one that
    /// crosses the edge only what lies within counts. A log shorter than that counts as a whole.
    ///
    /// - Parameter shares: oldest first.
    public init(_ shares: [Share], size: UInt64, root: Hash256) {
        self.root = root
        var left = size
        var work: [String: Int64] = [:]
        for share in shares.reversed() {
            guard left > 0 else { break }
            let counted = min(share.work, left)
            left -= counted
            let sum = UInt64(work[share.name] ?? 0).addingReportingOverflow(counted)
            work[share.name] = Int64(clamping: sum.overflow ? .max : sum.partialValue)
        }
        self.work = work
    }
}
