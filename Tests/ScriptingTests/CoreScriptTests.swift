import Cryptography
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Bitcoin Core's script tests", .enabled(if: Vectors.isPresent, Vectors.hint))
struct CoreScriptTests {
    static let file = "core/script_tests.json"

    @Test("Every row of script_tests.json ends as it says")
    func rowsEndAsTheySay() throws {
        var count = 0
        for row in try Vectors.rows(Self.file) where (row.array?.count ?? 0) > 1 {
            let spend = try Spend(row)
            #expect(spend.result(flags: spend.flags) == spend.expected, "\(row.description)")
            count += 1
        }
        #expect(count == 1222)
    }

    @Test("Fewer flags make no valid row invalid, more flags no invalid row valid")
    func flagsOnlyRestrict() throws {
        var generator = SeededGenerator(seed: 1)
        var count = 0
        for row in try Vectors.rows(Self.file) where (row.array?.count ?? 0) > 1 {
            let spend = try Spend(row)
            let isValid = spend.expected == "OK"
            for _ in 0..<8 {
                let random = ScriptFlags.all.randomSubset(using: &generator)
                let flags = isValid ? spend.flags.subtracting(random) : spend.flags.union(random)
                guard flags.areConsistent else { continue }
                #expect(
                    (spend.result(flags: flags) == "OK") == isValid, "\(row.description) \(flags)")
                count += 1
            }
        }
        #expect(count > 5_000)
    }
}

/// A row of the file: an output, what spends it, and how that ends.
private struct Spend {
    var crediting: TransactionOutput
    var spending: Transaction
    var flags: ScriptFlags
    var expected: String

    init(_ row: JSON) throws {
        var cells = try row.elements()[...]
        var witness: [[UInt8]] = []
        var amount = Amount.zero
        var outputKey: [UInt8] = []
        if var items = cells.first?.array {
            cells = cells.dropFirst()
            guard let last = items.popLast(), let text = last.numberText,
                let satoshis = Decimal8.parseAmount(text)
            else { throw MalformedVector(row) }
            amount = Amount(satoshis: satoshis)
            (witness, outputKey) = try Self.witness(items)
        }
        let scriptSig = try Script(assembly: cells[cells.startIndex].text())
        let pubKeyText = try cells[cells.startIndex + 1].text()
        let scriptPubKey =
            pubKeyText == "0x51 0x20 #TAPROOTOUTPUT#"
            ? Script.payToTaproot(outputKey: outputKey) : try Script(assembly: pubKeyText)
        guard var flags = ScriptFlags(names: try cells[cells.startIndex + 2].text()) else {
            throw MalformedVector(row)
        }
        if flags.contains(.cleanStack) { flags.formUnion([.p2sh, .witness]) }
        self.flags = flags
        expected = try cells[cells.startIndex + 3].text()
        crediting = TransactionOutput(value: amount, script: scriptPubKey)
        let funding = Transaction(
            version: 1, inputs: [TransactionInput(outPoint: .null, script: [0, 0])],
            outputs: [crediting])
        spending = Transaction(
            version: 1,
            inputs: [
                TransactionInput(
                    outPoint: OutPoint(txid: funding.txid, index: 0), script: scriptSig,
                    witness: Witness(witness))
            ], outputs: [TransactionOutput(value: amount)])
    }

    /// The items of a witness, some of them made: a script, and the control block that proves it to
    /// be the only leaf of an output whose internal key is that of the secret key 1.
    private static func witness(_ items: [JSON]) throws -> ([[UInt8]], outputKey: [UInt8]) {
        var witness: [[UInt8]] = []
        var outputKey: [UInt8] = []
        for item in items {
            let text = try item.text()
            if text.hasPrefix("#SCRIPT#") {
                witness.append(Array(try Script(assembly: String(text.dropFirst(8))).bytes))
            } else if text == "#CONTROLBLOCK#", let script = witness.last {
                let internalKey = generatorKey
                let leaf = Taproot.leafHash(script: script[...])
                let key = XOnlyPublicKey(internalKey.span)
                let output = try #require(key?.taprootOutput(merkleRoot: leaf))
                witness.append([output.parity ? 0xc1 : 0xc0] + internalKey)
                outputKey = output.key.bytes
            } else {
                witness.append(try item.bytes())
            }
        }
        return (witness, outputKey)
    }

    /// The x coordinate of the curve's generator.
    private static let generatorKey: [UInt8] =
        Hex.decode("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798") ?? []

    func result(flags: ScriptFlags) -> String {
        let precomputed = PrecomputedTransactionData(
            transaction: spending, spentOutputs: [crediting])
        do throws(ScriptError) {
            try spending.verifyInput(0, precomputed: precomputed, flags: flags)
            return "OK"
        } catch {
            return error.name
        }
    }
}
