import Consensus
import Cryptography
import Mining
import Primitives
import Storage

/// The payout ledger as of the tip, and what each block did to it, keyed by block hash.
struct LedgerKeeper {
    /// The rosters by which coinbases are judged.
    var rosters: [Roster] = [] {
        didSet { judged.forgetAll() }
    }
    private var judged = JudgedPayouts()
    /// The share windows that templates were lately made with, oldest first.
    private var windows: [TemplateWindow] = []
    private(set) var current = PayoutLedger()
    /// Changes since the index was last written, which the store does not hold yet; nil in it where
    /// what the store holds is no longer so.
    private var unwritten: [BlockHash: PayoutChange?] = [:]
    /// Why it did not follow blocks, as far as the store does not hold that yet; nil in it where
    /// what the store holds is no longer so.
    private var flaws: [BlockHash: PayoutFlaw?] = [:]

    /// Whether any of them was judged by a share window. Such a one cannot be worked out again, for
    /// windows are not kept: it must be on the disk before anybody hears of the block.
    private(set) var restsOnShares = false

    /// How many windows are kept: of an hour, where a template is made each second.
    private static let windowsKept = 4096

    init() {}

    init(reading store: borrowing Database) throws(StorageError) {
        guard let bytes = try store.get(StoreKey.ledger) else { return }
        do {
            current = try PayoutLedger(decoding: bytes)
        } catch {
            throw Self.damage(store.path)
        }
    }

    /// Judges the coinbase of a block now connected, and follows it if it keeps to a roster.
    ///
    /// A block that was judged before, and on the same ledger, is taken at that judgement: after a
    /// crash blocks are connected again before anyone has named a roster, and the share window of an
    /// old block is not at hand.
    ///
    /// Returns what is to be written beside the block.
    mutating func connect(
        _ block: Block, reward: Amount, in store: borrowing Database
    ) throws(StorageError) -> Note? {
        guard let coinbase = block.transactions.first else { return nil }
        // What a record tells is no longer so.
        var isStale = false
        var isUntrue = false
        if let known = try readableChange(of: block.hash, in: store) {
            if known.before == current {
                // Beside the chain it was judged by what its coinbase takes.
                isUntrue = known.after != current && coinbase.outputValue != reward
                if !isUntrue {
                    current = known.after
                    return nil
                }
            }
            // What it did to another ledger it does not do to this one. A change that leads nowhere
            // stays: by it a ledger is looked up that came from outside.
            isStale = known.before != known.after
        }
        guard !rosters.isEmpty || isUntrue else { return isStale ? forget(block.hash) : nil }
        let judgement = judgement(of: block, coinbase, taking: reward, on: current)
        var note = Note()
        if let flaw = PayoutFlaw(judgement) {
            note.flaw = .some(flaw)
        } else if judgement.split != nil, try self.flaw(of: block.hash, in: store) != nil {
            // It was judged when its roster was not known here.
            note.flaw = .some(nil)
        }
        flaws[block.hash] = note.flaw
        let after = judgement.ledger(after: current)
        if after != current {
            note.change = keep(
                PayoutChange(
                    before: current, after: after, terms: judgement.split.map(PayoutTerms.init)),
                of: block.hash)
            current = after
        } else if isStale {
            note.change = forget(block.hash).change
        }
        return note
    }

    /// Whether a template was made for a block on that one.
    func hasWindow(onto previous: BlockHash) -> Bool {
        windows.contains { $0.previous == previous }
    }

    /// Judges a block beside the active chain by the windows that its template was made with, since
    /// they are no longer at hand when it may be connected.
    ///
    /// - Parameter before: the ledger as of the block before it.
    /// - Returns: what is to be written beside the block, if anything.
    mutating func judgeAside(_ block: Block, on before: PayoutLedger) -> [UInt8]? {
        guard let coinbase = block.transactions.first,
            let reward = coinbase.outputs.lazy.map(\.value).sum(),
            let split = judgement(of: block, coinbase, taking: reward, on: before).split,
            !split.shareRoot.isZero
        else { return nil }
        return keep(
            PayoutChange(before: before, after: split.ledgerAfter, terms: PayoutTerms(split)),
            of: block.hash)
    }

