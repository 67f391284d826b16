import Consensus
public import Cryptography
import Genesis
import Mining
public import Primitives
public import Storage

/// The blocks up to the base of coins that came from outside, which are connected in the background.
public struct History: Hashable, Sendable {
    /// The last block connected.
    public var tip: ChainTip
    /// The block that is to be reached.
    public var base: ChainTip
}

/// A chain of coins as `getchainstates` lists it.
public struct ChainStateInfo: Hashable, Sendable {
    public var tip: ChainTip
    /// The block whose coins came from outside.
    public var snapshot: BlockHash?
    /// Whether all its blocks were checked.
    public var isValidated: Bool
    /// What the store's cache and that of coins may take, in bytes.
    public var storeCacheBytes: Int
    public var coinCacheBytes: Int
}

/// The count of the coins in the background, once they are those of the base.
struct HistoryCheck {
    var walk: CoinWalk
    var count: CoinCount
}

/// What came of connecting the next blocks in the background.
struct HistorySteps {
    /// How many steps were made.
    var count = 0
    /// The block that broke a rule, if one did.
    var failure: (id: BlockID, error: BlockError)?
    /// The next block, where the disk no longer has it as it was kept.
    var lost: BlockID?
}

extension Validator {
    /// What is connected before others get their turn.
    static let stepBlocks = 16
    static let stepBytes = 4 << 20
    private static let stepCoins = 50_000

    /// What is still to be checked of the chain; nil where there is nothing.
    public var history: History? {
        guard let unfinished = chain.unfinished else { return nil }
        return History(tip: chain.checkedTip, base: chain.tip(at: unfinished.base))
    }

    /// All there are, the one in use last.
    public func chainStates() -> [ChainStateInfo] {
        var states: [ChainStateInfo] = []
        let (store, coins) = (chain.storeCache, chain.cacheLimit)
        if let history {
            states.append(
                ChainStateInfo(
                    tip: history.tip, snapshot: nil, isValidated: true, storeCacheBytes: store,
                    coinCacheBytes: coins))
        }
        states.append(
            ChainStateInfo(
                tip: chain.tip, snapshot: chain.assumption?.snapshot.block,
                isValidated: chain.unfinished == nil, storeCacheBytes: store,
                coinCacheBytes: coins))
        return states
    }

    /// Checks the blocks up to the base of coins that came from outside, as they come, until
    /// cancelled or until the node stops. Throws a `StorageError` when the disk fails, or when the
    /// coins turn out to be wrong.
    public nonisolated func followHistory() async throws {
        for await _ in historyHints.stream() {
            while try await advanceHistory() { try Task.checkCancellation() }
        }
    }

    /// Connects the next few of these blocks, or counts some of their coins at the end; false when
    /// there is nothing to do for now.
    public func advanceHistory() throws(StorageError) -> Bool {
        guard chain.unfinished != nil else { return false }
        defer { publish() }
        return try writing { () throws(StorageError) in
            if historyCheck != nil { return try countHistory() }
            return try connectHistory()
        }
    }

    private func connectHistory() throws(StorageError) -> Bool {
        guard let base = chain.unfinished?.base else { return false }
        try settleAll()
        chain.turn()
        let steps: HistorySteps
        do throws(StorageError) {
            steps = try chain.connectNext(
                toward: base, count: Self.stepBlocks, size: Self.stepBytes)
        } catch {
            try chain.dropUnsettled()
            chain.turn()
            throw error
        }
        chain.turn()
        if let (id, error) = steps.failure {
            try abandon(failed: id, error)
        }
        if let lost = steps.lost {
            try forget(lost)
            try chain.writeIndex()
        }
        guard chain.background?.chain.last == base else {
            try flushIfDue()
            return steps.count > 0
        }
        try chain.flushAll()
        guard let walk = try chain.walkBackground() else { return false }
        historyCheck = HistoryCheck(
            walk: walk,
            count: CoinCount(
                .serialized3,
                UTXOSetInfo(
                    height: chain.index.height(of: base), bestBlock: chain.index.hash(of: base))))
        return true
    }

