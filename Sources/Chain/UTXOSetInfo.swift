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

    /// Of no coins yet.
    package init(height: Int, bestBlock: BlockHash) {
        self.height = height
        self.bestBlock = bestBlock
    }
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
        while try walk.next(.max, into: &count) {}
        return count.finish()
    }
}

extension Coin {
    /// Core's measure of a coin's size, which does not depend on the database: point, height with
    /// the coinbase flag, amount, length of the script, script.
    package var bogoSize: Int { Self.bogoSize(scriptCount: output.script.count) }

    static func bogoSize(scriptCount: Int) -> Int { 32 + 4 + 4 + 8 + 2 + scriptCount }

    /// The coin and its point as hashes of the set take them.
    package func hashedBytes(at point: OutPoint) -> [UInt8] {
        var writer = ByteWriter(capacity: 52 + output.script.count)
        point.encode(to: &writer)
        writer.write(UInt32(truncatingIfNeeded: CoinCodec.code(self)))
        output.encode(to: &writer)
        return writer.bytes
    }
}
