import Foundation

/// A program under `Tests/` that drives nodes from outside; it needs nothing but Python's own library.
enum PythonProgram {
    /// Whether there is a Python new enough.
    static let isAvailable: Bool = {
        let test = "import sys; sys.exit(sys.version_info < (3, 10))"
        return (try? run(arguments: ["-c", test]))?.code == 0
    }()

    /// Runs `Tests/<path>` on the program that is tested here; gives its exit code and what it printed.
    static func run(_ path: String, _ arguments: String...) throws -> (code: Int32, output: String)
    {
        let script = URL(filePath: #filePath, directoryHint: .notDirectory)
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: path, directoryHint: .notDirectory)
        let program = NodeProcess.program.path(percentEncoded: false)
        return try run(
            arguments: [script.path(percentEncoded: false), "--program", program] + arguments)
    }

    private static func run(arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env", directoryHint: .notDirectory)
        process.arguments = ["python3"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
