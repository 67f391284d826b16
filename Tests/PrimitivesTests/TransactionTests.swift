import Cryptography
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Transactions as bytes") struct TransactionTests {
    private let point = OutPoint(txid: .zero, index: 7)

    private func sample(witness: Witness = .empty) -> Transaction {
        Transaction(
            version: 2,
            inputs: [
                TransactionInput(outPoint: point, script: [1, 2], sequence: 9, witness: witness)
            ],
            outputs: [
                TransactionOutput(value: Amount(satoshis: 5), script: [0x51]),
                TransactionOutput(value: Amount(satoshis: 6)),
            ],
            lockTime: 77)
    }

    @Test("Parts that go in come out")
    func parts() {
        let transaction = sample(witness: Witness([[1, 2, 3], []]))
        #expect(transaction.version == 2)
        #expect(transaction.lockTime == 77)
        #expect(transaction.inputs.count == 1)
        #expect(transaction.inputs[0].outPoint == point)
        #expect(transaction.inputs[0].script == [1, 2])
        #expect(transaction.inputs[0].sequence == 9)
        #expect(transaction.inputs[0].witness.stack == [[1, 2, 3], []])
        #expect(transaction.outputs.map(\.value.satoshis) == [5, 6])
        #expect(transaction.outputs.map(\.script) == [[0x51], []])
        #expect(transaction.value(at: 1).satoshis == 6)
        #expect(transaction.sequence(at: 0) == 9)
    }

    @Test("A witness changes the wtxid and the weight, not the txid")
    func witness() {
        let plain = sample()
        let signed = sample(witness: Witness([[1, 2, 3]]))
        #expect(plain.txid == plain.wtxid)
        #expect(signed.txid == plain.txid)
        #expect(signed.wtxid != signed.txid)
        #expect(signed.baseSize == plain.totalSize)
        // Marker, flag, one count, one length and three bytes.
        #expect(signed.totalSize == plain.totalSize + 7)
        #expect(signed.weight.units == plain.totalSize * 4 + 7)
        #expect(signed.strippedBytes == Array(plain.bytes))
    }

    @Test("A witness section without a witness is refused (BIP144)")
    func superfluousWitness() throws {
        var bytes = Array(sample(witness: Witness([[7]])).bytes)
        // The stack of one item of one byte becomes an empty stack.
        bytes.replaceSubrange(bytes.count - 7..<bytes.count - 4, with: [0])
        #expect(throws: DecodingError.superfluousWitness) { try Transaction(decoding: bytes) }
    }

    @Test("An extension byte that nothing defines is refused")
    func unknownFlags() {
        var bytes = Array(sample(witness: Witness([[7]])).bytes)
        bytes[5] = 3
        #expect(throws: DecodingError.unknownOptionalData) { try Transaction(decoding: bytes) }
        bytes[5] = 2
        #expect(throws: DecodingError.self) { try Transaction(decoding: bytes) }
    }

    @Test("Every truncation is refused, and so is a byte too many")
    func truncation() {
        let bytes = Array(sample(witness: Witness([[1, 2, 3]])).bytes)
        for count in 0..<bytes.count {
            #expect(throws: DecodingError.self) {
                try Transaction(decoding: Array(bytes[..<count]))
            }
        }
        #expect(throws: DecodingError.trailingBytes(1)) { try Transaction(decoding: bytes + [0]) }
    }

    @Test("No single changed byte traps, and what still decodes encodes to the same bytes")
    func mutations() throws {
        let bytes = Array(sample(witness: Witness([[1, 2, 3]])).bytes)
        var decoded = 0
        for place in bytes.indices {
            for value in [UInt8(0), 1, 0x7F, 0xFC, 0xFD, 0xFE, 0xFF] {
                var changed = bytes
                changed[place] = value
                guard let transaction = try? Transaction(decoding: changed) else { continue }
                decoded += 1
                #expect(Array(transaction.bytes) == changed)
                let rebuilt = Transaction(
                    version: transaction.version, inputs: transaction.inputs,
                    outputs: transaction.outputs, lockTime: transaction.lockTime)
                #expect(Array(rebuilt.bytes) == changed)
            }
        }
        #expect(decoded > 0)
    }

    @Test("A transaction taken from a block equals itself alone, and can let go of the block")
    func detached() {
        let first = sample()
        let second = sample(witness: Witness([[1]]))
        let header = BlockHeader(
            version: 1, previous: .zero, merkleRoot: .zero, time: 0, bits: 0, nonce: 0)
        let block = Block(header: header, transactions: [first, second])
        #expect(Array(block.transactions) == [first, second])
        #expect(block.transactions[1].detached().bytes.startIndex == 0)
        #expect(block.transactions[1].detached() == second)
        #expect(block.strippedSize == block.totalSize - 5)
    }

    @Test("The ids of many transactions in a block are those of each alone")
    func identifiers() {
        let header = BlockHeader(
            version: 1, previous: .zero, merkleRoot: .zero, time: 0, bits: 0, nonce: 0)
        // Beyond 32 KiB without witnesses, with such as have none in between.
        for count in [1, 3, 4, 5, 300] {
            let transactions = (0..<count).map { number in
                Transaction(
                    inputs: [
                        TransactionInput(
                            outPoint: OutPoint(txid: .zero, index: UInt32(number)),
                            script: Script(Array(repeating: 1, count: number % 200)), sequence: 0,
                            witness: number % 3 == 0
                                ? .empty : Witness([Array(repeating: 2, count: number)]))
                    ], outputs: [TransactionOutput(value: Amount(satoshis: 5), script: [0x51])])
            }
            let taken = Block(header: header, transactions: transactions).transactions
            #expect(taken.map(\.txid) == transactions.map(\.txid))
            #expect(taken.map(\.wtxid) == transactions.map(\.wtxid))
            #expect(
                transactions.allSatisfy {
                    $0.txid == SHA256.doubleHash($0.strippedBytes.span)
                        && $0.wtxid == SHA256.doubleHash(Array($0.bytes).span)
                })
        }
    }

    @Test("Relative locks are told by version and sequences; a coinbase by its one out point")
    func told() {
        func transaction(_ version: UInt32, _ sequences: [UInt32], _ point: OutPoint) -> Transaction
        {
            Transaction(
                version: version,
                inputs: sequences.map {
                    TransactionInput(outPoint: point, script: [1], sequence: $0, witness: .empty)
                }, outputs: [TransactionOutput(value: Amount(satoshis: 5), script: [0x51])])
        }
        let header = BlockHeader(
            version: 1, previous: .zero, merkleRoot: .zero, time: 0, bits: 0, nonce: 0)
        let nearly = OutPoint(txid: .zero, index: .max - 1)
        let named = OutPoint(txid: .max, index: .max)
        let block = Block(
            header: header,
            transactions: [
                transaction(2, [0xFFFF_FFFF, 0x8000_0000], point),
                transaction(2, [0xFFFF_FFFF, 0x7FFF_FFFF], point),
                transaction(1, [0], nearly), transaction(0xFFFF_FFFF, [0], named),
                transaction(2, [0xFFFF_FFFE], .null), transaction(2, [0, 0], .null),
            ]
        ).transactions
        #expect(
            block.indices.map { block.hasRelativeLocks(at: $0) }
                == [false, true, false, true, false, true])
        #expect(block.indices.map { block.inputCount(at: $0) } == [2, 2, 1, 1, 1, 2])
        #expect(block.map(\.isCoinbase) == [false, false, false, false, true, false])
    }
}

