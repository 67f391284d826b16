import Cryptography

/// Transactions as they were serialised, one after another in one buffer, and tables that say where
/// each part stands. A block has one such storage; so has a transaction that came alone.
///
/// It never changes once made, so that views on it can be handed about without copying.
final class TransactionStorage: Sendable {
    let bytes: [UInt8]
    let transactions: [TransactionRecord]
    let inputs: [InputRecord]
    let outputs: [OutputRecord]
    let witnessItems: [ByteRange]

    init(bytes: [UInt8], tables: consuming TransactionTables) {
        self.bytes = bytes
        transactions = tables.transactions
        inputs = tables.inputs
        outputs = tables.outputs
        witnessItems = tables.witnessItems
    }

    /// The little-endian integer at an offset that a table named.
    func integer<I: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> I {
        let bytes = bytes
        let span = bytes.span.bytes
        precondition(offset >= 0 && offset <= span.byteCount &- MemoryLayout<I>.size)
        // Safe: the bounds were checked just now, and any bit pattern is an integer.
        return unsafe I(
            littleEndian: span.unsafeLoadUnaligned(fromByteOffset: offset, as: I.self))
    }

    /// The 32 bytes at an offset that a table named.
    func hash(at offset: Int) -> Hash256 {
        let bytes = bytes
        return Hash256(bytes.span.extracting(offset..<offset &+ 32))
    }
}

/// Where the parts of one transaction stand, and its ids.
struct TransactionRecord: Sendable {
    /// First byte, and the byte after the last.
    var start: UInt32 = 0
    var end: UInt32 = 0

    /// The count of inputs, where the part begins that txid covers after the version.
    var bodyStart: UInt32 = 0

    /// The byte after the last output: the witnesses where there are any, else the lock time.
    var bodyEnd: UInt32 = 0
    var firstInput: UInt32 = 0
    var inputCount: UInt32 = 0
    var firstOutput: UInt32 = 0
    var outputCount: UInt32 = 0
    var txid = Hash256.zero
    var wtxid = Hash256.zero

    var hasWitness: Bool { end &- bodyEnd != 4 }
    var totalSize: Int { Int(end &- start) }
    var baseSize: Int { 4 &+ Int(bodyEnd &- bodyStart) &+ 4 }
}

/// An input: the out point stands at `start`, the sequence after the script.
struct InputRecord: Sendable {
    var start: UInt32
    var script: ByteRange
    var witness = ByteRange(start: 0, count: 0)
}

/// An output: the value stands at `start`.
struct OutputRecord: Sendable {
    var start: UInt32
    var script: ByteRange
}

/// The tables of a storage while its bytes are read.
struct TransactionTables {
    var transactions: [TransactionRecord] = []
    var inputs: [InputRecord] = []
    var outputs: [OutputRecord] = []

    /// The items of all witnesses; an input's record names a stretch of them.
    var witnessItems: [ByteRange] = []
}

extension TransactionTables {
    /// Reads one transaction that begins with the bytes.
    init(
        reading bytes: [UInt8], allowWitness: Bool, allowTrailing: Bool
    ) throws(DecodingError) {
        let span = bytes.span
        var reader = ByteReader(span)
        try read(from: &reader, of: span, allowWitness: allowWitness)
        if !allowTrailing { try reader.finish() }
    }

    /// Makes room for as many transactions as are said to come, within what the bytes can hold.
    mutating func reserve(transactions count: Int, bytes: Int) {
        transactions.reserveCapacity(count)
        // Real blocks average about 150 bytes an input and 90 an output.
        inputs.reserveCapacity(bytes / 150)
        outputs.reserveCapacity(bytes / 90)
        witnessItems.reserveCapacity(bytes / 120)
    }

    /// Reads one transaction and computes its ids.
    ///
    /// - Parameter bytes: the buffer that `reader` reads.
    @_lifetime(reader: copy reader)
    mutating func read(
        from reader: inout ByteReader, of bytes: Span<UInt8>, allowWitness: Bool
    ) throws(DecodingError) {
        var record = try readParts(from: &reader, allowWitness: allowWitness)
        record.computeIdentifiers(in: bytes)
        transactions.append(record)
    }

    /// Reads the parts of one transaction (Core's `UnserializeTransaction`).
    @_lifetime(reader: copy reader)
    mutating func readParts(
        from reader: inout ByteReader, allowWitness: Bool
    ) throws(DecodingError) -> TransactionRecord {
        var record = TransactionRecord()
        record.start = UInt32(reader.offset)
        _ = try reader.readRange(count: 4)
        record.bodyStart = UInt32(reader.offset)
        record.firstInput = UInt32(inputs.count)
        var inputCount = try reader.readCount(minimumSize: 41)
        var flags: UInt8 = 0
        if inputCount == 0, allowWitness {
            // An empty list of inputs is the marker of BIP144, unless the flags are zero too: then
            // it was the list itself, and what looked like flags the empty list of outputs.
            flags = try reader.read()
            if flags != 0 {
                record.bodyStart = UInt32(reader.offset)
                inputCount = try reader.readCount(minimumSize: 41)
            }
        }
        try readInputs(inputCount, from: &reader)
        record.inputCount = UInt32(inputCount)
        record.firstOutput = UInt32(outputs.count)
        if inputCount != 0 || flags != 0 || !allowWitness {
            try readOutputs(from: &reader)
        }
        record.outputCount = UInt32(outputs.count) &- record.firstOutput
        record.bodyEnd = UInt32(reader.offset)
        if flags & 1 != 0 {
            flags ^= 1
            guard try readWitnesses(of: record, from: &reader) else { throw .superfluousWitness }
        }
        guard flags == 0 else { throw .unknownOptionalData }
        _ = try reader.readRange(count: 4)
        record.end = UInt32(reader.offset)
        return record
    }

