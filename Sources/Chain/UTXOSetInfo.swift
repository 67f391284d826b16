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
    /// Counts and hashes all coins as they stood when this was called; the chain may go on meanwhile.
    /// Ends early, with an error, once its task is cancelled.
    public nonisolated func utxoSetInfo(
        _ kind: UTXOHashKind
    ) async throws(StorageError) -> UTXOSetInfo {
        let info = try await scanCoins().count(kind) { _ in !Task.isCancelled }
        guard let info else { throw Self.closing }
        return info
    }
}

extension Chainstate {
    /// What the coins take on the disk, roughly, in bytes.
    var coinSize: Int {
        let (start, end) = ([StoreKey.coinPrefix], [StoreKey.coinPrefix + 1])
        return store.approximateSize(from: start.span, to: end.span)
    }

    /// Counts the coins of a store.
    static func count(
        _ kind: UTXOHashKind, in store: borrowing Database, _ start: UTXOSetInfo
    ) throws(StorageError) -> UTXOSetInfo {
        var count = CoinCount(kind, start)
        let walk = CoinWalk(try store.cursor(StoreKey.coinPrefix), path: store.path)
        defer { walk.close() }
        while try walk.next(.max, { point, coin, _ in count.add(point, coin) }) {}
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
