import Consensus
import Primitives
import Storage
import Synchronization

/// A walk through all coins of the store, in the order of their keys, which the store's owner can
/// end at any time.
final class CoinWalk: Sendable {
    private let path: String
    /// Nil once ended.
    private let cursor: Mutex<StoreCursor?>

    init(_ cursor: consuming sending StoreCursor, path: String) {
        self.path = path
        self.cursor = Mutex(cursor)
    }

    /// A walk through the same coins, where nothing was written since this one began.
    func another(of store: borrowing Database) throws(StorageError) -> CoinWalk {
        try cursor.withLock { slot throws(StorageError) in
            guard let cursor = slot.take() else { throw Validator.closing }
            let other = try store.cursor(beside: cursor)
            slot = .some(consume cursor)
            return CoinWalk(other, path: path)
        }
    }

    var isOpen: Bool { cursor.withLock { $0 != nil } }

    /// Ends the walk: what is asked of it from now on fails. Waits for a step under way.
    func close() { cursor.withLock { $0 = nil } }

    /// Goes to the first of the coins whose transaction ids begin with one of these bytes; the walk
    /// ends after the last of them.
    func seek(_ first: Range<Int>) throws(StorageError) {
        try cursor.withLock { slot throws(StorageError) in
            guard slot != nil else { throw Validator.closing }
            slot?.seek(first)
        }
    }

    /// Hands on the next coins, at most `limit`, each with the form in which it is stored; false once
    /// there are no more.
    func next(
        _ limit: Int, _ body: (OutPoint, Coin, Span<UInt8>) -> Void
    ) throws(StorageError) -> Bool {
        try nextStored(limit) { key, value in
            guard let point = StoreKey.outPoint(key),
                let coin = try? CoinCodec.coin(decoding: value)
            else { return false }
            body(point, coin, value)
            return true
        }
    }

    /// Counts the next coins, at most `limit`; false once there are no more.
    func next(_ limit: Int, into count: inout CoinCount) throws(StorageError) -> Bool {
        try nextStored(limit) { count.add(key: $0, stored: $1) }
    }

    /// - Parameter body: answers whether the coin is one.
    private func nextStored(
        _ limit: Int, _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
    ) throws(StorageError) -> Bool {
        var isDamaged = false
        let goesOn = try cursor.withLock { slot throws(StorageError) -> Bool in
            // What has failed is not gone on with.
            guard var cursor = slot.take() else {
                throw Validator.closing
            }
            let goesOn = try cursor.next(limit) { key, value in
                if !body(key, value) { isDamaged = true }
            }
            slot = .some(consume cursor)
            return goesOn
        }
        guard !isDamaged else {
            throw StorageError(
                path: path, reason: "A coin is damaged; restart with -reindex-chainstate")
        }
        return goesOn
    }
}
