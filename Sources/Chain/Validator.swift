import Consensus
import Cryptography
public import Genesis
import MemoryPool
import Mining
import Primitives
public import Storage
import Synchronization

/// The one owner of the chain: block index, coins, block files, mempool and payout ledger.
///
/// What breaks a rule is answered with a value. What is thrown is a `StorageError`: our machine has
/// failed, and if that was while writing, the validator has stopped for good (see `failure()`).
public actor Validator {
    public nonisolated let network: Network
    let configuration: Configuration
    let clock: any NodeClock
    private let executor: QueueExecutor

    let chain: Chainstate
    var pool: Mempool
    var changes: MempoolRing
    /// What was chosen for templates last.
    var selections = SelectionShelf()
    /// Once false, it stays so.
    private(set) var isDownloading = true
    private var isClosed = false
    private var lastFlush: Int64 = 0
    /// What was connected since followers were last told and the index was written, in bytes.
    var untold = 0
    var pruneLocks: PruneLocks
    var isLoadingCoins = false
    /// Whether the pool holds all that `mempool.dat` did.
    var isPoolWhole = false
    /// Where coins are being written to, and the folders used for that.
    var dumps: [String: String] = [:]
    /// The count of coins by which the background ends.
    var historyCheck: HistoryCheck?
    private var invalidated: [InvalidBlock] = []
    private static let invalidatedLimit = 64

    /// Blocks handed in that wait for their turn.
    nonisolated let line = BlockLine()
    nonisolated let tipHints: Hints<ChainTip>
    nonisolated let checkedHints: Hints<ChainTip>
    /// Comes when there may be blocks to be connected in the background.
    nonisolated let historyHints = Hints<Void>(())
    nonisolated let mempoolHintsSource = Hints<UInt64>(0)
    nonisolated let latch = FailureLatch()
    private nonisolated let reachedStop = Atomic(false)

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// Opens the chain in the configured folder, repairs what a crash left, and brings it to the
    /// best block it holds.
    ///
    /// Where the node is to stop meanwhile it returns early, at some block, to be closed; or throws
    /// `closing` where there is nothing to be closed yet. The next start goes on from there.
    ///
    /// - Parameter progress: is told what takes time.
    public static func open(
        _ configuration: Configuration, clock: any NodeClock,
        progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws(StorageError) -> Validator {
        let validator = try Validator(configuration, clock)
        try await validator.start(progress)
        return validator
    }

    private init(_ configuration: Configuration, _ clock: any NodeClock) throws(StorageError) {
        network = configuration.network
        self.configuration = configuration
        self.clock = clock
        executor = QueueExecutor(label: "cellblock.validator")
        chain = try Chainstate(configuration)
        pool = Mempool(policy: configuration.mempool)
        changes = MempoolRing()
        pruneLocks = PruneLocks(isHeld: configuration.holdsPruning)
        tipHints = Hints(chain.tip)
        checkedHints = Hints(chain.checkedTip)
    }

    private func start(_ progress: @Sendable (String) -> Void) throws(StorageError) {
        try writing { () throws(StorageError) in
            lastFlush = clock.now()
            if isAtStopHeight { noteStopHeight() }
            chain.use(rosters: configuration.rosters)
            try checkPruning()
            try reindexIfAsked(progress)
            guard !isStopping else { return }
            try adoptStrays(progress)
            guard !isStopping else { return }
            try chain.keepGenesis()
            try checkLastBlocks(progress)
            try activate()
            try loadBlocks(progress)
            guard !isStopping else { return }
            try flushNow()
            try pruneIfDue()
        }
        if !isStopping { try loadMempool(progress) }
        publish()
    }

    /// Whether the node is to stop.
    nonisolated var isStopping: Bool { hasReachedStopHeight || configuration.isStopping() }

    /// Whether a block was connected at which the node was to stop.
    public nonisolated var hasReachedStopHeight: Bool { reachedStop.load(ordering: .acquiring) }

    /// Whether the tip is where the node is to stop.
    var isAtStopHeight: Bool {
        configuration.stopHeight > 0 && chain.index.activeHeight >= configuration.stopHeight
    }

    /// Connects no further block.
    func noteStopHeight() { reachedStop.store(true, ordering: .releasing) }

    private func checkPruning() throws(StorageError) {
        guard chain.hasPruned else { return }
        guard configuration.prune != .off else { throw Chainstate.prunedBefore }
        try chain.removeLeftovers()
    }

    /// Notes that a check of the last blocks went no further down, since blocks were pruned.
    func noteStop(at height: Int) {
        configuration.log(
            "validation",
            "Block verification stopping at height \(height) (no data). This could be due to "
                + "pruning or use of an assumeutxo snapshot.")
    }

    static let insufficientCache = "Insufficient dbcache for block verification"

    func noteIncomplete() {
        configuration.report(
            "Skipped verification of level >=3 (insufficient database cache size). Consider "
                + "increasing -dbcache.")
    }

    /// The end of errors after which Core's window would ask whether to begin anew.
    public static let recoveryHint =
        "Please restart with -reindex or -reindex-chainstate to recover."

    /// Looks whether the disk holds what it should before building on it.
    private func checkLastBlocks(_ progress: @Sendable (String) -> Void) throws(StorageError) {
        guard let tip = chain.index.tip, chain.index.height(of: tip) > 0 else { return }
        let latest = clock.now() + ConsensusLimits.maximumFutureBlockTime
        guard chain.index.time(of: tip) <= latest else {
            throw StorageError(
                path: "",
                reason: "The block database contains a block which appears to be from the future. "
                    + "This may be due to your computer's date and time being set incorrectly. "
                    + "Only rebuild the block database if you are sure that your computer's date "
                    + "and time are correct.\n" + Self.recoveryHint)
        }
        progress("Verifying blocks…")
        if chain.coins.dirtyCount > 0 { try flushNow() }
        switch try chain.verify(
            level: configuration.checkLevel, count: configuration.checkBlocks)
        {
        case .sound, .ended: break
        case .incomplete:
            noteIncomplete()
            guard !configuration.wantsWholeCheck else {
                throw StorageError(path: "", reason: Self.insufficientCache)
            }
        case .stopped(let height): noteStop(at: height)
        case .damaged(let damage):
            throw StorageError(
                path: damage.path,
                reason: "Corrupted block database detected: \(damage.reason)")
        }
    }

    /// Brings everything to the disk. Every later call throws.
    public func close() throws(StorageError) {
        guard !isClosed else { return }
        defer {
            isClosed = true
            chain.close()
            tipHints.finish()
            checkedHints.finish()
            historyHints.finish()
            mempoolHintsSource.finish()
        }
        try writing { () throws(StorageError) in try chain.flushAll() }
        // Where it was not read whole, the file holds more than the pool.
        if configuration.persistsMempool, isPoolWhole { try saveMempool() }
    }

    /// Brings the coins to the disk as of now.
    public func flush() throws(StorageError) {
        try writing { () throws(StorageError) in try flushNow() }
    }

    /// Returns when the disk has failed and the node must stop; throws only if cancelled.
    public nonisolated func failure() async throws -> StorageError {
        try await latch.wait()
    }

    // MARK: Found out late

    /// Notes that a block which nobody is waiting for a verdict on is invalid. Each cost its maker
    /// a proof of work; should nobody ask, the oldest are forgotten.
    func noteInvalid(_ id: BlockID, _ error: BlockError) {
        if invalidated.count == Self.invalidatedLimit { invalidated.removeFirst() }
        invalidated.append(
            InvalidBlock(info: chain.info(id), rejection: BlockRejection(error)))
    }

    /// The blocks that had been kept and were found invalid since this was last asked.
    public func takeInvalidated() -> [InvalidBlock] {
        defer { invalidated = [] }
        return invalidated
    }

    // MARK: Following

    /// The last block of the active chain, as last announced.
    public nonisolated var tip: ChainTip { tipHints.latest }

    /// The tip, then each new one as far as the listener keeps up: a hint to read on.
    public nonisolated func tips() -> AsyncStream<ChainTip> { tipHints.stream() }

    /// The last block up to which the chain was checked block by block: the tip, unless coins came
    /// from outside.
    public nonisolated var checkedTip: ChainTip { checkedHints.latest }

    /// The same as a stream of hints.
    public nonisolated func checkedTips() -> AsyncStream<ChainTip> { checkedHints.stream() }

    /// The number of the last change of the mempool: a hint to ask for the changes.
    public nonisolated func mempoolHints() -> AsyncStream<UInt64> { mempoolHintsSource.stream() }

    /// Whether the chain is still being downloaded. Once it is not, it never is again.
    public var isInitialBlockDownload: Bool {
        updateDownloading()
        return isDownloading
    }

    /// Tells the log what a follower of the chain has met with.
    public nonisolated func remark(_ text: String) { configuration.report(text) }

    /// What the operator should know of.
    public var warnings: [String] {
        guard let invalid = chain.index.bestInvalid, let tip = chain.index.tip,
            chain.index.chainWork(of: invalid)
                > chain.index.chainWork(of: tip)
                &+ ProofOfWork.work(bits: chain.index.bits(of: tip)) &* UInt256(6)
        else { return [] }
        return [
            "Warning: Found invalid chain more than 6 blocks longer than our best chain. This "
                + "could be due to database corruption or consensus incompatibility with peers."
        ]
    }

    // MARK: For the other parts of this actor

    /// What is thrown where a node that stops cannot answer.
    public static let closing = StorageError(path: "", reason: "The node is shutting down")

    /// Throws if the validator has stopped.
    func checkRunning() throws(StorageError) {
        if let failure = latch.failure { throw failure }
        if isClosed { throw Self.closing }
    }

    /// Runs what may change the disk. If it fails there is no telling what is in memory: the
    /// validator stops, and the disk is left at the last block it holds whole.
    func writing<Result>(
        _ body: () throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        try checkRunning()
        do throws(StorageError) {
            return try body()
        } catch {
            latch.set(error)
            throw error
        }
    }

    /// Whether it has not been flushed for long. A clock set back must not put it off for ever.
    var isFlushDue: Bool {
        let now = clock.now()
        return now < lastFlush || now - lastFlush >= configuration.flushInterval
    }

    /// Brings everything to the disk, and notes when.
    func flushNow(emptyingCache: Bool = false) throws(StorageError) {
        lastFlush = clock.now()
        try chain.flushAll(emptyingCaches: emptyingCache)
    }

    /// Flushes if it has not been done for long, or too many coins have been looked at since.
    func flushIfDue() throws(StorageError) {
        if isFlushDue || chain.isFull { try flushNow(emptyingCache: chain.isFull) }
    }

    /// Tells followers what has changed; nothing once the disk has failed, for what then stands here
    /// may be half of a change.
    func publish() {
        guard latch.failure == nil else { return }
        updateDownloading()
        let tip = chain.tip
        if tip != tipHints.latest { tipHints.send(tip) }
        let checked = chain.checkedTip
        if checked != checkedHints.latest { checkedHints.send(checked) }
        if chain.hasHistoryAtHand { historyHints.send(()) }
        if changes.append(pool.takeChanges()) { mempoolHintsSource.send(changes.sequence) }
    }

    private func updateDownloading() {
        guard isDownloading, let tip = chain.index.tip else { return }
        let isBehind =
            chain.index.chainWork(of: tip) < chain.minimumChainWork
            || chain.index.time(of: tip) < clock.now() - configuration.maximumTipAge
        if !isBehind { isDownloading = false }
    }
}
