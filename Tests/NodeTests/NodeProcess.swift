import Foundation
import NodeClient
import Notation
import TestSupport

/// A `cellblockd` of its own process, on loopback and in a folder of its own; killed when dropped.
final class NodeProcess {
    /// The ends of a node that does not run: its exit code and what it wrote to standard error.
    struct End {
        var code: Int32
        var standardError: String
    }

    let folder = TemporaryFolder()
    let chain: String
    let port: UInt16
    let rpcPort: UInt16
    /// How many files the next process may have open; nil for what is usual.
    var fileLimit: Int?
    private let flags: [String]
    private var process: Process?
    private var errors = Pipe()

    init(chain: String = "regtest", _ flags: String...) throws {
        self.chain = chain
        self.flags = flags
        port = try LoopbackSocket.freePort()
        rpcPort = try LoopbackSocket.freePort()
    }

    deinit { kill() }

    /// The program beside the one that runs these tests.
    static let program = URL(filePath: CommandLine.arguments[0], directoryHint: .notDirectory)
        .deletingLastPathComponent().appending(path: "cellblockd", directoryHint: .notDirectory)

    var networkFolder: String {
        chain == "main" ? folder.path : "\(folder.path)/\(chain == "test" ? "testnet3" : chain)"
    }

    var rpc: RPCClient {
        RPCClient(port: rpcPort, cookiePath: "\(networkFolder)/.cookie")
    }

    /// Starts the program and does not wait.
    func spawn(_ more: [String] = []) throws {
        let process = Process()
        process.executableURL = Self.program
        // A network of a file of its own names itself.
        let isNamed = !flags.contains { $0.hasPrefix("-network=") }
        process.arguments =
            (isNamed ? ["-chain=\(chain)"] : []) + [
                "-datadir=\(folder.path)", "-port=\(port)",
                "-bind=127.0.0.1:\(port)", "-rpcport=\(rpcPort)", "-connect=0", "-dnsseed=0",
                "-printtoconsole=0", "-fallbackfee=0.0002",
            ] + flags + more
        if let fileLimit {
            process.executableURL = URL(filePath: "/bin/sh", directoryHint: .notDirectory)
            process.arguments =
                ["-c", "ulimit -n \(fileLimit); exec \"$0\" \"$@\"", Self.program.path]
                + (process.arguments ?? [])
        }
        errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = process
    }

    /// Starts the node and waits until it answers.
    func start(_ more: String...) throws {
        try spawn(more)
        try until("the node answers", seconds: 60) {
            guard process?.isRunning == true else {
                throw Failure("the node ended while starting: \(try end().standardError)")
            }
            return (try? rpc.call("getblockcount")) != nil
        }
    }

    /// Asks the node to stop, and waits for its end.
    func stop() throws -> End {
        _ = try rpc.call("stop")
        return try end()
    }

    /// Asks the process to end, as a system does that shuts down.
    func terminate() {
        if let process { Foundation.kill(process.processIdentifier, SIGTERM) }
    }

    /// Waits for the end of a node that is about to end.
    func end(seconds: Double = 30) throws -> End {
        guard let process else { throw Failure("the node was not started") }
        try until("the node ends", seconds: seconds) { !process.isRunning }
        self.process = nil
        let text = try errors.fileHandleForReading.readToEnd() ?? Data()
        return End(code: process.terminationStatus, standardError: String(decoding: text, as: UTF8.self))
    }

    /// Ends the node at once, as a power failure would.
    func kill() {
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    func height() throws -> Int64? { try rpc.call("getblockcount").int }
    func tip() throws -> String? { try rpc.call("getbestblockhash").stringValue }

    /// Dials another node.
    func connect(to other: NodeProcess) throws {
        let address = "127.0.0.1:\(other.port)"
        func isConnected() throws -> Bool {
            try rpc.call("getpeerinfo").array?.contains { $0["addr"]?.stringValue == address }
                == true
        }
        // On a busy machine one attempt may run out of its time.
        for _ in 0..<5 {
            _ = try rpc.call("addnode", [.string(address), "onetry"])
            if (try? until("\(address) is reached", seconds: 10, isConnected)) != nil { return }
        }
        throw Failure("\(address) was not reached")
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }

    /// Asks again and again until something holds.
    func until(_ what: String, seconds: Double, _ holds: () throws -> Bool) throws {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while try !holds() {
            guard Date() < deadline else { throw Failure("\(what): not within \(seconds) s") }
            usleep(20_000)
        }
    }
}
