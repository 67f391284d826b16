public import Chain
import Cryptography
public import Logging
public import Mining
public import MiningService
import NIOCore
import NIOPosix
import Primitives
public import ServiceLifecycle
import Storage
import Synchronization

/// Serves miners: sockets, time and templates around their sessions.
public actor StratumServer: Service {
    public nonisolated let configuration: StratumConfiguration
    private let validator: Validator
    private let miner: Miner
    private let clock: any NodeClock
    private let logger: Logger

    private nonisolated let board: JobBoard
    private nonisolated let surroundings: StratumHandler.Surroundings
    private nonisolated let clients: Mutex<Clients>
    private nonisolated let door = TLSDoor()
    /// Ends when the server is to end.
    private let finds: AsyncStream<StratumShare>
    private let findQueue: AsyncStream<StratumShare>.Continuation
    private let started: AsyncStream<Result<Void, any Error>>
    private let startedQueue: AsyncStream<Result<Void, any Error>>.Continuation

    private var base: Miner.RosterTemplate?
    private var baseTime: Duration = .zero
    /// When clients were last given work: it grows old, however many templates are made meanwhile.
    private var sentTime: Duration = .zero
    private var isStale = false
    private var isRenewing = false
    private var isRenewalWanted = false

    private struct Link: Sendable {
        var channel: any Channel
        var handler: StratumHandler

        /// Where all else is written to the client: what was made first must go out first.
        func perform(_ body: @escaping @Sendable (StratumHandler, any Channel) -> Void) {
            channel.eventLoop.execute { body(handler, channel) }
        }
    }

    private struct Clients: Sendable {
        var links: [UInt32: Link] = [:]
        var lastNumber: UInt32
        var settings: StratumSettings

        /// Who has been there for the longest without having logged in: whoever only holds a place
        /// must not keep miners out.
        var longestIdle: Link? {
            links.values.filter { !$0.handler.isLoggedIn }
                // Numbers grow, and begin anew at their end.
                .max { lastNumber &- $0.handler.number < lastNumber &- $1.handler.number }
        }
    }

    private static let group = MultiThreadedEventLoopGroup.singleton
    /// Blocks that may wait to be submitted: on a test network every share is one.
    private static let blocksWaiting = 1024
    /// How often transactions that came may lead to a new template.
    private static let refresh: Duration = .seconds(5)
    /// How long a template is kept at most.
    private static let renewal: Duration = .seconds(30)
    /// How much more a template must bring to be sent early, in percent of its fees.
    private static let betterBy: Int64 = 5

    /// - Parameter shares: where the clients' work is kept.
    public init(
        _ configuration: StratumConfiguration, miner: Miner, roster: Roster, shares: ShareLog,
        clock: any NodeClock, logger: Logger
    ) {
        self.configuration = configuration
        validator = miner.validator
        self.miner = miner
        self.clock = clock
        self.logger = logger
        let (finds, findQueue) = AsyncStream.makeStream(
            of: StratumShare.self, bufferingPolicy: .bufferingNewest(Self.blocksWaiting))
        (self.finds, self.findQueue) = (finds, findQueue)
        (started, startedQueue) = AsyncStream.makeStream()
        let board = JobBoard()
        self.board = board
        let settings = Self.settings(for: roster, configuration)
        // Not from one: a client that comes back after a restart must not search what it has.
        clients = Mutex(Clients(lastNumber: .random(in: 1...(.max >> 1)), settings: settings))
        surroundings = StratumHandler.Surroundings(
            board: board, shares: shares, clock: clock,
            found: { findQueue.yield($0) }, failed: { _ in findQueue.finish() },
            ended: { logger.debug("client \($0) cut off: \($1)") })
    }

    private static func settings(
        for roster: Roster, _ configuration: StratumConfiguration
    ) -> StratumSettings {
        var settings = StratumSettings(
            names: Set(roster.inmates.map(\.name)), paysFinder: roster.paysFinder,
            windowFactor: roster.scheme == .pplns ? roster.pplnsFactor : nil)
        if let difficulty = configuration.startDifficulty {
            settings.startWork = ShareWork.work(difficulty: difficulty)
        }
        return settings
    }

    /// Returns when it listens; throws when it cannot.
    public nonisolated func ready() async throws {
        for await result in started { return try result.get() }
        throw CancellationError()
    }

    // MARK: Running

    public func run() async throws {
        let servers: [any Channel]
        do {
            servers = try await listen()
            startedQueue.yield(.success(()))
        } catch {
            startedQueue.yield(.failure(error))
            throw error
        }
        defer {
            for server in servers { server.close(promise: nil) }
            for link in clients.withLock({ Array($0.links.values) }) {
                link.channel.close(promise: nil)
            }
        }
        let findQueue = findQueue
        try await withGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { group in
                group.addTask { await self.watchTips() }
                group.addTask { await self.watchPool() }
                group.addTask { try await self.watchTime() }
                defer { group.cancelAll() }
                for await share in finds { await submit(share) }
            }
        } onGracefulShutdown: {
            findQueue.finish()
        }
        // The log keeps what went wrong with it, and says so again.
        try surroundings.shares.flush()
    }

    private func watchTips() async {
        for await _ in validator.tips() { await renew(isForced: true) }
    }

    private func watchPool() async {
        for await _ in validator.mempoolHints() { isStale = true }
    }

    private func watchTime() async throws {
        while !Task.isCancelled {
            guard (try? await Task.sleep(for: .seconds(1))) != nil else { break }
            do {
                try surroundings.shares.flush()
            } catch {
                findQueue.finish()
                return
            }
            let now = clock.monotonic()
            let isOld = now - sentTime >= Self.renewal
            if isOld || isStale && now - baseTime >= Self.refresh { await renew(isForced: isOld) }
            for link in clients.withLock({ Array($0.links.values) }) {
                link.perform { $0.tick(on: $1) }
            }
        }
        try surroundings.shares.synchronise()
    }

    /// Makes a template, and sends it if it is forced to or brings more.
    private func renew(isForced: Bool) async {
        if isRenewing {
            isRenewalWanted = isRenewalWanted || isForced
            return
        }
        isRenewing = true
        defer { isRenewing = false }
        var isForced = isForced
        repeat {
            isRenewalWanted = false
            isStale = false
            do {
                if let quick = try await miner.quickRosterTemplate(after: base?.template) {
                    await send(quick)
                    isForced = true
                }
                let made = try await miner.rosterTemplate()
                baseTime = clock.monotonic()
                if isForced || isBetter(made.template) {
                    sentTime = baseTime
                    await send(made)
                }
            } catch {
                logger.error("no template for miners: \(error)")
            }
            isForced = true
        } while isRenewalWanted
    }

    private func isBetter(_ template: BlockTemplate) -> Bool {
        guard let base = base?.template, base.context.previous == template.context.previous else {
            return true
        }
        let (old, new) = (base.fees.satoshis, template.fees.satoshis)
        return new - old > old / (100 / Self.betterBy)
    }

    private func send(_ made: Miner.RosterTemplate) async {
        base = made
        board.set(made)
        let links = clients.withLock { Array($0.links.values) }
        for link in links { link.perform { $0.offer(on: $1) } }
        if !links.isEmpty { await miner.gaveOut(made.template) }
    }

    private func submit(_ share: StratumShare) async {
        // Of many blocks for one place the first is enough.
        guard share.header.previous == validator.tip.hash else { return }
        let block = share.block
        do {
            let outcome = try await validator.submit(block: block)
            switch outcome {
            case .connected:
                await miner.countClientBlock(block.hash)
                logger.info(
                    "block found by a miner",
                    metadata: ["hash": "\(block.hash.displayHex)", "inmate": "\(share.name)"])
            case .stored, .duplicate, .ignored:
                logger.info("a miner's block came too late")
            default:
                logger.error("a miner's block was refused: \(outcome.bip22 ?? "")")
            }
        } catch {
            logger.error("a miner's block could not be submitted: \(error)")
        }
    }

    /// Serves the members of this roster from now on.
    public func use(roster: Roster) async {
        let settings = Self.settings(for: roster, configuration)
        let links = clients.withLock { clients in
            clients.settings = settings
            return Array(clients.links.values)
        }
        for link in links { link.perform { $0.use(settings, on: $1) } }
        await renew(isForced: true)
    }

    /// The miners that are logged in, by number.
    public nonisolated func list() -> [StratumClientInfo] {
        let links = clients.withLock { Array($0.links.values) }
        return links.compactMap { link in
            let address = link.channel.remoteAddress
            return link.handler.info(
                address: "\(address?.ipAddress ?? "?"):\(address?.port ?? 0)")
        }
        .sorted { $0.number < $1.number }
    }

    // MARK: Listening

    private func listen() async throws -> [any Channel] {
        var servers: [any Channel] = []
        var context: TLSContext?
        if let encrypted = configuration.encrypted {
            do throws(TLSError) {
                context = try TLSContext(
                    certificate: encrypted.certificate, key: encrypted.key)
            } catch {
                throw StratumServerError("Cannot serve miners by TLS: \(error)")
            }
        }
        let doors =
            configuration.endpoints.map { ($0, nil as TLSContext?) }
            + (configuration.encrypted?.endpoints ?? []).map { ($0, context) }
        for (endpoint, context) in doors {
            let place = "\(endpoint.host):\(endpoint.port)" + (context == nil ? "" : " by TLS")
            do {
                servers.append(try await bind(endpoint, context))
                logger.info("Serving miners on \(place)")
            } catch {
                for server in servers { server.close(promise: nil) }
                throw StratumServerError("Cannot serve miners on \(place): \(error)")
            }
        }
        return servers
    }

    private func bind(
        _ endpoint: StratumConfiguration.Endpoint, _ context: TLSContext?
    ) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: Self.group)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 18, high: 1 << 20))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        let handler = try TLSHandler(context, door: self.door)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try self.admit(channel)
                }
            }
        return try await bootstrap.bind(host: endpoint.host, port: endpoint.port).get()
    }

    private nonisolated func admit(_ channel: any Channel) throws {
        let limit = configuration.maximumClients
        let surroundings = surroundings
        let handler: StratumHandler? = clients.withLock { clients in
            if clients.links.count >= limit {
                guard let idle = clients.longestIdle else { return nil }
                clients.links[idle.handler.number] = nil
                idle.channel.close(promise: nil)
            }
            repeat {
                clients.lastNumber = clients.lastNumber &+ 1
            } while clients.lastNumber == 0 || clients.links[clients.lastNumber] != nil
            let handler = StratumHandler(
                number: clients.lastNumber, settings: clients.settings, surroundings)
            clients.links[handler.number] = Link(channel: channel, handler: handler)
            return handler
        }
        guard let handler else { throw StratumServerError("too many miners") }
        let number = handler.number
        channel.closeFuture.whenComplete { _ in
            self.clients.withLock { _ = $0.links.removeValue(forKey: number) }
        }
        try channel.pipeline.syncOperations.addHandler(handler)
    }
}