    private mutating func judgement(
        of block: Block, _ coinbase: Transaction, taking reward: Amount, on ledger: PayoutLedger
    ) -> PayoutJudgement {
        let previous = block.header.previous
        let (rosters, windows) = (rosters, windows)
        return judged.judgement(of: block.hash, onto: previous, reward: reward, ledger: ledger) {
            PayoutJudgement.judge(
                coinbase: coinbase, reward: reward, previous: previous, rosters: rosters,
                ledger: ledger, windows: windows)
        }
    }

    private mutating func keep(_ change: PayoutChange, of hash: BlockHash) -> [UInt8] {
        unwritten[hash] = change
        if let terms = change.terms, !terms.shareRoot.isZero { restsOnShares = true }
        return change.encoded
    }

    private mutating func forget(_ hash: BlockHash) -> Note {
        unwritten[hash] = .some(nil)
        return Note(change: [])
    }

    /// What is to be written beside a block, if anything.
    struct Note {
        /// Empty where one that was written is no longer so.
        var change: [UInt8]?
        /// Nil in it where one that was written is no longer so.
        var flaw: PayoutFlaw??
    }

    /// Why the ledger did not follow a block; nil where it did, or had no reason to.
    func flaw(of hash: BlockHash, in store: borrowing Database) throws(StorageError) -> PayoutFlaw?
    {
        if let flaw = flaws[hash] { return flaw }
        return try store.get(StoreKey.flaw(hash)).flatMap { PayoutFlaw(decoding: $0) }
    }

    /// Keeps a window that a block may turn out to be paid by.
    mutating func remember(_ window: TemplateWindow) {
        guard windows.last != window else { return }
        windows.removeAll { $0 == window }
        windows.append(window)
        judged.forget(onto: window.previous)
        if windows.count > Self.windowsKept { windows.removeFirst() }
    }

    /// What a block did to the ledger; nil if nothing.
    func change(of hash: BlockHash, in store: borrowing Database) throws(StorageError)
        -> PayoutChange?
    {
        if let change = unwritten[hash] { return change }
        guard let bytes = try store.get(StoreKey.ledger(hash)), !bytes.isEmpty else { return nil }
        do {
            return try PayoutChange(decoding: bytes)
        } catch {
            throw Self.damage(store.path)
        }
    }

    /// The same, but a record that cannot be read counts as none: the block is judged anew.
    private func readableChange(
        of hash: BlockHash, in store: borrowing Database
    ) throws(StorageError) -> PayoutChange? {
        if let change = unwritten[hash] { return change }
        return try store.get(StoreKey.ledger(hash)).flatMap { try? PayoutChange(decoding: $0) }
    }

    /// What blocks did, as far as the store does not know it yet.
    var unwrittenChanges: [BlockHash: PayoutChange?] { unwritten }

    /// Why blocks were not followed, as far as the store does not know it yet.
    var unwrittenFlaws: [BlockHash: PayoutFlaw?] { flaws }

    /// A change that leads nowhere, by which the ledger as it is can be looked up under a block; nil
    /// for an empty one.
    var standing: [UInt8]? {
        guard current != PayoutLedger() else { return nil }
        return PayoutChange(before: current, after: current, terms: nil).encoded
    }

    mutating func disconnect(_ hash: BlockHash, from change: PayoutChange?) {
        if let change, change.after == current { current = change.before }
    }

    func write(to sink: inout some WriteSink & ~Copyable) {
        sink.put(StoreKey.ledger, current.encoded)
    }

    /// Notes that the store now holds all changes.
    mutating func written() {
        unwritten.removeAll()
        restsOnShares = false
        flaws.removeAll()
    }

    private static func damage(_ path: String) -> StorageError {
        StorageError(
            path: path, reason: "The payout ledger is damaged; restart with -reindex-chainstate")
    }
}
