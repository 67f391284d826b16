import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

/// Real spends, each with one item of what answers a coin's script changed by one byte.
@Suite("Real spends changed by a byte", .enabled(if: Vectors.isPresent, Vectors.hint))
struct SpendMutationTests {
    /// Inputs tried of one block: the first so many of each template.
    private static let inputsOfAKind = 12

    /// What scripts of more than one way come to that one item decides between.
    private static let exceptions: [String: ScriptError] = [
        // Without the signature the other way is taken, which asks for the hash of a key.
        "bfe578ab188cab1494f9130d8e758aea4c00442ba85596f61d44c899e60ff8e0:2": .equalVerify,
        "bfe578ab188cab1494f9130d8e758aea4c00442ba85596f61d44c899e60ff8e0:1": .checkSigVerify,
        // What hashes to one of several values.
        "0e85c937781c61ab58933f765579b909595466f02c8187afb11837393997282e:2": .equalVerify,
    ]

    /// An item of an input, and what to make of it.
    private struct Item {
        var isWitness: Bool
        var place: Int
        var bytes: [UInt8]
    }

    private enum Template: String, CaseIterable {
        case key, keyHash, scriptHash, witnessKeyHash, witnessScriptHash, bare
    }

    private func template(_ script: Script) -> Template {
        let bytes = Array(script.bytes)
        switch (bytes.count, bytes.first) {
        case (25, 0x76): return .keyHash
        case (23, 0xa9): return .scriptHash
        case (22, 0): return .witnessKeyHash
        case (34, 0): return .witnessScriptHash
        case (35, 33), (67, 65): return .key
        default: return .bare
        }
    }

    private func items(of input: TransactionInput) -> [Item] {
        var items: [Item] = []
        var reader = InstructionReader(input.script.bytes)
        while let step = reader.next() {
            items.append(Item(isWitness: false, place: items.count, bytes: Array(step.data)))
        }
        for (place, item) in input.witness.enumerated() {
            items.append(Item(isWitness: true, place: place, bytes: Array(item)))
        }
        return items
    }

    private func replacing(_ item: Item, in input: TransactionInput) -> TransactionInput {
        var input = input
        if item.isWitness {
            var stack = input.witness.stack
            stack[item.place] = item.bytes
            input.witness = Witness(stack)
        } else {
            var script: [UInt8] = []
            var reader = InstructionReader(input.script.bytes)
            var start = input.script.bytes.startIndex
            var place = 0
            while let step = reader.next() {
                if place == item.place {
                    // The push stays as it is, and the data has the same length.
                    let whole = input.script.bytes[start..<reader.position]
                    script += whole.dropLast(step.data.count) + item.bytes
                } else {
                    script += input.script.bytes[start..<reader.position]
                }
                start = reader.position
                place += 1
            }
            input.script = Script(script)
        }
        return input
    }

    private func isSignature(_ bytes: [UInt8]) -> Bool {
        bytes.first == 0x30 && (68...73).contains(bytes.count)
    }

    /// What an item whose byte inside was flipped is refused for.
    private func expected(
        _ item: Item, last: Bool, of template: Template, nested: Bool
    ) -> ScriptError {
        switch template {
        case .key, .bare: .evaluatedFalse
        case .keyHash: isSignature(item.bytes) ? .evaluatedFalse : .equalVerify
        case .witnessKeyHash: isSignature(item.bytes) ? .evaluatedFalse : .equalVerify
        case .witnessScriptHash: last ? .witnessProgramMismatch : .evaluatedFalse
        case .scriptHash:
            if !nested || !item.isWitness {
                .evaluatedFalse
            } else if item.bytes.count == 33 && item.bytes.first ?? 0 <= 3 {
                .equalVerify
            } else {
                last ? .witnessProgramMismatch : .evaluatedFalse
            }
        }
    }

    @Test("A byte flipped in a signature, a key or a script makes a spend invalid")
    func flippedBytes() throws {
        var counts: [Template: Int] = [:]
        var malformed = 0
        for real in try RealBlock.all() where real.coins != nil {
            let connection = try #require(try real.judge(real.block, leaving: .scripts))
            let strict = connection.flags.contains(.derSignatures)
            var tried: [Template: Int] = [:]
            var spent = connection.spent[...]
            for transaction in real.block.transactions.dropFirst() {
                let coins = Array(spent.prefix(transaction.inputs.count))
                spent = spent.dropFirst(coins.count)
                for (place, coin) in coins.enumerated() {
                    let template = template(coin.output.script)
                    guard tried[template, default: 0] < Self.inputsOfAKind else { continue }
                    tried[template, default: 0] += 1
                    let input = transaction.inputs[place]
                    let items = items(of: input)
                    for item in items where item.bytes.count > 20 {
                        let last =
                            item.place
                            == (item.isWitness
                                ? input.witness.count : items.count - input.witness.count) - 1
                        var changed = item
                        changed.bytes[10] ^= 1
                        let error =
                            Self.exceptions["\(transaction.txid.displayHex):\(item.place)"]
                            ?? expected(
                                item, last: last, of: template, nested: !input.witness.isEmpty)
                        #expect(
                            judge(
                                replacing(changed, in: input), transaction, place, coins,
                                connection.flags)
                                == error,
                            "\(real.file) \(transaction.txid.displayHex):\(place) \(template) \(item.place)"
                        )
                        counts[template, default: 0] += 1
                        guard isSignature(item.bytes) else { continue }
                        changed = item
                        changed.bytes[0] ^= 1
                        #expect(
                            judge(
                                replacing(changed, in: input), transaction, place, coins,
                                connection.flags)
                                == (strict ? .signatureDER : .evaluatedFalse),
                            "\(real.file) \(transaction.txid.displayHex):\(place) \(template) DER")
                        malformed += 1
                    }
                }
            }
        }
        for template in Template.allCases where template != .key || counts[.key] != nil {
            #expect(counts[template, default: 0] >= 1, "\(template): \(counts)")
        }
        #expect(counts.values.reduce(0, +) >= 150 && malformed >= 80, "\(counts) \(malformed)")
    }

    private func judge(
        _ input: TransactionInput, _ transaction: Transaction, _ place: Int, _ coins: [Coin],
        _ flags: ScriptFlags
    ) -> ScriptError? {
        let changed = transaction.with(inputs: { $0[place] = input })
        let checks = ScriptCheck.all(of: changed, spending: coins.map(\.output), flags: flags)
        do throws(ScriptFailure) {
            try checks[place].run()
            return nil
        } catch {
            return error.error
        }
    }
}
