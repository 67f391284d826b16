public import Foundation
public import Testing

/// The published test vectors that lie beside the package, in `../shared/vectors`.
///
/// They are no part of the repository: a test that needs them is skipped where they are missing
/// (`.enabled(if: Vectors.isPresent, Vectors.hint)`).
public enum Vectors {
    /// The folder of all vectors.
    public static let folder: URL =
        packageRoot
        .appending(path: "../shared/vectors", directoryHint: .isDirectory).standardized

    /// Whether the vectors are there at all.
    public static let isPresent = FileManager.default.fileExists(
        atPath: folder.appending(path: "README.md").path(percentEncoded: false))

    /// What a skipped test says.
    public static let hint: Testing.Comment = "needs the vectors in ../shared/vectors"

    /// The bytes of one file, named relative to the folder: `core/script_tests.json`.
    public static func load(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name, directoryHint: .notDirectory)))
    }

    private static let packageRoot = URL(filePath: #filePath, directoryHint: .notDirectory)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}
