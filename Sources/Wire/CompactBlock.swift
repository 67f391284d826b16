public import Cryptography
public import Primitives

/// A block as header, short ids of its transactions, and some transactions whole (BIP152).
public struct CompactBlock: Hashable, Sendable {
    /// A transaction that comes whole, and its place in the block.
    public struct Prefilled: Hashable, Sendable {
        public var index: Int
        public var transaction: Transaction

        public init(index: Int, transaction: Transaction) {
            self.index = index
            self.transaction = transaction
        }
    }

    public var header: BlockHeader
    public var nonce: UInt64

    /// Six bytes each.
    public var shortIds: [UInt64]
    public var prefilled: [Prefilled]

    public init(
        header: BlockHeader, nonce: UInt64, shortIds: [UInt64], prefilled: [Prefilled]
    ) {
        self.header = header
        self.nonce = nonce
        self.shortIds = shortIds
        self.prefilled = prefilled
    }

    /// The transactions of the block.
    public var count: Int { shortIds.count + prefilled.count }
}

extension CompactBlock {
    @_lifetime(reader: copy reader)
    init(from reader: inout ByteReader) throws(DecodingError) {
        header = try BlockHeader(from: &reader)
        nonce = try reader.read()
        let count = try reader.readCount(minimumSize: 6)
        shortIds = []
        shortIds.reserveCapacity(count)
        for _ in 0..<count {
            let low = UInt64(try reader.read(UInt32.self))
            shortIds.append(low | UInt64(try reader.read(UInt16.self)) << 32)
        }
        prefilled = []
        var next = 0
        for _ in 0..<(try reader.readCount(minimumSize: 11)) {
            let index = try reader.readDifference(&next)
            prefilled.append(
                Prefilled(index: index, transaction: try Transaction(from: &reader)))
        }
        guard self.count <= 0xFFFF else { throw .invalid("indexes overflowed 16 bits") }
    }

    func encode(to writer: inout ByteWriter) {
        header.encode(to: &writer)
        writer.write(nonce)
        writer.writeCompactSize(shortIds.count)
        for id in shortIds {
            writer.write(UInt32(truncatingIfNeeded: id))
            writer.write(UInt16(truncatingIfNeeded: id >> 32))
        }
        writer.writeCompactSize(prefilled.count)
        var next = 0
        for item in prefilled {
            writer.writeCompactSize(item.index - next)
            next = item.index + 1
            writer.write(item.transaction.bytes)
        }
    }
}

/// Asks for transactions of a block by their places (BIP152).
public struct BlockTransactionsRequest: Hashable, Sendable {
    public var block: BlockHash

    /// Strictly rising.
    public var indexes: [Int]

    public init(block: BlockHash, indexes: [Int]) {
        self.block = block
        self.indexes = indexes
    }

    @_lifetime(reader: copy reader)
    init(from reader: inout ByteReader) throws(DecodingError) {
        block = try reader.readHash()
        indexes = []
        var next = 0
        for _ in 0..<(try reader.readCount()) { indexes.append(try reader.readDifference(&next)) }
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(block)
        writer.writeCompactSize(indexes.count)
        var next = 0
        for index in indexes {
            writer.writeCompactSize(index - next)
            next = index + 1
        }
    }
}

/// The transactions of a block that were asked for, in the order of the request (BIP152).
///
/// They stay bytes until they are wanted: read, small transactions take many times the room, and a
/// message may wait.
public struct BlockTransactionsAnswer: Hashable, Sendable {
    public let block: BlockHash
    /// The message as it came or goes, from the block's hash on.
    public let payload: [UInt8]

    public init(block: BlockHash, transactions: [Transaction]) {
        self.block = block
        var writer = ByteWriter()
        writer.write(block)
        writer.writeCompactSize(transactions.count)
        for transaction in transactions { writer.write(transaction.bytes) }
        payload = writer.bytes
    }

    init(_ payload: [UInt8]) throws(DecodingError) {
        var reader = ByteReader(payload.span)
        block = try reader.readHash()
        self.payload = payload
    }

    /// The transactions, but no more than so many of them.
    public func transactions(limit: Int) throws(DecodingError) -> [Transaction] {
        var reader = ByteReader(payload.span)
        _ = try reader.readHash()
        let count = try reader.readCount(minimumSize: 10)
        var transactions: [Transaction] = []
        for _ in 0..<min(count, limit) { transactions.append(try Transaction(from: &reader)) }
        return transactions
    }
}

extension ByteReader {
    /// Reads a place as its distance from the place after the last one; places have sixteen bits.
    @_lifetime(self: copy self)
    fileprivate mutating func readDifference(_ next: inout Int) throws(DecodingError) -> Int {
        let index = next + Int(try readCompactSize())
        guard index <= 0xFFFF else { throw .invalid("differential value overflow") }
        next = index + 1
        return index
    }
}
