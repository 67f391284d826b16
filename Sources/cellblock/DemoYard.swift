import Foundation
import NodeClient
import NodeService
import Notation
import Synchronization

/// The nodes of the demo: separate processes, each with a data directory and ports of its own.
///
/// It is the one that ends them, whichever way the demo ends.
final class DemoYard: Sendable {
    /// Holds every node's data.
    let folder: String
    /// A, B, C, …: where each is and how it is called.
    let nodes: [DemoNode]

    private let keepsData: Bool
    private let processes = Mutex<[String: Process]>([:])

    init(nodeCount: Int, keepsData: Bool) throws {
        let name = "cellblock-demo-\(getpid())"
        let folder = FileManager.default.temporaryDirectory.appending(path: name)
        self.folder = folder.path(percentEncoded: false)
        self.keepsData = keepsData
        nodes = try (0..<nodeCount).map { index in
            let name = String(UnicodeScalar(UInt8(65 + index)))
            return try DemoNode(
                name: name, directory: folder.appending(path: name).path(percentEncoded: false))
        }
        for node in nodes {
            try FileManager.default.createDirectory(
                atPath: node.directory, withIntermediateDirectories: true)
        }
    }

    /// Starts a node and waits until it takes calls.
    func start(_ node: DemoNode, _ options: [String] = []) throws {
        let process = Process()
        process.executableURL = URL(filePath: try Self.executable())
        process.arguments = ["node"] + node.arguments + options
        _ = FileManager.default.createFile(atPath: node.errorPath, contents: nil)
        let errors = FileHandle(forWritingAtPath: node.errorPath)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors ?? FileHandle.nullDevice
        try process.run()
        processes.withLock { $0[node.name] = process }
        try wait("node \(node.name) to start", atMost: 30) {
            guard process.isRunning else {
                throw DemoFailure("node \(node.name) ended with \(process.terminationStatus)")
            }
            return (try? node.rpc.call("getblockcount")) != nil
        }
    }

    /// Kills a node at once, as a power cut would.
    func kill(_ node: DemoNode) {
        let process = processes.withLock { $0.removeValue(forKey: node.name) }
        guard let process else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks every node to stop, waits for a clean end of each, and removes the data.
    func close() throws {
        let running = processes.withLock { $0 }
        for node in nodes where running[node.name] != nil { _ = try node.rpc.call("stop") }
        for (name, process) in running {
            try wait("node \(name) to stop", atMost: 20) { !process.isRunning }
            guard process.terminationStatus == 0 else {
                throw DemoFailure("node \(name) ended with \(process.terminationStatus)")
            }
        }
        abandon()
    }

    /// Kills what still runs and removes the data.
    func abandon() { processes.withLock { abandon(&$0) } }

    private func abandon(_ running: inout [String: Process]) {
        for process in running.values where process.isRunning {
            Foundation.kill(process.processIdentifier, SIGKILL)
        }
        for process in running.values { process.waitUntilExit() }
        running = [:]
        if !keepsData { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// The last that each node wrote, for whoever must find out what went wrong.
    func lastWords() -> [String] {
        nodes.flatMap { node in
            [node.errorPath, node.logPath].flatMap { path in
                let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
                return text.split(separator: "\n").suffix(4).map { "\(node.name): \($0)" }
            }
        }
    }

    /// Ends all and leaves when the user or the system wants the demo to end.
    func cleansUpOnSignal() -> SignalWatch {
        SignalWatch([SIGINT, SIGTERM, SIGHUP]) { [self] number in
            // The lock is never given back, so the demo cannot go on to tell of nodes lost.
            processes.withLock {
                abandon(&$0)
                exit(128 + number)
            }
        }
    }

    private static func executable() throws -> String {
        guard let path = Bundle.main.executablePath else {
            throw DemoFailure("cannot find this program's own file")
        }
        return path
    }
}

/// Asks again and again until something is so.
func wait(_ what: String, atMost seconds: Double, until isSo: () throws -> Bool) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try !isSo() {
        guard Date.now < deadline else {
            throw DemoFailure("waited \(Int(seconds)) s for \(what), in vain")
        }
        Thread.sleep(forTimeInterval: 0.02)
    }
}
