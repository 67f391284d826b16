/// The inputs of a transaction, each made when asked for.
public struct TransactionInputs: RandomAccessCollection, Sendable {
    private let transaction: Transaction

    init(_ transaction: Transaction) {
        self.transaction = transaction
        endIndex = Int(transaction.record.inputCount)
    }

    public var startIndex: Int { 0 }
    public let endIndex: Int

    public subscript(position: Int) -> TransactionInput {
        let record = transaction.inputRecord(position)
        let storage = transaction.storage
        return TransactionInput(
            outPoint: transaction.outPoint(at: position),
            script: Script(storage.bytes[record.script.range]),
            sequence: storage.integer(at: record.script.range.upperBound),
            witness: Witness(
                bytes: storage.bytes, items: storage.witnessItems[record.witness.range]))
    }
}

/// The outputs of a transaction, each made when asked for.
public struct TransactionOutputs: RandomAccessCollection, Sendable {
    private let transaction: Transaction

    init(_ transaction: Transaction) {
        self.transaction = transaction
        endIndex = Int(transaction.record.outputCount)
    }

    public var startIndex: Int { 0 }
    public let endIndex: Int

    public subscript(position: Int) -> TransactionOutput {
        let record = transaction.outputRecord(position)
        return TransactionOutput(
            value: transaction.value(at: position),
            script: Script(transaction.storage.bytes[record.script.range]))
    }
}
