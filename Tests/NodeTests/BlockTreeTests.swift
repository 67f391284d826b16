import Foundation
import Testing

/// The generator in `Tests/BlockTree`, run against the very program that is tested here.
@Suite("Trees of good and bad blocks", .serialized) struct BlockTreeTests {
    private static let script = URL(filePath: #filePath, directoryHint: .notDirectory)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "BlockTree/blocktree.py", directoryHint: .notDirectory)

    /// It needs nothing but Python's own library.
    private static let hasPython: Bool = {
        let test = "import sys; sys.exit(sys.version_info < (3, 10))"
        return (try? run("python3", "-c", test))?.code == 0
    }()

    private static func run(_ arguments: String...) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env", directoryHint: .notDirectory)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test(
        "Every block is judged as Bitcoin Core judges it, whichever way and in whatever order it comes",
        .enabled(if: hasPython, "needs python3, 3.10 or newer"))
    func agreement() throws {
        let (code, output) = try Self.run(
            "python3", Self.script.path(percentEncoded: false), "--program",
            NodeProcess.program.path(percentEncoded: false), "--ways", "submitblock,peer", "--seed", "2009")
        #expect(code == 0, "\(output)")
        // The last line counts; one of trees that were not made would be short.
        let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
        #expect(words.count == 4 && words.suffix(2) == ["0", "differences"], "\(output)")
        #expect(words.first.flatMap { Int($0) } ?? 0 >= 390, "\(output)")
    }
}