    @_lifetime(reader: copy reader)
    private mutating func readInputs(
        _ count: Int, from reader: inout ByteReader
    ) throws(DecodingError) {
        for _ in 0..<count {
            let start = UInt32(reader.offset)
            _ = try reader.readRange(count: OutPoint.encodedSize)
            let script = ByteRange(try reader.readSizedRange())
            _ = try reader.readRange(count: 4)
            inputs.append(InputRecord(start: start, script: script))
        }
    }

    @_lifetime(reader: copy reader)
    private mutating func readOutputs(from reader: inout ByteReader) throws(DecodingError) {
        for _ in 0..<(try reader.readCount(minimumSize: 9)) {
            let start = UInt32(reader.offset)
            _ = try reader.readRange(count: 8)
            outputs.append(
                OutputRecord(start: start, script: ByteRange(try reader.readSizedRange())))
        }
    }

    /// Reads a witness for each input; answers whether any of them holds an item.
    @_lifetime(reader: copy reader)
    private mutating func readWitnesses(
        of record: TransactionRecord, from reader: inout ByteReader
    ) throws(DecodingError) -> Bool {
        let before = witnessItems.count
        for index in Int(record.firstInput)..<inputs.count {
            let first = witnessItems.count
            for _ in 0..<(try reader.readCount()) {
                witnessItems.append(ByteRange(try reader.readSizedRange()))
            }
            inputs[index].witness = ByteRange(first..<witnessItems.count)
        }
        return witnessItems.count > before
    }
}

extension TransactionTables {
    /// So few transactions are hashed one by one sooner.
    private static let fewTransactions = 4
    /// Bytes without witnesses that are put together to be hashed.
    private static let stretch = 32 << 10

    /// Computes the ids of all transactions, many at a time.
    ///
    /// - Parameter bytes: the buffer they were read from.
    mutating func computeIdentifiers(in bytes: Span<UInt8>) {
        guard transactions.count >= Self.fewTransactions else {
            for number in transactions.indices {
                transactions[number].computeIdentifiers(in: bytes)
            }
            return
        }
        let whole = SHA256.doubleHashes(
            of: transactions.map { Int($0.start)..<Int($0.end) }, in: bytes)
        var stripped: [UInt8] = []
        var ranges: [Range<Int>] = []
        var numbers: [Int] = []
        for number in transactions.indices {
            let record = transactions[number]
            transactions[number].wtxid = whole[number]
            guard record.hasWitness else {
                transactions[number].txid = whole[number]
                continue
            }
            let start = stripped.count
            record.appendStripped(of: bytes, to: &stripped)
            ranges.append(start..<stripped.count)
            numbers.append(number)
            guard stripped.count >= Self.stretch else { continue }
            name(numbers, by: ranges, in: stripped)
            stripped.removeAll(keepingCapacity: true)
            ranges.removeAll(keepingCapacity: true)
            numbers.removeAll(keepingCapacity: true)
        }
        name(numbers, by: ranges, in: stripped)
    }

    private mutating func name(
        _ numbers: [Int], by ranges: [Range<Int>], in stripped: [UInt8]
    ) {
        let hashes = SHA256.doubleHashes(of: ranges, in: stripped.span)
        for (number, hash) in zip(numbers, hashes) { transactions[number].txid = hash }
    }
}

extension TransactionRecord {
    fileprivate func appendStripped(of bytes: Span<UInt8>, to stripped: inout [UInt8]) {
        for range in [
            Int(start)..<Int(start) &+ 4, Int(bodyStart)..<Int(bodyEnd), Int(end) &- 4..<Int(end),
        ] {
            bytes.extracting(range).withUnsafeBufferPointer { stripped.append(contentsOf: $0) }
        }
    }

    fileprivate mutating func computeIdentifiers(in bytes: Span<UInt8>) {
        wtxid = SHA256.doubleHash(bytes.extracting(Int(start)..<Int(end)))
        guard hasWitness else {
            txid = wtxid
            return
        }
        var stream = SHA256Stream()
        stream.update(bytes.extracting(Int(start)..<Int(start) &+ 4))
        stream.update(bytes.extracting(Int(bodyStart)..<Int(bodyEnd)))
        stream.update(bytes.extracting(Int(end) &- 4..<Int(end)))
        txid = stream.finalizeDouble()
    }
}
