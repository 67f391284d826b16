public import Chain
import Consensus
public import Cryptography
import Dispatch
public import Genesis
public import Logging
import MemoryPool
public import Mining
public import Primitives

/// Mines: blocks on demand, or without end while it is started.
///
/// It decides nothing: the validator builds the template and judges what is found; the threads
/// search.
public actor Miner {
    public nonisolated let network: Network
    public nonisolated let validator: Validator
    let clock: any NodeClock
    private let logger: Logger

    /// How blocks are filled.
    public var options: AssemblyOptions
    /// Whom continuous mining pays.
    public private(set) var roster: Roster?
    /// Which of the roster's members this machine belongs to.
    public private(set) var finder: String?
    /// Rosters of other nodes, and earlier ones of this, by which coinbases are judged as well.
    public private(set) var known: [Roster] = []
    /// The work that members have shown; nil in a node that keeps no log of it.
    public nonisolated let shares: ShareLog?
    private let archive: RosterArchive?
    /// Who signs blocks, on a signet of our own.
    private var signer: BlockSigner?
    /// When to mine without end, and how many peers there are to ask for that.
    private var schedule = MiningSchedule()
    private var peerCount: (@Sendable () async -> Int)?
    let book: PayoutBook

    private var session: Session?
    private var samples: [(time: Duration, hashes: UInt64)] = []
    private var blocksFound = 0
    private var lastBlock: BlockHash?
    private var lastProblem: String?
    private var refusedInRow = 0
    var shared: SharedTemplate?
    /// When one was asked for last, in seconds since 1970.
    var sharedWanted = Int64.min / 2
    /// Kept from one shared template to the next.
    var text = TemplateText()
    /// The last share window, and how many hashes it spans.
    var lastWindow: (size: UInt64, window: ShareWindow)?
    var pace = TipPace()
    var quick: QuickTemplate?
    /// The same of those whose coinbase is given out whole.
    var paying: SharedTemplate?
    var payingText = TemplateText()
    /// The last template of which others have the coinbase.
    private var given: BlockTemplate?
    /// Told of what is done for the threads, in order; for tests.
    var observer: (@Sendable (Step) -> Void)?
    /// Jobs of this node's own threads are numbered from the top, those of clients from below.
    private var lastJobNumber = UInt64.max
    /// The weight and transactions of the last template built here, for `getmininginfo`.
    public private(set) var lastTemplate: (weight: Int, transactions: Int)?

    /// Continuous mining while it lasts.
    private struct Session {
        var pool: SearchPool
        var threads: Int
        var task: Task<Void, Never>
        var events: AsyncStream<Event>.Continuation
        /// How many blocks are still to be found; nil: no end.
        var remaining: Int?
        var template: BlockTemplate?
        var templateTime: Duration = .zero
        /// Whether the mempool has changed since.
        var isStale = false
        /// What the threads wait for.
        var pause: MiningSchedule.Pause?
    }

    private enum Event: Sendable {
        case tip(ChainTip)
        case mempool
        case timePassed
        /// The pool holds a solved block. A hint: it is looked for at every event.
        case found
    }

    /// How long a template is kept though new transactions have come.
    private static let refresh: Duration = .seconds(1)
    /// How many blocks in a row may be refused before mining stops: something is wrong with all.
    private static let refusalsBorne = 10
    /// How long a template is kept at most: its time grows old.
    private static let renewal: Duration = .seconds(15)

    public init(
        validator: Validator, network: Network, clock: any NodeClock,
        options: AssemblyOptions = AssemblyOptions(), shares: ShareLog? = nil,
        archive: RosterArchive? = nil, logger: Logger = Logger(label: "miner")
    ) {
        self.shares = shares
        self.archive = archive
        self.validator = validator
        self.network = network
        self.clock = clock
        self.options = options
        self.logger = logger
        book = PayoutBook(validator: validator, network: network)
    }

    /// Pays by this roster from now on, and judges the coinbases of others by it.
    public func use(roster: Roster, finder: String? = nil) async throws {
        if let finder, roster[finder] == nil { throw PayoutError.unknownFinder(finder) }
        try archive?.save(roster)
        if let old = self.roster, old != roster, !known.contains(old) { known.append(old) }
        self.roster = roster
        self.finder = finder
        await judge()
        if session?.template != nil { try await renew() }
    }

    /// Signs blocks from now on.
    public func use(signer: BlockSigner) {
        self.signer = signer
        options.isSigned = true
    }

    /// Mines without end only when the schedule says so.
    ///
    /// - Parameter peerCount: how many peers there are, where the schedule may wait for some.
    public func use(schedule: MiningSchedule, peerCount: (@Sendable () async -> Int)? = nil) {
        self.schedule = schedule
        self.peerCount = peerCount
    }

    /// Judges coinbases by these rosters too, though none of them is paid here.
    public func use(known rosters: [Roster]) async throws {
        for roster in rosters where !known.contains(roster) {
            try archive?.save(roster)
            known.append(roster)
        }
        await judge()
    }

    private func judge() async {
        var rosters = roster.map { [$0] } ?? []
        for other in known where !rosters.contains(other) { rosters.append(other) }
        await validator.use(rosters: rosters)
        await book.use(rosters: rosters)
    }

    // MARK: On demand

    /// Mines `count` blocks on the tip, one after the other.
    ///
    /// - Parameters:
    ///   - payee: nil pays the roster.
    ///   - maxTries: how many nonces may be tried in all.
    /// - Returns: the blocks found; fewer than `count` where the tries ran out.
    public func generate(
        count: Int, to payee: Payee?, maxTries: UInt64 = 1_000_000
    ) async throws -> [BlockHash] {
        var tries = maxTries
        var hashes: [BlockHash] = []
        while hashes.count < count, tries > 0, !Task.isCancelled {
            let template: BlockTemplate
            if let payee {
                template = try await self.template(paying: payee)
            } else {
                template = try await rosterTemplate().template
            }
            let (block, left) = await Self.search(template, tries: tries)
            tries = left
            guard let block else { continue }
            let outcome = try await validator.submit(block: block)
            switch outcome {
            case .connected, .stored:
                hashes.append(block.hash)
            default:
                throw MinerError.blockNotAccepted(outcome.bip22 ?? "rejected")
            }
        }
        return hashes
    }

    /// Searches for the proof of work of a block that is complete otherwise.
    public func solve(_ template: BlockTemplate, maxTries: UInt64 = 1_000_000) async -> Block? {
        await Self.search(template, tries: maxTries).block
    }

    /// Nonces that are tried before it is looked whether anybody still waits for them.
    private static let slice: UInt32 = 1 << 22

    /// Tries the nonces of a template, on a thread that may be held up.
    private static func search(
        _ template: BlockTemplate, tries: UInt64
    ) async -> (block: Block?, left: UInt64) {
        let search = NonceSearch(
            template, extraNonce: 0, time: UInt32(clamping: template.context.time))
        let end = UInt32(clamping: tries)
        var start: UInt32 = 0
        while start < end, !Task.isCancelled {
            let (from, count) = (start, min(slice, end - start))
            let block = await withCheckedContinuation { continuation in
                DispatchQueue.global(qos: .userInitiated).async {
                    continuation.resume(returning: search.run(from: from, count: count))
                }
            }
            if let block { return (block, tries - UInt64(block.header.nonce)) }
            start += count
        }
        return (nil, tries - UInt64(start))
    }

    /// A template on the tip.
    public func template(paying payee: Payee, usingMempool: Bool = true) async throws
        -> BlockTemplate
    {
        var template = try await validator.blockTemplate(
            options: options, paying: payee, usingMempool: usingMempool)
        template.signer = signer
        lastTemplate = (template.weight, template.transactions.count)
        return template
    }

    /// How the next block's reward would be split.
    public func previewPayout() async throws -> (template: BlockTemplate, split: PayoutSplit) {
        let template = try await rosterTemplate().template
        guard let split = template.payout else { throw MinerError.noRoster }
        return (template, split)
    }

    // MARK: Without end

    /// Starts to mine to the roster, or restarts with other settings.
    ///
    /// - Parameters:
    ///   - threads: 0 for as many as there are processors.
    ///   - duty: the part of the time to search, in percent.
    ///   - blocks: stop after so many blocks of our own.
    public func start(threads: Int = 0, duty: Int = 100, blocks: Int? = nil) async throws {
        guard roster != nil else { throw MinerError.noRoster }
        // While one is being stopped another call may have started the next.
        repeat { await stop() } while session != nil
        refusedInRow = 0
        let count = threads > 0 ? threads : Self.processors
        let (stream, events) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(64))
        let pool = SearchPool(
            threads: count, duty: duty, extraNonce: .random(in: 1...(.max))
        ) { events.yield(.found) }
        samples = [(clock.monotonic(), 0)]
        lastProblem = nil
        let validator = validator
        let task = Task { [weak self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await tip in validator.tips() { events.yield(.tip(tip)) } }
                group.addTask {
                    for await _ in validator.mempoolHints() { events.yield(.mempool) }
                }
                group.addTask {
                    while (try? await Task.sleep(for: .seconds(1))) != nil {
                        events.yield(.timePassed)
                    }
                }
                for await event in stream { await self?.handle(event) }
                group.cancelAll()
            }
        }
        session = Session(
            pool: pool, threads: count, task: task, events: events, remaining: blocks)
        logger.info("mining started", metadata: ["threads": "\(count)"])
    }

    private static var processors: Int { max(1, ProcessorCount.active) }

    /// Stops; returns when the threads have ended.
    public func stop() async {
        guard let ended = session else { return }
        session = nil
        ended.events.finish()
        ended.task.cancel()
        await ended.pool.stop()
        logger.info("mining stopped", metadata: ["blocks": "\(blocksFound)"])
    }

    private func handle(_ event: Event) async {
        guard let session else { return }
        do {
            if let block = session.pool.takeSolved() { return try await submit(block) }
            let age = clock.monotonic() - session.templateTime
            switch event {
            case .tip(let tip):
                guard session.template?.context.previous != tip.hash else { return }
                // While it waits every tip counts anew.
                try await renew()
            case .mempool:
                self.session?.isStale = true
                if session.pause != nil { return try await renew() }
                if age >= Self.refresh { try await renew() }
            case .timePassed:
                sample()
                if session.pause != nil { return try await renew() }
                if age >= Self.renewal || session.isStale && age >= Self.refresh {
                    try await renew()
                }
            case .found:
                break
            }
        } catch {
            await fail(error)
        }
    }

    /// Gives the threads a new template.
    private func renew() async throws {
        guard let pool = session?.pool else { return }
        session?.isStale = false
        if let pause = await pause() {
            guard session?.pool === pool else { return }
            session?.pause = pause
            session?.template = nil
            return pool.set(nil)
        }
        session?.pause = nil
        // A full block takes a while to choose, in which nothing is found on the old tip.
        if !schedule.waitsForTransactions,
            let quick = try await quickRosterTemplate(after: session?.template)
        {
            give(quick.template, to: pool)
        }
        give(try await rosterTemplate().template, to: pool)
    }

    private func give(_ template: BlockTemplate, to pool: SearchPool) {
        // Stopped, or started anew, meanwhile.
        guard session?.pool === pool else { return }
        session?.template = template
        session?.templateTime = clock.monotonic()
        pool.set(
            SearchPool.Job(
                template: template, time: UInt32(clamping: template.context.time),
                rolling: validator.hasChosenVersion ? nil : VersionRolling(in: network)))
        observer?(.given(template))
    }

    private func pause() async -> MiningSchedule.Pause? {
        guard schedule != MiningSchedule() else { return nil }
        let waiting = schedule.waitsForTransactions ? await validator.mempool { $0.count } : 0
        let peers = schedule.waitsForPeers ? await peerCount?() : nil
        return schedule.pause(
            now: clock.now(), tipTime: Int64(validator.tip.time), transactions: waiting,
            peers: peers)
    }

    private func submit(_ block: Block) async throws {
        // A log that fails must not cost the block.
        let credit = Result { try self.credit(block) }
        let outcome = try await validator.submit(block: block)
        try credit.get()
        switch outcome {
        case .connected:
            blocksFound += 1
            refusedInRow = 0
            lastBlock = block.hash
            logger.info(
                "block found", metadata: ["hash": "\(block.hash.displayHex)"])
            if let remaining = session?.remaining {
                session?.remaining = remaining - 1
                if remaining <= 1 { return await finish() }
            }
        case .stored:
            logger.info("block found too late", metadata: ["hash": "\(block.hash.displayHex)"])
        default:
            lastProblem = outcome.bip22
            refusedInRow += 1
            if refusedInRow >= Self.refusalsBorne {
                throw MinerError.blockNotAccepted(outcome.bip22 ?? "rejected")
            }
            logger.error(
                "block refused",
                metadata: [
                    "hash": "\(block.hash.displayHex)", "reason": "\(outcome.bip22 ?? "")",
                ])
        }
        try await renew()
    }

    /// Stops from within the session's own task, which must not wait for itself.
    private func finish() async {
        guard let ended = session else { return }
        session = nil
        ended.events.finish()
        await ended.pool.stop()
        logger.info("mining finished", metadata: ["blocks": "\(blocksFound)"])
    }

    private func fail(_ error: any Error) async {
        lastProblem = "\(error)"
        logger.error("mining stopped by an error", metadata: ["error": "\(error)"])
        await finish()
    }

    func nextJobNumber() -> UInt64 {
        lastJobNumber -= 1
        return lastJobNumber
    }

    /// Others search on a template, whose coinbase pays the roster.
    public func gaveOut(_ template: BlockTemplate) { given = template }

    /// A block that a client found was connected.
    public func countClientBlock(_ hash: BlockHash) {
        blocksFound += 1
        lastBlock = hash
    }

    // MARK: What is told

    private func sample() {
        guard let session else { return }
        samples.append((clock.monotonic(), session.pool.hashCount))
        if samples.count > 30 { samples.removeFirst(samples.count - 30) }
    }

    public func status() -> MinerStatus {
        sample()
        var rate = 0.0
        if session != nil, let first = samples.first, let last = samples.last {
            let seconds = (last.time - first.time) / .seconds(1)
            if seconds > 0 { rate = Double(last.hashes - first.hashes) / seconds }
        }
        return MinerStatus(
            isMining: session != nil, threads: session?.threads ?? 0, hashesPerSecond: rate,
            hashes: session?.pool.hashCount ?? 0, blocksFound: blocksFound, lastBlock: lastBlock,
            remaining: session?.remaining, pause: session?.pause, problem: lastProblem,
            scheme: roster?.scheme.rawValue, template: session?.template)
    }

    /// What each member of the roster has been paid, and each who left it and is in the ledger still,
    /// as of the tip.
    public func inmates() async throws -> [InmateStatus] {
        guard let roster else { throw MinerError.noRoster }
        let ledger = try await validator.ledger() ?? PayoutLedger()
        return try await book.inmates(of: roster, ledger: ledger)
    }

    /// The blocks of the active chain that commit to a split and that the ledger does not follow,
    /// newest first.
    public func flaws() async throws -> [PayoutBlock] {
        guard roster != nil else { return [] }
        return try await book.flaws()
    }

    /// All payouts, newest first: of the template being mined here or by others, then of blocks,
    /// orphaned ones among them.
    public func payouts() async throws -> [PayoutRecord] {
        guard roster != nil else { throw MinerError.noRoster }
        let tip = validator.tip.hash
        let searched = [session?.template, given].first { $0?.context.previous == tip }
        return try await book.payouts(template: searched ?? nil)
    }
}

/// Why mining cannot go on.
public enum MinerError: Error, Hashable, Sendable, CustomStringConvertible {
    case noRoster
    case blockNotAccepted(String)

    public var description: String {
        switch self {
        case .noRoster: "This node has no roster: start it with -roster=<file>"
        case .blockNotAccepted(let reason): "ProcessNewBlock, block not accepted (\(reason))"
        }
    }
}

/// How mining goes.
public struct MinerStatus: Sendable {
    public var isMining: Bool
    public var threads: Int
    public var hashesPerSecond: Double
    /// Headers tried since mining started.
    public var hashes: UInt64
    /// Blocks of our own that were connected, since the node started.
    public var blocksFound: Int
    public var lastBlock: BlockHash?
    /// Blocks still to find before it stops.
    public var remaining: Int?
    /// What the search waits for.
    public var pause: MiningSchedule.Pause?
    /// What went wrong last.
    public var problem: String?
    public var scheme: String?
    public var template: BlockTemplate?
}
