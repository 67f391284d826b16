public import Chain
import Consensus
import Cryptography
import Genesis
import Indexes
public import Logging
import NIOCore
import NIOPosix
import Peers
import Primitives
public import ServiceLifecycle
import Wire

/// The peers of the node: sockets, time and the chain around a `Swarm`.
///
/// The swarm decides; this performs its actions in order, and brings back what came of them.
public actor PeerNetwork: Service {
    public nonisolated let configuration: Configuration
    public nonisolated let userAgent: String

    nonisolated let validator: Validator
    nonisolated let clock: any NodeClock
    let logger: Logger
    let listening: [Listening]
    let problem: NetworkingError?
    let store: PeerStore
    let started = Signal()

    var swarm: Swarm
    /// The filters to serve; nil for none.
    var filters: BlockFilterIndex?
    var links: [PeerID: Link] = [:]
    /// How many nodes of the chain's index have been read.
    var indexPosition = 0
    /// How often block files had been given up by then.
    var seenPruneCount: UInt64 = 0
    var followTicket = 0
    /// The seconds for which the pool was watched.
    var poolSeconds = 0
    var followedTicket = 0
    /// Blocks that were handed to the chain, in that order, of which nothing was told yet.
    var judging: [HandedBlock] = []
    /// How often it is being asked about them.
    var questionCount = 0
    /// The transactions of the newest block: they may still be asked for.
    var newestTransactions: [TransactionID: Transaction] = [:]

    let (jobs, jobQueue) = AsyncStream<@Sendable () async -> Void>.makeStream()

    /// A connection and its handler.
    struct Link: Sendable {
        var channel: any Channel
        var handler: PeerHandler
        var transport: Transport.Status
        /// What the handler holds back until it can be sent: commands and sizes of payloads.
        var unsent: [(command: String, payload: Int)] = []
    }

    public init(
        _ configuration: Configuration, validator: Validator, clock: any NodeClock, logger: Logger
    ) {
        self.configuration = configuration
        userAgent = configuration.userAgent
        self.validator = validator
        self.clock = clock
        self.logger = logger
        store = PeerStore(directory: configuration.directory)
        var settings = SwarmSettings(
            network: configuration.network, userAgent: configuration.userAgent)
        do {
            let parsed = try configuration.parsed()
            settings = parsed.settings
            listening = parsed.listening
            problem = nil
        } catch {
            listening = []
            problem = error
        }
        var random = SystemRandomNumberGenerator()
        swarm = Swarm(
            settings: settings, genesis: HeaderRecord(genesisOf: configuration.network),
            seed: (random.next(), random.next()))
    }

    /// Returns when the node listens; throws when it cannot.
    public nonisolated func ready() async throws { try await started.wait() }

    /// Time since 1970.
    nonisolated var now: Duration { clock.precise() }

    // MARK: - Running

    public func run() async throws {
        do {
            if let problem { throw problem }
            try restore()
            await readIndex()
            await followTip()
            let servers = try await listen()
            started.succeed()
            defer { for server in servers { server.close(promise: nil) } }
            await runJobs()
        } catch {
            started.fail(error)
            throw error
        }
        stop()
    }

    /// Does what the swarm asks for until the service is to stop.
    private func runJobs() async {
        let queue = jobQueue
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.tick() }
                group.addTask { await self.watchTips() }
                group.addTask { await self.watchHistory() }
                group.addTask { await self.watchPool() }
                for await job in jobs {
                    group.addTask { await job() }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            queue.finish()
        }
    }

    private func stop() {
        for link in links.values { link.channel.close(promise: nil) }
        links = [:]
        save()
    }

    private func tick() async {
        var count = 0
        while !Task.isCancelled {
            handle(.timePassed)
            try? await Task.sleep(for: .milliseconds(100))
            count += 1
            // Every quarter of an hour, as Bitcoin Core does.
            if count % 9000 == 0 { save() }
        }
    }

    // MARK: - The swarm

    func handle(_ event: SwarmEvent) {
        perform(swarm.handle(event, at: now))
    }

    func perform(_ actions: [SwarmAction]) {
        for action in actions {
            switch action {
            case .send(let id, let message): send(message, to: id)
            case .disconnect(let id): links[id]?.channel.close(promise: nil)
            case .setReading(let id, let isReading):
                if let link = links[id] { link.handler.setReading(isReading, link.channel) }
            case .dial(let request): dial(request)
            case .resolveSeeds(let names): resolve(names)
            case .ask(let id, let question):
                start { await $0.respond(to: question, for: id) }
            case .submit(let id, let block, let wasRequested, let isWorkChecked):
                submit(block, of: id, wasRequested: wasRequested, isWorkChecked: isWorkChecked)
            case .log(let level, let text): log(level, text)
            case .storeBans: saveBans()
            }
        }
    }

    /// Starts work as a child of the service.
    nonisolated func start(_ work: @escaping @Sendable (PeerNetwork) async -> Void) {
        jobQueue.yield { [self] in await work(self) }
    }

    private func log(_ level: LogLevel, _ text: String) {
        switch level {
        case .debug: logger.debug("\(text)")
        case .info: logger.info("\(text)")
        case .warning: logger.warning("\(text)")
        }
    }

    // MARK: - Sending

    func send(_ message: Message, to id: PeerID) {
        send(command: message.command, payload: message.payload, to: id)
    }

    func send(command: String, payload: [UInt8], to id: PeerID) {
        guard let link = links[id] else { return }
        logger.debug("sending \(command) (\(payload.count) bytes) peer=\(id)")
        // It becomes bytes on the connection's own thread.
        link.channel.writeAndFlush(
            OutboundMessage(command: command, payload: payload), promise: nil)
        if let size = link.transport.size(command: command, payload: payload.count) {
            swarm.sent(command: command, size: size, to: id, at: now)
        } else {
            links[id]?.unsent.append((command, payload.count))
        }
    }

    /// Counts what was held back, when it is known what it takes.
    func follow(_ status: Transport.Status, of id: PeerID) {
        links[id]?.transport = status
        guard status.sendsAs != nil, let unsent = links[id]?.unsent else { return }
        links[id]?.unsent = []
        for message in unsent {
            guard let size = status.size(command: message.command, payload: message.payload) else {
                continue
            }
            swarm.sent(command: message.command, size: size, to: id, at: now)
        }
    }
}

extension HeaderRecord {
    /// The first header of a network, whose block everybody has.
    init(genesisOf network: Network) {
        let header = network.genesis.header
        self.init(
            hash: network.genesisHash, previous: .zero, height: 0, time: header.time,
            bits: header.bits, chainWork: ProofOfWork.work(bits: header.bits), hasData: true,
            isInvalid: false)
    }

    init(_ info: BlockInfo) {
        self.init(
            hash: info.hash, previous: info.header.previous, height: info.height,
            time: info.header.time, bits: info.header.bits, chainWork: info.chainWork,
            hasData: info.hasData, isInvalid: info.isInvalid,
            wasReceived: info.transactionCount != nil)
    }
}