@Suite("Real blocks as bytes", .enabled(if: Vectors.isPresent, "needs ../shared/vectors"))
struct RealBlockTests {
    @Test("blocks/*.bin decode to the sizes, weights and roots of blocks/index.json")
    func index() throws {
        let rows = try #require(try JSON(parsing: Vectors.load("blocks/index.json")).array)
        #expect(rows.count == 17)
        for row in rows {
            let file = try #require(row["file"]?.stringValue)
            let bytes = try Vectors.load("blocks/\(file)")
            let block = try Block(decoding: bytes)
            #expect(block.hash.displayHex == row["hash"]?.stringValue, "\(file)")
            #expect(block.totalSize == row["size"]?.int.map(Int.init), "\(file)")
            #expect(block.strippedSize == row["stripped_size"]?.int.map(Int.init), "\(file)")
            #expect(block.weight.units == row["weight"]?.int.map(Int.init), "\(file)")
            #expect(block.transactions.count == row["tx_count"]?.int.map(Int.init), "\(file)")
            #expect(block.bytes == bytes)
            for transaction in block.transactions {
                let rebuilt = Transaction(
                    version: transaction.version, inputs: transaction.inputs,
                    outputs: transaction.outputs, lockTime: transaction.lockTime)
                #expect(rebuilt == transaction)
            }
        }
    }
}
