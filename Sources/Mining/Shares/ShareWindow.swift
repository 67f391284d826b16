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
    /// By the bytes of the name, as any program compares it: to Swift's `==` two are equal that are
    /// written with other code points.
    private let work: [[UInt8]: Int64]

    init(root: Hash256, work: [[UInt8]: Int64]) {
        self.root = root
        self.work = work
    }

    /// How many hashes of the window a member has shown.
    public func work(of name: String) -> Int64 { work[Array(name.utf8)] ?? 0 }

    /// Takes shares from the newest backwards until they make up `size` hashes; of the one that
    /// crosses the edge only what lies within counts. A log shorter than that counts as a whole.
    ///
    /// - Parameter shares: oldest first.
    public init(_ shares: [Share], size: UInt64, root: Hash256) {
        self.root = root
        var left = size
        var work: [[UInt8]: Int64] = [:]
        for share in shares.reversed() {
            guard left > 0 else { break }
            let counted = min(share.work, left)
            left -= counted
            let name = Array(share.name.utf8)
            let sum = UInt64(work[name] ?? 0).addingReportingOverflow(counted)
            work[name] = Int64(clamping: sum.overflow ? .max : sum.partialValue)
        }
        self.work = work
    }
}
