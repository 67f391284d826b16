import Cryptography
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Random scripts")
struct RandomScriptTests {
    @Test(
        "No script, witness or flags whatever stop the interpreter",
        arguments: 0..<8 as Range<UInt64>)
    func neverTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var endings: Set<String> = []
        for _ in 0..<400 {
            let spend = RandomSpend(using: &generator)
            endings.insert(spend.ending())
            let script = spend.output.script
            _ = script.asm(decodingSignatureHashTypes: true)
            _ = script.template
            _ = script.sigOpCount(accurate: true)
            _ = SignatureOperations.witness(
                scriptSig: spend.scriptSig, scriptPubKey: script, witness: spend.witness,
                flags: spend.flags)
        }
        #expect(endings.count > 10, "\(endings)")
    }
}

/// A spend of nothing in particular, but one that gets past the first checks often enough.
private struct RandomSpend {
    var scriptSig: Script
    var output: TransactionOutput
    var witness: Witness
    var flags: ScriptFlags

    init(using generator: inout SeededGenerator) {
        let inner = Self.script(using: &generator)
        var items = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
            Self.bytes(upTo: 40, using: &generator)
        }
        var scriptPubKey = Script(inner)
        scriptSig = Script()
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: scriptSig = Script(Self.script(using: &generator))
        case 1:
            scriptPubKey = .payToScriptHash(Hash160.hash(inner.span))
            scriptSig = ScriptBuilder().adding(number: 1).adding(push: inner).script
        case 2:
            scriptPubKey = .payToWitnessScriptHash(SHA256.hash(inner.span))
            items.append(inner)
        case 3:
            let key = Self.generatorKey
            let leaf = Taproot.leafHash(script: inner[...])
            let output = XOnlyPublicKey(key.span)?.taprootOutput(merkleRoot: leaf)
            scriptPubKey = .payToTaproot(outputKey: output?.key.bytes ?? key)
            items += [inner, [output?.parity == true ? 0xc1 : 0xc0] + key]
        default:
            scriptPubKey = .witness(
                version: Int.random(in: 0...16, using: &generator),
                program: Self.bytes(upTo: 40, using: &generator))
        }
        output = TransactionOutput(value: .coin, script: scriptPubKey)
        witness = Witness(items)
        flags = ScriptFlags.all.randomSubset(using: &generator).union([.p2sh, .witness, .taproot])
    }

    /// Operations at random, mostly of those that have a meaning, with small pushes between.
    private static func script(using generator: inout SeededGenerator) -> [UInt8] {
        var builder = ScriptBuilder()
        for _ in 0..<Int.random(in: 1...30, using: &generator) {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: builder.append(raw: bytes(upTo: 4, using: &generator))
            case 1: builder.append(push: bytes(upTo: 80, using: &generator))
            case 2, 3, 4: builder.append(number: Int64.random(in: -2...20, using: &generator))
            default: Opcode.allCases.randomElement(using: &generator).map { builder.append($0) }
            }
        }
        return builder.bytes
    }

    private static func bytes(
        upTo count: Int, using generator: inout SeededGenerator
    ) -> [UInt8] {
        (0..<Int.random(in: 0...count, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
    }

    private static let generatorKey = Array(
        SecretKey([UInt8](repeating: 1, count: 32).span)?.publicKey.compressed.dropFirst() ?? [])

    func ending() -> String {
        let spending = Transaction(
            inputs: [
                TransactionInput(
                    outPoint: OutPoint(txid: .zero, index: 0), script: scriptSig, sequence: 1,
                    witness: witness)
            ], outputs: [TransactionOutput(value: .coin)])
        do throws(ScriptError) {
            try spending.verifyInput(
                0,
                precomputed: PrecomputedTransactionData(
                    transaction: spending, spentOutputs: [output]), flags: flags)
            return "OK"
        } catch {
            return error.name
        }
    }
}
