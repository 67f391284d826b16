import Consensus
public import Cryptography
public import Primitives
public import Storage

/// How the set of unspent coins is to be hashed.
public enum UTXOHashKind: Hashable, Sendable {
    case none
    /// Core's `hash_serialized_3`: one hash over all coins in the order of their keys.
    case serialized3
    /// A hash of the set, whatever the order.
    case muhash
}

/// The figures of `gettxoutsetinfo`.
public struct UTXOSetInfo: Hashable, Sendable {
    public var height: Int
    public var bestBlock: BlockHash
    /// Transactions with at least one coin left.
    public var transactions = 0
    /// Coins.
    public var outputs = 0
    /// Core's measure of size that does not depend on the database, in bytes.
    public var bogoSize = 0
    public var totalAmount: Amount = .zero
    /// What the coins take on the disk, roughly, in bytes.
    public var diskSize = 0
    public var hash: Hash256?
}

extension Validator {
    /// Goes through all coins and counts them. Nothing else happens meanwhile.
    public func utxoSetInfo(_ kind: UTXOHashKind) throws(StorageError) -> UTXOSetInfo {
        try writing { () throws(StorageError) in
            try chain.flush()
            return try chain.utxoSetInfo(kind)
        }
    }
}

extension Chainstate {
    /// Goes through the coins of the store in the order of their keys. It must have been flushed.
    func forEachCoin(_ body: (OutPoint, Coin) -> Void) throws(StorageError) {
        try Self.forEachCoin(in: store) { point, coin, _ in
            body(point, coin)
            return true
        }
    }

    /// Goes through the coins of a store until the body, which is given the stored form as well,
    /// returns false.
    private static func forEachCoin(
        in store: borrowing Database, _ body: (OutPoint, Coin, Span<UInt8>) -> Bool
    ) throws(StorageError) {
        var isDamaged = false
        try iterate(store, prefix: StoreKey.coinPrefix) { key, value in
            if let point = StoreKey.outPoint(key), let coin = try? CoinCodec.coin(decoding: value) {
                return body(point, coin, value)
            }
            isDamaged = true
            return false
        }
        if isDamaged {
            throw StorageError(
                path: store.path, reason: "A coin is damaged; restart with -reindex-chainstate")
        }
    }

    func utxoSetInfo(_ kind: UTXOHashKind) throws(StorageError) -> UTXOSetInfo {
        let tip = tip
        var info = try Self.count(
            kind, in: store, UTXOSetInfo(height: tip.height, bestBlock: tip.hash))
        let (start, end) = ([StoreKey.coinPrefix], [StoreKey.coinPrefix + 1])
        info.diskSize = store.approximateSize(from: start.span, to: end.span)
        return info
    }

    /// Counts the coins of a store.
    ///
    /// - Parameter visit: is given each coin in its stored form; false ends it.
    static func count(
        _ kind: UTXOHashKind, in store: borrowing Database, _ start: UTXOSetInfo,
        visit: (OutPoint, Span<UInt8>) -> Bool = { _, _ in true }
    ) throws(StorageError) -> UTXOSetInfo {
        var count = CoinCount(kind, start)
        try forEachCoin(in: store) { point, coin, stored in
            count.add(point, coin)
            return visit(point, stored)
        }
        return count.finish()
    }
}

/// A count of coins that come in the order of their keys.
struct CoinCount {
    private var info: UTXOSetInfo
    private var sum: CoinSetHash
    /// The coins of the transaction that they come of at present.
    private var group: [(point: OutPoint, coin: Coin)] = []

    init(_ kind: UTXOHashKind, _ start: UTXOSetInfo) {
        info = start
        sum = CoinSetHash(kind)
    }

    mutating func add(_ point: OutPoint, _ coin: Coin) {
        if let first = group.first, first.point.txid != point.txid { endGroup() }
        group.append((point, coin))
    }

    mutating func finish() -> UTXOSetInfo {
        endGroup()
        info.hash = sum.finalize()
        return info
    }

    private mutating func endGroup() {
        guard !group.isEmpty else { return }
        info.transactions += 1
        // The order of the keys is not that of the numbers in them from 16512 on.
        group.sort { $0.point.index < $1.point.index }
        for (point, coin) in group {
            info.outputs += 1
            info.bogoSize += coin.bogoSize
            info.totalAmount += coin.output.value
            sum.add(point, coin)
        }
        group.removeAll(keepingCapacity: true)
    }
}

/// A hash over coins, of one kind or another.
private enum CoinSetHash {
    case none
    case serialized(SHA256Stream)
    case muhash(ParallelMuHash)

    init(_ kind: UTXOHashKind) {
        switch kind {
        case .none: self = .none
        case .serialized3: self = .serialized(SHA256Stream())
        case .muhash: self = .muhash(ParallelMuHash())
        }
    }

    mutating func add(_ point: OutPoint, _ coin: Coin) {
        switch self {
        case .none: return
        case .serialized(var stream):
            // The old state is let go of first, so that nothing is copied.
            self = .none
            stream.update(coin.hashedBytes(at: point).span)
            self = .serialized(stream)
        case .muhash(var set):
            self = .none
            set.insert(coin.hashedBytes(at: point))
            self = .muhash(set)
        }
    }

    func finalize() -> Hash256? {
        switch self {
        case .none: nil
        case .serialized(let stream): stream.finalizeDouble()
        case .muhash(var set): set.finalize()
        }
    }
}

extension Coin {
    /// Core's measure of a coin's size, which does not depend on the database: point, height with
    /// the coinbase flag, amount, length of the script, script.
    package var bogoSize: Int { 32 + 4 + 4 + 8 + 2 + output.script.count }

    /// The coin and its point as hashes of the set take them.
    package func hashedBytes(at point: OutPoint) -> [UInt8] {
        var writer = ByteWriter(capacity: 52 + output.script.count)
        point.encode(to: &writer)
        writer.write(UInt32(truncatingIfNeeded: CoinCodec.code(self)))
        output.encode(to: &writer)
        return writer.bytes
    }
}
