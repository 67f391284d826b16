import Chain
import Foundation
import Genesis
import Logging
import MemoryPool
import MiningService
import Networking
import Notation
import Options
import RPC
import ServiceLifecycle
import Storage
import Stratum
import Wallets

/// A node: all its parts, made in order and stopped in reverse.
public struct Node: Sendable {
    let configuration: Configuration
    let sink: LogSink
    let logger: Logger
    let stop = ShutdownRequest()

    public init(_ configuration: Configuration) throws {
        self.configuration = configuration
        let sink = try LogSink(configuration.logOptions())
        self.sink = sink
        logger = Self.logger("node", sink)
    }

    static func logger(_ category: String, _ sink: LogSink) -> Logger {
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
        let signals = SignalWatch([SIGINT, SIGTERM]) { [stop] _ in stop.make() }
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

    /// Makes the parts, runs them until the node is to stop, and closes them.
    private func runParts(_ dispatcher: RPCDispatcher) async throws {
        dispatcher.setWarmup("Loading block index…")
        let clock = SystemClock()
        switch try await openChain(clock, dispatcher) {
        case .success(let validator): try await use(validator, clock, dispatcher)
        // Asked to stop while the chain was being brought up.
        case .failure(Validator.closing): break
        case .failure(let error): throw error
        }
        logger.info("Shutdown done")
    }

    /// Opens the chain, which may take long; it then ends with `Validator.closing` once the node is
    /// to stop.
    private func openChain(
        _ clock: SystemClock, _ dispatcher: RPCDispatcher
    ) async throws -> Result<Validator, StorageError> {
        // No block can bear a later time.
        let mockTime = configuration.int("mocktime", default: 0, in: 0...Int(UInt32.max))
        if configuration.network.isMockable { clock.setMockTime(Int64(mockTime)) }
        let logger = logger
        var chain = try configuration.validatorConfiguration()
        // Blocks may be connected anew before anyone has named a roster.
        chain.rosters = try RosterArchive(folder: configuration.rosterFolder)
            .load(network: configuration.network)
        let (sink, stop) = (sink, stop)
        chain.report = { logger.info("\($0)") }
        chain.log = { Self.logger($0, sink).debug("\($1)") }
        chain.isStopping = { stop.isMade }
        do throws(StorageError) {
            return .success(
                try await Validator.open(chain, clock: clock) { status in
                    logger.info("\(status)")
                    dispatcher.setWarmup(status)
                })
        } catch {
            return .failure(error)
        }
    }

    /// Runs the parts over the chain, and closes it.
    private func use(
        _ validator: Validator, _ clock: SystemClock, _ dispatcher: RPCDispatcher
    ) async throws {
        let outcome: Result<Void, any Error>
        do {
            // The files named by -loadblock and those of -reindex have been taken in by now.
            if validator.hasReachedStopHeight { stop.make() }
            if !stop.isMade, !configuration.settings.bool("stopafterblockimport", default: false) {
                try await run(over: validator, clock, dispatcher)
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        dispatcher.setWarmup("Shutting down")
        // The first failure is the one to be told.
        do {
            try await validator.close()
        } catch {
            try outcome.get()
            throw error
        }
        try outcome.get()
    }

    private func run(
        over validator: Validator, _ clock: SystemClock, _ dispatcher: RPCDispatcher
    ) async throws {
        let stop = stop
        var context = RPCContext(
            definition: configuration.network, validator: validator, clock: clock,
            startTime: .now, dataDirectory: configuration.directory,
            logPath: sink.options.path ?? "", registry: .standard, shutdown: { stop.make() },
            stopping: { await stop.wait() })
        context.definitionText = configuration.definition
        context.logCategories = sink.options.categories
        context.deprecated = Set(configuration.settings.list("deprecatedrpc"))
        let chain = try configuration.validatorConfiguration()
        let peers = PeerNetwork(
            try configuration.networkConfiguration(
                minimumRelayFeeRate: chain.mempool.minRelayFeeRate,
                minimumChainWork: chain.minimumChainWork),
            validator: validator, clock: clock, logger: Self.logger("net", sink))
        context.network = peers
        let logger = logger
        let sink = sink
        context.log = { Self.logger($0, sink).debug("\($1)") }
        context.report = { logger.warning("\($0)") }
        let services = ServiceGroup(services: [peers], logger: Self.logger("services", sink))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            let outcome: Result<Void, any Error>
            do {
                try await peers.ready()
                try await serve(context, peers, dispatcher)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await services.triggerGracefulShutdown()
            // What made the end come is told before what the end brought.
            let rest = await group.nextResult()
            try outcome.get()
            try rest?.get()
        }
    }

    /// Makes the parts that work over chain and peers, and answers calls until the end.
    private func serve(
        _ context: RPCContext, _ peers: PeerNetwork, _ dispatcher: RPCDispatcher
    ) async throws {
        var context = context
        let validator = context.validator
        let indexes = try makeIndexes(over: validator)
        try await indexes.prepare()
        try await validator.startPruning()
        context.transactionIndex = indexes.transactions
        context.blockFilterIndex = indexes.filters
        context.coinStatisticsIndex = indexes.coins
        context.spenderIndex = indexes.spenders
        context.addressIndex = indexes.addresses
        await peers.use(filters: indexes.filters)
        dispatcher.setWarmup("Loading wallet…")
        let wallets = try await makeWallets(over: validator, context.clock, peers)
        guard !stop.isMade else {
            await indexes.close()
            try await wallets?.unloadAll()
            return
        }
        context.wallets = wallets
        context.registry = context.registry.without(walletMethods: wallets == nil)
        let miner = try await makeMiner(over: validator, context.clock, wallets, peers)
        context.miner = miner
        context.roster = rosterSource(wallets)
        let stratum = try await makeStratum(miner, context.clock)
        context.stratum = stratum
        let outcome: Result<Void, any Error>
        do {
            try await waitForEnd(of: context, dispatcher, indexes, miner)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        logger.info("Shutdown in progress...")
        dispatcher.setWarmup("Shutting down")
        await miner.stop()
        await indexes.close()
        try await wallets?.unloadAll()
        // What ended it is told before what the end brought.
        try outcome.get()
        try miner.shares?.synchronise()
    }

    /// Answers calls once every door is open, and returns when the node is to stop; throws when
    /// its disk has failed.
    private func waitForEnd(
        of context: RPCContext, _ dispatcher: RPCDispatcher, _ indexes: NodeIndexes, _ miner: Miner
    ) async throws {
        let (stop, logger) = (stop, logger)
        let (validator, wallets, stratum) = (context.validator, context.wallets, context.stratum)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await stop.wait() }
            group.addTask { throw try await validator.failure() }
            group.addTask {
                for await _ in validator.tips() {
                    if validator.hasReachedStopHeight { stop.make() }
                    await wallets?.chainMoved()
                }
                await stop.wait()
            }
            group.addTask {
                // A wallet may wait for blocks below coins that came from outside.
                for await _ in validator.checkedTips() { await wallets?.chainMoved() }
                await stop.wait()
            }
            group.addTask {
                try await validator.followHistory()
                await stop.wait()
            }
            group.addTask {
                for await _ in validator.tips() { await miner.chainMoved() }
                await stop.wait()
            }
            group.addTask {
                await miner.keepSharedTemplate()
                await stop.wait()
            }
            group.addTask {
                if let stratum { try await self.run(stratum) }
                await stop.wait()
            }
            group.addTask {
                try await stratum?.ready()
                dispatcher.setReady(context)
                logger.info("Done loading")
                await stop.wait()
            }
            group.addTask {
                try await indexes.run()
                await stop.wait()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
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
