import Consensus
import Cryptography
import Notation
import Primitives
import TestSupport
import Testing

@Suite("Rules of transactions by themselves") struct TransactionRuleTests {
    private let point = OutPoint(txid: .max, index: 7)

    private func make(
        _ points: [OutPoint], _ values: [Int64] = [1], script: Script = []
    ) -> Transaction {
        Transaction(
            inputs: points.map { TransactionInput(outPoint: $0, script: script) },
            outputs: values.map { .anyone($0) })
    }

    @Test(
        "Core's valid transactions pass, those of bad form do not",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func vectors() throws {
        var counts = (valid: 0, bad: 0)
        for row in try Vectors.rows("core/tx_valid.json") {
            guard let hex = row[1]?.stringValue else { continue }
            try Transaction(decoding: #require(Hex.decode(hex))).check()
            counts.valid += 1
        }
        for row in try Vectors.rows("core/tx_invalid.json") {
            guard let hex = row[1]?.stringValue, row[2]?.stringValue == "BADTX" else { continue }
            let transaction = try? Transaction(decoding: #require(Hex.decode(hex)))
            #expect(throws: TransactionError.self) { try transaction?.check() }
            counts.bad += 1
        }
        #expect(counts.valid == 121)
        #expect(counts.bad == 9)
    }

    @Test("Inputs and outputs there must be")
    func empty() throws {
        try make([point]).check()
        #expect(throws: TransactionError.noInputs) { try make([]).check() }
        #expect(throws: TransactionError.noOutputs) { try make([point], []).check() }
    }

    @Test("A million bytes without witness are too many by one")
    func size() throws {
        let bare = make([point], script: Script([UInt8](repeating: 0, count: 900_000)))
        let room = 1_000_000 - bare.baseSize
        func sized(_ extra: Int) -> Transaction {
            make([point], script: Script([UInt8](repeating: 0, count: 900_000 + room + extra)))
        }
        try sized(0).check()
        #expect(throws: TransactionError.oversize) { try sized(1).check() }
    }

    @Test("Each output is money, and so is their sum")
    func money() throws {
        let most = Amount.max.satoshis
        try make([point], [most]).check()
        try make([point], [most - 1, 1]).check()
        try make([point], [0]).check()
        #expect(throws: TransactionError.negativeOutput) { try make([point], [-1]).check() }
        #expect(throws: TransactionError.negativeOutput) { try make([point], [.min]).check() }
        #expect(throws: TransactionError.outputTooLarge) { try make([point], [most + 1]).check() }
        #expect(throws: TransactionError.outputTooLarge) { try make([point], [.max]).check() }
        #expect(throws: TransactionError.outputTotalTooLarge) {
            try make([point], [most, 1]).check()
        }
    }

    @Test(
        "A coin is named once (CVE-2018-17144), among few inputs and among many",
        arguments: [2, 8, 9, 500])
    func duplicates(_ count: Int) throws {
        var points = (0..<UInt32(count)).map { OutPoint(txid: .max, index: $0) }
        try make(points).check()
        points[count - 1] = points[0]
        #expect(throws: TransactionError.duplicateInput(points[0])) { try make(points).check() }
    }

    @Test("No input but a coinbase's names no coin, and a coinbase's script has 2 to 100 bytes")
    func null() throws {
        #expect(throws: TransactionError.nullInput) { try make([point, .null]).check() }
        for count in [2, 100] {
            try make([.null], script: Script([UInt8](repeating: 0, count: count))).check()
        }
        for count in [0, 1, 101] {
            #expect(throws: TransactionError.coinbaseScriptLength(count)) {
                try make([.null], script: Script([UInt8](repeating: 0, count: count))).check()
            }
        }
    }

    @Test("Every error has Core's word, and nothing is blamed on a late or an orphan block")
    func words() {
        #expect(TransactionError.noInputs.rejectReason == "bad-txns-vin-empty")
        #expect(TransactionError.missingCoin(point).result == .missingInputs)
        #expect(
            TransactionError.missingCoin(point).description
                == "bad-txns-inputs-missingorspent, CheckTxInputs: inputs missing/spent")
        #expect(TransactionError.immatureCoinbase(depth: 1).result == .prematureSpend)
        #expect(
            BlockError.transaction(.nullInput, .zero).description
                == "bad-txns-prevout-null, Transaction check failed (tx hash "
                + String(repeating: "0", count: 64) + ") ")
        #expect(HeaderError.timeTooNew.result.blame == .nobody)
        #expect(HeaderError.tooLittleWork.result.blame == .nobody)
        #expect(BlockError.merkleRoot.result.blame == .senderUnlessCompact)
        #expect(HeaderError.duplicateInvalid(.zero).result.blame == .outboundSenderUnlessCompact)
        #expect(BlockError.header(.highHash).result.blame == .sender)
    }
}
