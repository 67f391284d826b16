import Consensus
import Cryptography
import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Bitcoin Core's transaction tests", .enabled(if: Vectors.isPresent, Vectors.hint))
struct CoreTransactionTests {
    @Test("Each row of tx_valid.json is valid under all flags but its own, and under fewer")
    func validTransactions() throws {
        var generator = SeededGenerator(seed: 3)
        var count = 0
        for row in try Vectors.rows("core/tx_valid.json") where row[0]?.array != nil {
            let spend = try Spend(row)
            #expect(throws: Never.self, "\(row.description)") { try spend.transaction.check() }
            let excluded = try #require(ScriptFlags(names: spend.flagNames))
            let flags = ScriptFlags.all.subtracting(excluded)
            #expect(flags.areConsistent)
            var tried = [flags]
            for flag in ScriptFlags.all.each {
                tried.append(flags.subtracting(flag).trimmed)
                let random = ScriptFlags.all.randomSubset(using: &generator)
                tried.append(flags.subtracting(random).trimmed)
            }
            for flags in tried {
                let isValid = spend.isValid(flags: flags)
                #expect(isValid, "\(row.description) \(flags.names)")
            }
            count += 1
        }
        #expect(count == 121)
    }

    @Test("The flags that tx_valid.json excludes are each needed to be excluded")
    func excludedFlagsAreMaximal() throws {
        var count = 0
        for row in try Vectors.rows("core/tx_valid.json") where row[0]?.array != nil {
            let spend = try Spend(row)
            let excluded = try #require(ScriptFlags(names: spend.flagNames))
            for fewer in Set(excluded.each.map { excluded.subtracting($0).trimmed }) {
                let isValid = spend.isValid(flags: ScriptFlags.all.subtracting(fewer))
                #expect(!isValid, "\(row.description) \(fewer.names)")
                count += 1
            }
        }
        #expect(count == 102)
    }

    @Test("Each row of tx_invalid.json is invalid under its flags, and under more")
    func invalidTransactions() throws {
        var generator = SeededGenerator(seed: 4)
        var count = 0
        var broken = 0
        for row in try Vectors.rows("core/tx_invalid.json") where row[0]?.array != nil {
            count += 1
            let spend = try Spend(row)
            guard spend.flagNames != "BADTX" else {
                #expect(throws: TransactionError.self) { try spend.transaction.check() }
                broken += 1
                continue
            }
            #expect(throws: Never.self, "\(row.description)") { try spend.transaction.check() }
            let flags = try #require(ScriptFlags(names: spend.flagNames))
            #expect(flags.areConsistent)
            var tried = [flags]
            for flag in ScriptFlags.all.each {
                tried.append(flags.union(flag).filled)
                let random = ScriptFlags.all.randomSubset(using: &generator)
                tried.append(flags.union(random).filled)
            }
            for flags in tried {
                let isValid = spend.isValid(flags: flags)
                #expect(!isValid, "\(row.description) \(flags.names)")
            }
        }
        #expect(count == 93)
        #expect(broken == 9)
    }
}

/// A row of either file: a transaction and what it spends.
private struct Spend {
    var transaction: Transaction
    var spent: [OutPoint: TransactionOutput] = [:]
    var flagNames: String

    init(_ row: JSON) throws {
        for coin in try row.element(0).elements() {
            let txid = try #require(Hash256(displayHex: try coin.element(0).text()))
            let index = Int32(try coin.element(1).integer())
            spent[OutPoint(txid: txid, index: UInt32(bitPattern: index))] = TransactionOutput(
                value: Amount(satoshis: coin[3]?.int ?? 0),
                script: try Script(assembly: try coin.element(2).text()))
        }
        transaction = try Transaction(decoding: try row.element(1).bytes())
        flagNames = try row.element(2).text()
    }

    /// Whether every input is valid. The outputs spent are not told to the taproot hash, as in
    /// Bitcoin Core's own test.
    func isValid(flags: ScriptFlags) -> Bool {
        let precomputed = PrecomputedTransactionData(transaction: transaction, spentOutputs: [])
        for (index, input) in transaction.inputs.enumerated() {
            guard let output = spent[input.outPoint] else { return false }
            do throws(ScriptError) {
                try verifyScript(
                    scriptSig: input.script, scriptPubKey: output.script, witness: input.witness,
                    flags: flags,
                    checker: TransactionSignatureChecker(
                        transaction: transaction, inputIndex: index, amount: output.value,
                        precomputed: precomputed, verifier: DirectVerifier()))
            } catch {
                return false
            }
        }
        return true
    }
}

extension ScriptFlags {
    /// The flags without those that mean nothing without others.
    fileprivate var trimmed: ScriptFlags {
        var flags = self
        if !flags.contains(.p2sh) { flags.remove(.witness) }
        if !flags.contains(.witness) { flags.remove(.cleanStack) }
        return flags
    }

    /// The flags with those that others need.
    fileprivate var filled: ScriptFlags {
        var flags = self
        if flags.contains(.cleanStack) { flags.insert(.witness) }
        if flags.contains(.witness) { flags.insert(.p2sh) }
        return flags
    }
}
