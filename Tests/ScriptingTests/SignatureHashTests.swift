import Cryptography
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Signature hashes", .enabled(if: Vectors.isPresent, Vectors.hint))
struct SignatureHashTests {
    @Test("Legacy hashes are those of sighash.json")
    func legacy() throws {
        var count = 0
        for row in try Vectors.rows("core/sighash.json") where row[1] != nil {
            let transaction = try Transaction(decoding: row.element(0).bytes())
            let hash = SignatureHash.legacy(
                transaction: transaction, inputIndex: Int(try row.element(2).integer()),
                scriptCode: try row.element(1).bytes()[...],
                hashType: SignatureHashType(
                    rawValue: UInt32(bitPattern: Int32(try row.element(3).integer()))))
            let expected = try row.element(4).text()
            #expect(hash.displayHex == expected)
            count += 1
        }
        #expect(count == 500)
    }

    @Test("Version 0 hashes are those of BIP143, cached or not")
    func segwitV0() throws {
        var count = 0
        for row in try Vectors.rows("bips/bip143.json") {
            let transaction = try Transaction(decoding: row.member("unsigned_tx").bytes())
            for sighash in try row.member("sighashes").elements() {
                let preimage = try sighash.member("preimage").bytes()
                let expected = try sighash.member("sighash").text()
                #expect(SHA256.doubleHash(preimage.span).hex == expected)
                let asked = try Preimage(preimage)
                let index = try #require(
                    transaction.inputs.firstIndex { $0.outPoint == asked.outPoint })
                let hash = SignatureHash.segwitV0(
                    transaction: transaction, inputIndex: index,
                    scriptCode: asked.scriptCode[...],
                    amount: asked.amount, hashType: asked.hashType,
                    precomputed: PrecomputedTransactionData(
                        transaction: transaction, spentOutputs: []))
                #expect(hash.hex == expected)
                count += 1
            }
        }
        #expect(count == 13)
    }

    @Test("The signed transactions of BIP143 are valid under all rules")
    func segwitV0Spends() throws {
        var count = 0
        for row in try Vectors.rows("bips/bip143.json") {
            let unsigned = try Transaction(decoding: row.member("unsigned_tx").bytes())
            var coins: [OutPoint: TransactionOutput] = [:]
            for (input, coin) in zip(unsigned.inputs, try row.member("prevouts").elements()) {
                coins[input.outPoint] = TransactionOutput(
                    value: Amount(satoshis: try coin.member("value").integer()),
                    script: Script(try coin.member("scriptPubKey").bytes()))
            }
            for text in try row.member("signed_txs").elements() {
                // Some have their inputs in another order.
                let transaction = try Transaction(decoding: text.bytes())
                let precomputed = PrecomputedTransactionData(
                    transaction: transaction,
                    spentOutputs: transaction.inputs.compactMap { coins[$0.outPoint] })
                for index in transaction.inputs.indices {
                    try transaction.verifyInput(index, precomputed: precomputed, flags: .mandatory)
                    count += 1
                }
            }
        }
        #expect(count == 11)
    }

    @Test("Taproot hashes, outputs and spends are those of BIP341")
    func taproot() throws {
        let vectors = try Vectors.json("core/bip341_wallet_vectors.json")
        var count = 0
        for row in try vectors.member("keyPathSpending").elements() {
            let given = try row.member("given")
            let transaction = try Transaction(decoding: given.member("rawUnsignedTx").bytes())
            let spent = try given.member("utxosSpent").elements().map {
                TransactionOutput(
                    value: Amount(satoshis: try $0.member("amountSats").integer()),
                    script: Script(try $0.member("scriptPubKey").bytes()))
            }
            let precomputed = PrecomputedTransactionData(
                transaction: transaction, spentOutputs: spent)
            for input in try row.member("inputSpending").elements() {
                let asked = try input.member("given")
                let hash = SignatureHash.taproot(
                    transaction: transaction,
                    inputIndex: Int(try asked.member("txinIndex").integer()),
                    hashType: SignatureHashType(
                        rawValue: UInt32(try asked.member("hashType").integer())),
                    precomputed: precomputed)
                let expected = try input.member("intermediary").member("sigHash").text()
                #expect(hash?.hex == expected)
                count += 1
            }
            let signed = try Transaction(
                decoding: row.member("auxiliary").member("fullySignedTx").bytes())
            let whole = PrecomputedTransactionData(transaction: signed, spentOutputs: spent)
            for index in signed.inputs.indices {
                try signed.verifyInput(index, precomputed: whole, flags: .mandatory)
            }
        }
        #expect(count == 7)
    }

    @Test("Trees of scripts have the roots and control blocks of BIP341")
    func taprootTrees() throws {
        let vectors = try Vectors.json("core/bip341_wallet_vectors.json")
        var count = 0
        for row in try vectors.member("scriptPubKey").elements() {
            let given = try row.member("given")
            let internalKey = try given.member("internalPubkey").bytes()
            let tree = try given.member("scriptTree")
            let root = tree.isNull ? nil : try Self.root(tree)
            let tweak = Taproot.tweak(internalKey: internalKey[...], merkleRoot: root)
            let expectedTweak = try row.member("intermediary").member("tweak").text()
            #expect(tweak.hex == expectedTweak)
            let key = XOnlyPublicKey(internalKey.span)
            let output = try #require(key?.taprootOutput(merkleRoot: root))
            let expectedScript = try row.member("expected").member("scriptPubKey").text()
            #expect(Script.payToTaproot(outputKey: output.key.bytes).hex == expectedScript)
            count += 1
        }
        #expect(count == 7)
    }

    private static func root(_ tree: JSON) throws -> Hash256 {
        if let branches = tree.array {
            return Taproot.branchHash(
                try root(branches[0]), try root(branches[1]))
        }
        return Taproot.leafHash(
            version: UInt8(try tree.member("leafVersion").integer()),
            script: try tree.member("script").bytes()[...])
    }
}

/// The parts of BIP143's preimage that the caller of the algorithm names.
private struct Preimage {
    var outPoint: OutPoint
    var scriptCode: [UInt8]
    var amount: Amount
    var hashType: SignatureHashType

    init(_ bytes: [UInt8]) throws {
        var reader = ByteReader(bytes.span)
        _ = try reader.readBytes(count: 4 + 32 + 32)
        outPoint = OutPoint(txid: try reader.readHash(), index: try reader.read())
        scriptCode = try reader.readSizedBytes()
        amount = Amount(satoshis: try reader.read())
        _ = try reader.readBytes(count: 4 + 32 + 4)
        hashType = SignatureHashType(rawValue: try reader.read())
    }
}