    private func countHistory() throws(StorageError) -> Bool {
        guard var check = historyCheck, let pinned = chain.unfinished?.snapshot else {
            return false
        }
        // The count is changed in place, not copied.
        historyCheck = nil
        if try check.walk.next(Self.stepCoins, into: &check.count) {
            historyCheck = check
            return true
        }
        check.walk.close()
        let hash = check.count.finish().hash ?? .zero
        guard hash == pinned.coinsHash else {
            try abandon(
                "the coins hash to \(hash.displayHex) instead of \(pinned.coinsHash.displayHex)")
            return false
        }
        try noteLedger()
        try chain.confirmSnapshot()
        configuration.log(
            "validation",
            "[snapshot] snapshot beginning at \(pinned.block.displayHex) has been fully validated")
        try activate()
        try chain.writeIndex()
        return false
    }

    /// The ledger is pinned by nothing, and is followed by whoever knows the rosters: so a difference
    /// is told, and decides nothing.
    private func noteLedger() throws(StorageError) {
        guard let made = chain.background?.ledger.current,
            let given = try chain.givenLedger(), made != given
        else { return }
        configuration.report(
            "[snapshot] the payout ledger that came with the snapshot is not the one that the "
                + "blocks make with the rosters known here")
    }

    /// Gives up the coins that came from outside, for a block below them breaks a rule.
    func abandon(failed id: BlockID, _ error: BlockError) throws(StorageError) {
        let hash = chain.index.hash(of: id).displayHex
        try abandon(failed: id, "block \(hash) below it is invalid: \(error.rejectReason)")
    }

    /// Gives up the coins that came from outside, and stops.
    private func abandon(failed: BlockID? = nil, _ reason: String) throws(StorageError) {
        let (height, checked) = (chain.tip.height, chain.checkedTip.height)
        try chain.abandonSnapshot(failed: failed)
        throw StorageError(
            path: "",
            reason: "Cellblock failed to validate the -assumeutxo snapshot state: \(reason). This "
                + "indicates a hardware problem, or a bug in the software, or a bad software "
                + "modification that allowed an invalid snapshot to be loaded. As a result of this, "
                + "the node will shut down and stop using any state that was built on the "
                + "snapshot, resetting the chain height from \(height) to \(checked). On the next "
                + "restart, the node will resume syncing from \(checked) without using any "
                + "snapshot data. The invalid snapshot chainstate will be left on disk in case it "
                + "is helpful in diagnosing the issue that caused this error.")
    }
}

extension Chainstate {
    /// Connects the next blocks on the way to the base, as far as they are here; must be turned to
    /// the background.
    func connectNext(
        toward base: BlockID, count: Int, size: Int
    ) throws(StorageError) -> HistorySteps {
        var steps = HistorySteps()
        var bytes = 0
        while steps.count < count, bytes < size, index.tip != base {
            if let tip = index.tip, !index.descends(base, from: tip) {
                // It was on a branch when the coins came.
                guard canAdvance(from: tip, toward: base) else { break }
                _ = try disconnectTip()
            } else {
                guard let next = index.ancestor(of: base, at: index.activeHeight + 1),
                    let stored = stored(next)
                else { break }
                guard let block = try stored.ifUnchanged(by: files.reader) else {
                    steps.lost = next
                    break
                }
                if let error = try connect(next, block) {
                    // What it stands on is told first.
                    steps.failure = try settleAll() ?? (next, error)
                    return steps
                }
                bytes += block.totalSize
            }
            steps.count += 1
        }
        steps.failure = try settleAll()
        guard steps.failure == nil else { return steps }
        try writeIndex()
        if isFull { try flush(emptyingCache: true) }
        return steps
    }

    /// Waits for the scripts of all unsettled blocks; returns the first that breaks a rule.
    private func settleAll() throws(StorageError) -> (id: BlockID, error: BlockError)? {
        while let (settled, error) = try settleOldest() {
            guard let error else { continue }
            try dropUnsettled()
            return (settled.id, error)
        }
        return nil
    }
}
