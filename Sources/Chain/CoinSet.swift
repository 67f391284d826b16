import Consensus
import Cryptography
import Genesis
import Mining
import Storage

/// Coins with all that stands and moves with them: the store that holds them, the ledger as of the
/// same block, and the chain from genesis to that block.
///
/// A `Chainstate` works on one at a time, and that one is spread out in it. The other, if there is
/// one, waits here.
final class CoinSet {
    var store: Database
    var coins: CoinCache
    var ledger: LedgerKeeper
    /// By height.
    var chain: [BlockID]

    init(
        store: consuming Database, coins: consuming CoinCache, ledger: LedgerKeeper, chain: [BlockID] = []
    ) {
        self.store = store
        self.coins = coins
        self.ledger = ledger
        self.chain = chain
    }
}

/// Coins that came from outside, on which the active chain is built.
struct Assumption {
    /// What is pinned of them.
    var snapshot: CoinSnapshot
    var base: BlockID
    /// Whether the blocks up to the base have been checked, and make the same coins.
    var isConfirmed = false
}

extension Chainstate {
    /// What of the chain is still to be checked; nil where there is nothing, as mostly.
    var unfinished: Assumption? {
        guard let assumption, !assumption.isConfirmed else { return nil }
        return assumption
    }

    /// The coins that are built up from genesis while others are in use.
    var background: CoinSet? { unfinished == nil ? nil : other }

    /// Turns from the coins in use to those in the background, and back. Whoever turns must turn
    /// back before anyone else looks. No block may be unsettled.
    func turn() {
        precondition(unsettled.isEmpty, "Only what has been judged is turned away from")
        guard let other else { return }
        swap(&store, &other.store)
        swap(&coins, &other.coins)
        swap(&ledger, &other.ledger)
        index.exchangeActive(&other.chain)
        isTurned.toggle()
    }

    /// Reads or writes the store that holds the block index and what blocks did to the ledger. It is
    /// that of the coins in use, unless those came from outside.
    func withIndexStore<Result>(
        _ body: (borrowing Database) throws(StorageError) -> Result
    ) throws(StorageError) -> Result {
        if let other, !isTurned { return try body(other.store) }
        return try body(store)
    }

    /// Sets the rosters by which coinbases are judged.
    func use(rosters: [Roster]) {
        ledger.rosters = rosters
        other?.ledger.rosters = rosters
    }

    /// Whether the block index has a store of its own.
    var hasSeparateIndex: Bool { other != nil && !isTurned }

    /// Brings all coins to the disk, those in the background too.
    func flushAll(emptyingCaches: Bool = false) throws(StorageError) {
        try flush(emptyingCache: emptyingCaches)
        guard background != nil else { return }
        turn()
        defer { turn() }
        try flush(emptyingCache: emptyingCaches)
    }

    /// The last block up to which the chain was checked block by block.
    var checkedTip: ChainTip {
        guard let last = background?.chain.last else { return tip }
        return tip(at: last)
    }

    /// Whether the background can go on: its next block is here, or the last is reached.
    var hasHistoryAtHand: Bool {
        guard let base = unfinished?.base, let chain = background?.chain else { return false }
        guard let tip = chain.last, tip != base else { return true }
        return canAdvance(from: tip, toward: base)
    }

    /// Whether the background can go on from a block to the base.
    ///
    /// A branch of its own is left only for one with more work of which all blocks are here, as
    /// everywhere: until they have come it stays the best that was ever checked.
    func canAdvance(from tip: BlockID, toward base: BlockID) -> Bool {
        let fork = index.height(of: index.lastCommonAncestor(tip, base))
        var low = fork + 1
        var high = index.height(of: base)
        while low < high {
            let middle = (low + high) / 2
            guard let id = index.ancestor(of: base, at: middle) else { return false }
            if index.chainWork(of: id) > index.chainWork(of: tip) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        guard let goal = index.ancestor(of: base, at: low), index.status(of: goal).hasData else {
            return false
        }
        // What the base counts came with the coins; its parent counts only what is here.
        return index.parent(of: goal).map { index[$0].chainTransactionCount > 0 } ?? false
    }
}
