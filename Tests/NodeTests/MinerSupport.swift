import Foundation
import NodeClient
import Notation

/// Rosters and programs that tests about mining share.
enum MinerSupport {
    static let addresses = [
        "ana": "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",
        "beto": "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry",
        "carla": "bcrt1q6rhpng9evdsfnn833a4f4vej0asu6dk5srld6x",
    ]

    static func roster(_ weights: [String: Int], scheme: String, more: String = "") -> String {
        let members = weights.sorted { $0.key < $1.key }.map { name, weight in
            """
            [[inmate]]
            name = "\(name)"
            weight = \(weight)
            address = "\(addresses[name] ?? "")"
            """
        }
        return "[payout]\nscheme = \"\(scheme)\"\n\(more)\n" + members.joined(separator: "\n")
            + "\n"
    }

    // MARK: Programs

    /// The folder of the programs in other languages.
    static let scripts = URL(filePath: #filePath, directoryHint: .notDirectory)
        .deletingLastPathComponent().deletingLastPathComponent()

    static let pythonPath = "/usr/bin/python3"
    static let openSSLPath = "/usr/bin/openssl"
    static let hasPython = FileManager.default.isExecutableFile(atPath: pythonPath)
    static let hasOpenSSL = FileManager.default.isExecutableFile(atPath: openSSLPath)

    /// Runs one of the programs beside these tests; gives its exit code and what it printed.
    static func python(_ program: String, _ arguments: String...) throws -> (Int32, String) {
        try run(
            URL(filePath: pythonPath), [scripts.appending(path: program).path] + arguments)
    }

    /// Runs the program for people; gives what it printed.
    static func cellblock(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = cellblockPath
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    static let cellblockPath = NodeProcess.program.deletingLastPathComponent()
        .appending(path: "cellblock", directoryHint: .notDirectory)

    /// Makes a certificate and its key, `<name>.crt` and `<name>.key`.
    static func makeCertificate(_ name: String, in folder: String) throws {
        let (code, text) = try run(
            URL(filePath: openSSLPath),
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "36500", "-subj",
                "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).crt",
            ])
        guard code == 0 else { throw NodeProcess.Failure("openssl: \(text)") }
    }

    private static func run(_ program: URL, _ arguments: [String]) throws -> (Int32, String) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
