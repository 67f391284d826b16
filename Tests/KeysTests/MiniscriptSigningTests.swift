import Cryptography
import Genesis
import Keys
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

/// Random expressions, spent and verified by the interpreter.
@Suite("Spending Miniscript") struct MiniscriptSigningTests {
    private let keys = (1...12).compactMap { number in
        SecretKey(bytes: [UInt8](repeating: UInt8(number), count: 32)).map { PrivateKey($0) }
    }
    private let preimage = [UInt8](repeating: 7, count: 32)
    /// No one knows the secret of this point (BIP341), so that leaves must be used.
    private let nobody = "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0"

    /// Writes random expressions that need not be sane, each key at most once.
    private struct Writer {
        var generator: SeededGenerator
        var keys: [String]
        let hash: String
        let isLeaf: Bool

        mutating func key() -> String { keys.popLast() ?? "none" }

        mutating func base(_ depth: Int) -> String {
            guard depth > 0 else {
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: return "pkh(\(key()))"
                case 1: return "older(\(Int.random(in: 1...10, using: &generator)))"
                case 2: return "after(\(Int.random(in: 1...100, using: &generator)))"
                case 3: return "sha256(\(hash))"
                case 4:
                    let name = isLeaf ? "multi_a" : "multi"
                    return "\(name)(1,\(key()),\(key()))"
                default: return "pk(\(key()))"
                }
            }
            let next = depth - 1
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: return "and_b(\(base(next)),a:\(base(next)))"
            case 1: return "or_d(\(base(next)),\(base(next)))"
            case 2: return "or_b(\(base(next)),a:\(base(next)))"
            case 3: return "or_i(\(base(next)),\(base(next)))"
            case 4: return "andor(\(base(next)),\(base(next)),\(base(next)))"
            case 5: return "thresh(2,\(base(0)),a:\(base(next)),a:\(base(0)))"
            case 6: return "thresh(1,\(base(next)),s:pk(\(key())))"
            case 7: return "t:or_c(\(base(next)),v:\(base(next)))"
            case 8: return "j:and_v(v:pk(\(key())),\(base(next)))"
            default: return "and_v(v:\(base(next)),\(base(next)))"
            }
        }
    }

    @Test(
        "What is sane can be spent with all keys, as cheaply as reckoned, and not without",
        arguments: [1, 2, 3, 4, 5, 6])
    func random(_ seed: UInt64) throws {
        let isLeaf = seed % 2 == 0
        let hash = Hex.encode(SHA256.hash(preimage.span).bytes)
        var generator = SeededGenerator(seed: seed)
        var count = 0
        for _ in 0..<400 {
            var writer = Writer(
                generator: SeededGenerator(seed: generator.next()),
                keys: keys.map { $0.wif(on: .mainnet) }, hash: hash, isLeaf: isLeaf)
            let expression = writer.base(Int.random(in: 1...3, using: &generator))
            let text = isLeaf ? "tr(\(nobody),\(expression))" : "wsh(\(expression))"
            guard let descriptor = try? Descriptor(text, network: .mainnet),
                let bounds = try MiniscriptExpression(
                    expression, in: isLeaf ? .leaf : .witnessScript, network: .mainnet)
            else { continue }
            #expect(bounds.isSane, "seed \(seed): \(expression)")
            var psbt = try spend(descriptor)
            _ = psbt.process(provider: try provider(descriptor), finalizes: true)
            #expect(psbt.inputs[0].finalWitness.isEmpty == false, "seed \(seed): \(expression)")
            // The script and, in a leaf, the control block come last.
            let witness = psbt.inputs[0].finalWitness.stack.dropLast(isLeaf ? 2 : 1)
            let items = try #require(bounds.witnessItems)
            let size = try #require(bounds.witnessSize)
            #expect(witness.count <= items, "seed \(seed): \(expression)")
            #expect(
                witness.reduce(0) { $0 + $1.count + 1 } <= size, "seed \(seed): \(expression)")
            // Without keys nothing is spent, for a signature is always needed.
            var foreign = try spend(descriptor)
            let known = try #require(descriptor.expand()?.provider)
            _ = foreign.process(provider: known, finalizes: true)
            #expect(foreign.inputs[0].finalWitness.isEmpty, "seed \(seed): \(expression)")
            count += 1
        }
        #expect(count > 10, "seed \(seed)")
    }

    /// A transaction that spends the output once all its locks are over.
    private func spend(_ descriptor: Descriptor) throws -> PSBT {
        let script = try #require(descriptor.expand()?.scripts.first)
        let point = OutPoint(txid: SHA256.hash(script.span), index: 0)
        let transaction = Transaction(
            version: 2, inputs: [TransactionInput(outPoint: point, sequence: 10)],
            outputs: [TransactionOutput(value: Amount(satoshis: 900), script: script)],
            lockTime: 100)
        var psbt = PSBT(transaction, version: 0)
        psbt.inputs[0].witnessOutput = TransactionOutput(
            value: Amount(satoshis: 1_000), script: script)
        psbt.inputs[0].preimages.sha256.insert(
            preimage, for: SHA256.hash(preimage.span).bytes)
        return psbt
    }

    private func provider(_ descriptor: Descriptor) throws -> SigningProvider {
        var provider = try #require(descriptor.expand()?.provider)
        for key in descriptor.privateKeys() { provider.add(key) }
        return provider
    }
}
