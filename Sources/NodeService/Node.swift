import Foundation
import Genesis
import Logging
import RPC
import ServiceLifecycle
import Storage

/// A node: all its parts, made in order and stopped in reverse.
public struct Node: Sendable {
    private let configuration: Configuration
    private let sink: LogSink
    private let logger: Logger
    private let stop = ShutdownRequest()

    public init(_ configuration: Configuration) throws {
        self.configuration = configuration
        let sink = try LogSink(configuration.logOptions())
        self.sink = sink
        logger = Self.logger("node", sink)
    }

    private static func logger(_ category: String, _ sink: LogSink) -> Logger {
        Logger(label: category) { NodeLogHandler(category: $0, sink: sink) }
    }

    /// Runs until a signal or a call wants the node to stop. Throws where it cannot start, or where
    /// its disk fails.
    public func run() async throws {
        logger.info("Cellblock version v\(Version.text)")
        logger.info("Using data directory \(configuration.directory)")
        for name in configuration.ignoredOptions {
            logger.warning("Option -\(name) has no effect in this version")
        }
        let signals = SignalWatch([SIGINT, SIGTERM], stop)
        defer { withExtendedLifetime(signals) {} }
        let lock = try FolderLock(folder: configuration.directory)
        defer { withExtendedLifetime(lock) {} }
        let marker = try ProcessMarker(configuration)
        defer { marker.remove() }

        let dispatcher = RPCDispatcher()
        guard configuration.settings.bool("server", default: true) else {
            return try await runParts(dispatcher)
        }
        let (credentials, hasCookie) = try configuration.makeCredentials()
        defer {
            if hasCookie, let path = configuration.cookiePath {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
        let server = RPCServer(
            try configuration.serverConfiguration(credentials), dispatcher: dispatcher,
            logger: Self.logger("rpc", sink))
        let group = ServiceGroup(services: [server], logger: Self.logger("services", sink))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let outcome: Result<Void, any Error>
            do {
                try await server.ready()
                try await runParts(dispatcher)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }

    private func runParts(_ dispatcher: RPCDispatcher) async throws {
        dispatcher.setReady(
            RPCContext(
                definition: configuration.network, startTime: .now,
                dataDirectory: configuration.directory, logPath: sink.options.path ?? "",
                registry: .standard, shutdown: { stop.make() }))
        await stop.wait()
    }
}

/// The file that tells the process id while the node runs.
struct ProcessMarker {
    private let path: String?

    init(_ configuration: Configuration) throws {
        guard !configuration.settings.isNegated("pid") else {
            path = nil
            return
        }
        let path = configuration.path(configuration.settings.path("pid") ?? "cellblockd.pid")
        let text = "\(ProcessInfo.processInfo.processIdentifier)\n"
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            throw ConfigurationError("Unable to create the PID file '\(path)'")
        }
        self.path = path
    }

    func remove() {
        if let path { try? FileManager.default.removeItem(atPath: path) }
    }
}
