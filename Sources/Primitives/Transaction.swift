public import Cryptography

/// A transfer of coins: a window on the bytes it was serialised as, with its ids.
///
/// It is cheap to copy and never changes. One that was taken from a block keeps the block's bytes
/// alive: see `detached()`.
public struct Transaction: Sendable {
    let storage: TransactionStorage
    let index: Int

    var record: TransactionRecord { storage.transactions[index] }

    init(storage: TransactionStorage, index: Int) {
        self.storage = storage
        self.index = index
    }

    /// Reads a transaction.
    ///
    /// - Parameters:
    ///   - bytes: the serialisation.
    ///   - allowWitness: whether the form of BIP144 is understood.
    ///   - allowTrailing: whether bytes may follow; they are dropped.
    public init(
        decoding bytes: [UInt8], allowWitness: Bool = true, allowTrailing: Bool = false
    ) throws(DecodingError) {
        guard bytes.count <= Int(ByteReader.maximumSize) else {
            throw .sizeTooLarge(UInt64(bytes.count))
        }
        let tables = try TransactionTables(
            reading: bytes, allowWitness: allowWitness, allowTrailing: allowTrailing)
        self.init(storage: TransactionStorage(bytes: bytes, tables: tables), index: 0)
    }

    /// Reads a transaction that stands within other bytes, such as a message or a file.
    @_lifetime(reader: copy reader)
    public init(from reader: inout ByteReader) throws(DecodingError) {
        let start = reader.offset
        var ahead = reader
        var tables = TransactionTables()
        _ = try tables.readParts(from: &ahead, allowWitness: true)
        let bytes = try reader.readBytes(count: ahead.offset &- start)
        try self.init(decoding: bytes)
    }

    /// Makes a transaction of parts.
    public init(
        version: UInt32 = 2, inputs: some Collection<TransactionInput>,
        outputs: some Collection<TransactionOutput>, lockTime: UInt32 = 0
    ) {
        var writer = ByteWriter()
        writer.write(version)
        let hasWitness = inputs.contains { !$0.witness.isEmpty }
        if hasWitness {
            writer.write(UInt8(0))
            writer.write(UInt8(1))
        }
        writer.writeCompactSize(inputs.count)
        for input in inputs { input.encode(to: &writer) }
        writer.writeCompactSize(outputs.count)
        for output in outputs { output.encode(to: &writer) }
        if hasWitness {
            for input in inputs { input.witness.encode(to: &writer) }
        }
        writer.write(lockTime)
        let bytes = writer.bytes
        do {
            // Without inputs the two forms cannot be told apart, and it has no witness anyway.
            let tables = try TransactionTables(
                reading: bytes, allowWitness: hasWitness, allowTrailing: false)
            self.init(storage: TransactionStorage(bytes: bytes, tables: tables), index: 0)
        } catch {
            preconditionFailure("a transaction that was just written does not read: \(error)")
        }
    }
}

extension Transaction {
    public var version: UInt32 { storage.integer(at: Int(record.start)) }

    /// A height or a time before which it may not be mined (BIP65 tells which).
    public var lockTime: UInt32 { storage.integer(at: Int(record.end) &- 4) }

    public var txid: Txid { record.txid }
    public var wtxid: Wtxid { record.wtxid }

    public var inputs: TransactionInputs { TransactionInputs(self) }
    public var outputs: TransactionOutputs { TransactionOutputs(self) }

    /// Whether any input has a witness.
    public var hasWitness: Bool { record.hasWitness }

    /// Whether it mints coins: one input that names none.
    public var isCoinbase: Bool {
        let record = record
        guard record.inputCount == 1 else { return false }
        let start = Int(storage.inputs[Int(record.firstInput)].start)
        // The index tells all but those apart at once.
        return storage.integer(at: start &+ 32) == UInt32.max && storage.hash(at: start) == .zero
    }

    /// The size with witnesses, in bytes.
    public var totalSize: Int { record.totalSize }

    /// The size without witnesses, in bytes.
    public var baseSize: Int { record.baseSize }

