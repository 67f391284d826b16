/// A hook below every write, by which tests make the disk fail at a moment of their choosing.
///
/// It is asked before each write; what it answers, if anything, is the reason the write fails.
public struct WriteFault: Sendable {
    /// What is about to be written.
    public enum Operation: Hashable, Sendable {
        case create, append, synchronise, truncate, batch
        /// A batch that is to be on the disk at once.
        case synchronousBatch
    }

    private let decide: @Sendable (Operation, _ path: String) -> String?

    public init(_ decide: @escaping @Sendable (Operation, _ path: String) -> String?) {
        self.decide = decide
    }

    /// The disk as it is.
    public static let none = WriteFault { _, _ in nil }

    func check(_ operation: Operation, _ path: String) throws(StorageError) {
        if let reason = decide(operation, path) {
            throw StorageError(path: path, reason: reason)
        }
    }
}
