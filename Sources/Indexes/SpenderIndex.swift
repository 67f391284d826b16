import Chain
public import Cryptography
public import Genesis
public import Primitives
public import Storage

/// Where each coin was spent.
public typealias SpenderIndex = ChainIndex<SpenderTable>

extension ChainIndex where Table == SpenderTable {
    /// The transaction of the chain that spends a coin, with its block; nil if none does.
    ///
    /// The chain is that which the index has followed: when blocks were taken back and nothing has
    /// come in their place, it is still theirs, as in Bitcoin Core.
    public func spender(
        of point: OutPoint
    ) async throws -> (transaction: Transaction, block: BlockHash)? {
        guard let cursor else { return nil }
        // Other points may have the same short hash: only the transaction itself tells.
        for place in try places(of: point) {
            let found = try await validator.transaction(
                number: place.number, height: place.height, below: cursor.hash)
            guard let found else { throw SpenderTable.unreadable(point) }
            if found.transaction.inputs.contains(where: { $0.outPoint == point }) { return found }
        }
        return nil
    }

    private func places(of point: OutPoint) throws(StorageError) -> [SpenderTable.Place] {
        var places: [SpenderTable.Place] = []
        try forEachRow(table.prefix(point)) { key, _ in
            if let place = SpenderTable.place(key) { places.append(place) }
            return true
        }
        return places
    }
}

/// A row without a value for each coin spent: a short hash of its point, then where its spender is.
public struct SpenderTable: IndexTable {
    public static let name = "txospenderindex"
    public static let folder = "txospenderindex"

    private static let rowPrefix = UInt8(ascii: "s")
    private static let saltKey: [UInt8] = [UInt8(ascii: "S")]

    /// The key of the short hashes, so that nobody can choose points that share one.
    private var salt: (UInt64, UInt64)

    public init(network: Network) {
        salt = (.random(in: .min ... .max), .random(in: .min ... .max))
    }

    /// A transaction by its block's height and its place in it.
    struct Place: Hashable {
        var height: Int
        var number: Int
    }

    static func unreadable(_ point: OutPoint) -> StorageError {
        StorageError(
            path: "blocks",
            reason: "IO error finding spending tx for outpoint "
                + "\(point.txid.displayHex):\(point.index).")
    }

    /// What the keys of the rows of a point begin with.
    func prefix(_ point: OutPoint) -> [UInt8] {
        var writer = ByteWriter(capacity: 17)
        writer.write(Self.rowPrefix)
        writer.write(SipHash24.hash(salt.0, salt.1, point.txid, point.index))
        return writer.bytes
    }

    private func key(_ point: OutPoint, _ place: Place) -> [UInt8] {
        var writer = ByteWriter(capacity: 17)
        writer.write(prefix(point))
        writer.writeBigEndian(UInt32(clamping: place.height))
        writer.writeBigEndian(UInt32(clamping: place.number))
        return writer.bytes
    }

    static func place(_ key: Span<UInt8>) -> Place? {
        guard key.count == 17 else { return nil }
        return Place(height: key.bigEndian(at: 9), number: key.bigEndian(at: 13))
    }

    public mutating func load(
        _ block: BlockHash, from store: borrowing Database
    ) throws(StorageError) -> Bool {
        guard let bytes = try store.get(Self.saltKey), bytes.count == 16 else { return false }
        var reader = ByteReader(bytes.span)
        guard let first = try? reader.read(UInt64.self), let second = try? reader.read(UInt64.self)
        else { return false }
        salt = (first, second)
        return true
    }

    public func save(_ batch: inout WriteBatch) {
        var writer = ByteWriter(capacity: 16)
        writer.write(salt.0)
        writer.write(salt.1)
        batch.put(Self.saltKey, writer.bytes)
    }

    public mutating func connect(_ block: IndexedBlock, _ batch: inout WriteBatch) {
        forEachKey(of: block) { batch.put($0, []) }
    }

    public mutating func disconnect(
        _ block: IndexedBlock, _ store: borrowing Database, _ batch: inout WriteBatch
    ) throws(StorageError) -> Bool {
        forEachKey(of: block) { batch.delete($0) }
        return true
    }

    private func forEachKey(of block: IndexedBlock, _ body: ([UInt8]) -> Void) {
        for (number, transaction) in block.block.transactions.enumerated()
        where !transaction.isCoinbase {
            let place = Place(height: block.height, number: number)
            for index in transaction.inputs.indices {
                body(key(transaction.outPoint(at: index), place))
            }
        }
    }
}