    public var weight: Weight { Weight(units: 3 &* baseSize &+ totalSize) }

    /// A quarter of the weight, rounded up.
    public var virtualSize: Int { weight.virtualSize }

    /// The whole serialisation.
    public var bytes: ArraySlice<UInt8> {
        let record = record
        return storage.bytes[Int(record.start)..<Int(record.end)]
    }

    /// The serialisation without witnesses, what the txid is the hash of.
    public var strippedBytes: [UInt8] {
        let record = record
        guard record.hasWitness else { return Array(bytes) }
        let bytes = storage.bytes
        return Array(
            bytes[Int(record.start)..<Int(record.start) &+ 4]
                + bytes[Int(record.bodyStart)..<Int(record.bodyEnd)]
                + bytes[Int(record.end) &- 4..<Int(record.end)])
    }

    /// The same transaction with bytes of its own, so that it keeps no block alive.
    public func detached() -> Transaction {
        guard storage.transactions.count > 1 || storage.bytes.count != totalSize else {
            return self
        }
        do {
            return try Transaction(decoding: Array(bytes), allowWitness: hasWitness)
        } catch {
            preconditionFailure("a transaction that was read before does not read: \(error)")
        }
    }

    /// The out point of an input, without making the rest of it.
    public func outPoint(at input: Int) -> OutPoint {
        let start = Int(inputRecord(input).start)
        return OutPoint(
            txid: storage.hash(at: start), index: storage.integer(at: start &+ 32))
    }

    /// The sequence of an input, without making the rest of it.
    public func sequence(at input: Int) -> UInt32 {
        storage.integer(at: inputRecord(input).script.range.upperBound)
    }

    /// The value of an output, without making the rest of it.
    public func value(at output: Int) -> Amount {
        Amount(satoshis: storage.integer(at: Int(outputRecord(output).start)))
    }

    /// The script of an input, without making the rest of it.
    public func script(ofInput input: Int) -> Script {
        Script(storage.bytes[inputRecord(input).script.range])
    }

    /// The witness of an input, without making the rest of it.
    public func witness(ofInput input: Int) -> Witness {
        Witness(
            bytes: storage.bytes, items: storage.witnessItems[inputRecord(input).witness.range])
    }

    /// The script of an output, without making the rest of it.
    public func script(ofOutput output: Int) -> Script {
        Script(storage.bytes[outputRecord(output).script.range])
    }

    /// Calls with the bytes of each script: those of the inputs, then those of the outputs.
    public func forEachScript(_ body: (Span<UInt8>) -> Void) {
        let record = record
        let bytes = storage.bytes
        let span = bytes.span
        let inputs = Int(record.firstInput)..<Int(record.firstInput &+ record.inputCount)
        for input in inputs { body(span.extracting(storage.inputs[input].script.range)) }
        let outputs = Int(record.firstOutput)..<Int(record.firstOutput &+ record.outputCount)
        for output in outputs { body(span.extracting(storage.outputs[output].script.range)) }
    }

    /// Calls with the value and the script of each output.
    public func forEachOutput(_ body: (Amount, Span<UInt8>) -> Void) {
        let record = record
        let bytes = storage.bytes
        let span = bytes.span
        for number in Int(record.firstOutput)..<Int(record.firstOutput &+ record.outputCount) {
            let output = storage.outputs[number]
            body(
                Amount(satoshis: storage.integer(at: Int(output.start))),
                span.extracting(output.script.range))
        }
    }

    func inputRecord(_ position: Int) -> InputRecord {
        precondition(position >= 0 && position < Int(record.inputCount))
        return storage.inputs[Int(record.firstInput) &+ position]
    }

    func outputRecord(_ position: Int) -> OutputRecord {
        precondition(position >= 0 && position < Int(record.outputCount))
        return storage.outputs[Int(record.firstOutput) &+ position]
    }
}

extension Transaction: Hashable {
    /// Two transactions are equal when their bytes are, witnesses included.
    public static func == (left: Transaction, right: Transaction) -> Bool {
        left.wtxid == right.wtxid
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(wtxid) }
}
