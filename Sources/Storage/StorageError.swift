/// Our machine has failed: the disk, or a file that holds what we did not write. Never the fault
/// of a peer, and never a judgement on a block.
public struct StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file or folder concerned; empty if there is none.
    public var path: String
    /// What went wrong, and where we know it, what repairs it.
    public var reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// Whether RocksDB found a store damaged, or without one of its files.
    public var isDamage: Bool {
        reason.hasPrefix("Corruption") || reason.contains("No such file")
            || reason == Self.missingFile
    }

    static let missingFile = "The file is missing"

    public var description: String { path.isEmpty ? reason : "\(reason) (\(path))" }
}
