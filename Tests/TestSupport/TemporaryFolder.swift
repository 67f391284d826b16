import Foundation

/// A new folder, removed with all it holds when dropped.
public final class TemporaryFolder: Sendable {
    public let path: String

    public init() {
        let name = "cellblock-\(UUID().uuidString)"
        path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
