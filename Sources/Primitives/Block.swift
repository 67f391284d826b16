public import Cryptography

/// A header and the transactions its merkle root commits to, over the bytes they came in.
public struct Block: Sendable {
    public let header: BlockHeader
    public let hash: BlockHash
    let storage: TransactionStorage
    let roots = BlockRoots()

    /// Reads a block, its transactions with witnesses, and computes all ids.
    ///
    /// - Parameters:
    ///   - bytes: the serialisation.
    ///   - allowTrailing: whether bytes may follow; they are dropped.
    public init(decoding bytes: [UInt8], allowTrailing: Bool = false) throws(DecodingError) {
        guard bytes.count <= Int(ByteReader.maximumSize) else {
            throw .sizeTooLarge(UInt64(bytes.count))
        }
        let span = bytes.span
        var reader = ByteReader(span)
        let header = try BlockHeader(from: &reader)
        let count = try reader.readCount(minimumSize: 10)
        var tables = TransactionTables()
        tables.reserve(transactions: count, bytes: reader.remaining)
        for _ in 0..<count {
            tables.transactions.append(try tables.readParts(from: &reader, allowWitness: true))
        }
        tables.computeIdentifiers(in: span)
        let end = reader.offset
        if !allowTrailing { try reader.finish() }
        self.header = header
        hash = SHA256.doubleHash(span.extracting(0..<BlockHeader.encodedSize))
        storage = TransactionStorage(
            bytes: end == bytes.count ? bytes : Array(bytes[..<end]), tables: tables)
    }

    /// Makes a block of parts.
    public init(header: BlockHeader, transactions: some Collection<Transaction>) {
        var writer = ByteWriter()
        header.encode(to: &writer)
        writer.writeCompactSize(transactions.count)
        for transaction in transactions { writer.write(transaction.bytes) }
        do {
            try self.init(decoding: writer.bytes)
        } catch {
            preconditionFailure("a block that was just written does not read: \(error)")
        }
    }

    /// The whole serialisation.
    public var bytes: [UInt8] { storage.bytes }

    public var transactions: BlockTransactions { BlockTransactions(storage: storage) }

    /// The size with witnesses, in bytes.
    public var totalSize: Int { storage.bytes.count }

    /// The size without witnesses, in bytes.
    public var strippedSize: Int {
        storage.transactions.reduce(totalSize) { $0 &- ($1.totalSize &- $1.baseSize) }
    }

    public var weight: Weight { Weight(units: 3 &* strippedSize &+ totalSize) }

    /// The serialisation without witnesses, as peers get that did not ask for them.
    public var strippedBytes: [UInt8] {
        var writer = ByteWriter(capacity: totalSize)
        header.encode(to: &writer)
        writer.writeCompactSize(transactions.count)
        for transaction in transactions { writer.write(transaction.strippedBytes) }
        return writer.bytes
    }

    /// The inputs of all transactions, the coinbase's included.
    public var inputCount: Int { storage.inputs.count }

    /// The outputs of all transactions.
    public var outputCount: Int { storage.outputs.count }
}

extension Block {
    /// The out points that all transactions but the coinbase spend, in order.
    public var spentOutPoints: [OutPoint] {
        let first = Int(storage.transactions.first?.inputCount ?? 0)
        let bytes = storage.bytes
        let span = bytes.span
        return storage.inputs.dropFirst(first).map { input in
            let start = Int(input.start)
            return OutPoint(
                txid: Hash256(span.extracting(start..<start &+ 32)),
                index: storage.integer(at: start &+ 32))
        }
    }

    /// The out points of all outputs, in order.
    public var madeOutPoints: [OutPoint] {
        var points: [OutPoint] = []
        points.reserveCapacity(outputCount)
        for record in storage.transactions {
            for number in 0..<record.outputCount {
                points.append(OutPoint(txid: record.txid, index: number))
            }
        }
        return points
    }
}

extension Block: Hashable {
    /// Two blocks are equal when their bytes are: a block's hash does not cover its witnesses.
    public static func == (left: Block, right: Block) -> Bool {
        left.hash == right.hash && left.bytes == right.bytes
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// The transactions of a block, in order; views that share its bytes.
public struct BlockTransactions: RandomAccessCollection, Sendable {
    let storage: TransactionStorage

    public var startIndex: Int { 0 }
    public var endIndex: Int { storage.transactions.count }

    public subscript(position: Int) -> Transaction {
        precondition(position >= 0 && position < endIndex)
        return Transaction(storage: storage, index: position)
    }

    /// The id of the transaction at a position, without making the transaction.
    public func txid(at position: Int) -> Txid { storage.transactions[position].txid }

    /// The witness id of the transaction at a position, without making the transaction.
    public func wtxid(at position: Int) -> Wtxid { storage.transactions[position].wtxid }

    /// The inputs of the transaction at a position, without making the transaction.
    public func inputCount(at position: Int) -> Int {
        Int(storage.transactions[position].inputCount)
    }

    /// Whether the transaction at a position has relative lock times (BIP68), without making it.
    public func hasRelativeLocks(at position: Int) -> Bool {
        let record = storage.transactions[position]
        let version: UInt32 = storage.integer(at: Int(record.start))
        guard version >= 2 else { return false }
        let first = Int(record.firstInput)
        for number in first..<first &+ Int(record.inputCount) {
            let sequence: UInt32 = storage.integer(
                at: storage.inputs[number].script.range.upperBound)
            if sequence & 1 << 31 == 0 { return true }
        }
        return false
    }
}
