import Notation
import Primitives
import Scripting
import TestSupport
import Testing

@Suite("Taproot script assets", .enabled(if: Vectors.isPresent, Vectors.hint))
struct ScriptAssetTests {
    @Test("Each success is valid under fewer flags, each failure invalid under more")
    func assets() throws {
        var generator = SeededGenerator(seed: 2)
        var successes = 0
        var failures = 0
        for row in try Vectors.rows("taproot/script_assets.json") {
            let asset = try Asset(row)
            if let success = asset.success {
                for flags in asset.flagsForSuccess(using: &generator) {
                    let isValid = asset.isValid(success, flags: flags)
                    #expect(isValid, "\(asset.comment) \(flags.names)")
                }
                successes += 1
            }
            if let failure = asset.failure {
                for flags in asset.flagsForFailure(using: &generator) {
                    let isValid = asset.isValid(failure, flags: flags)
                    #expect(!isValid, "\(asset.comment) \(flags.names)")
                }
                failures += 1
            }
        }
        #expect(successes == 2184)
        #expect(failures == 1970)
    }
}

/// A row of the file: a transaction, and what to put into one of its inputs.
private struct Asset {
    typealias Answer = (script: Script, witness: Witness)

    var transaction: Transaction
    var spent: [TransactionOutput]
    var index: Int
    var flags: ScriptFlags
    var comment: String
    var isFinal: Bool
    var success: Answer?
    var failure: Answer?

    init(_ row: JSON) throws {
        transaction = try Transaction(decoding: row.member("tx").bytes())
        spent = try row.member("prevouts").elements().map {
            let bytes = try $0.bytes()
            var reader = ByteReader(bytes.span)
            return try TransactionOutput(from: &reader)
        }
        index = Int(try row.member("index").integer())
        guard let flags = ScriptFlags(names: try row.member("flags").text()) else {
            throw MalformedVector(row)
        }
        self.flags = flags
        comment = try row.member("comment").text()
        isFinal = row["final"]?.bool ?? false
        success = try row["success"].map(Self.answer)
        failure = try row["failure"].map(Self.answer)
    }

    private static func answer(_ json: JSON) throws -> Answer {
        (
            Script(try json.member("scriptSig").bytes()),
            Witness(try json.member("witness").elements().map { try $0.bytes() })
        )
    }

    /// The flags that are consensus, over which the file makes its claims.
    private static let consensus = ScriptFlags.mandatory

    func flagsForSuccess(using generator: inout SeededGenerator) -> [ScriptFlags] {
        let allowed = isFinal ? Self.consensus : flags
        let random = (0..<3).map { _ in allowed.randomSubset(using: &generator) }
        return ([allowed, flags, []] + random).filter(\.areConsistent)
    }

    func flagsForFailure(using generator: inout SeededGenerator) -> [ScriptFlags] {
        let random = (0..<3).map { _ in
            flags.union(Self.consensus.randomSubset(using: &generator))
        }
        return ([flags, flags.union(Self.consensus)] + random).filter(\.areConsistent)
    }

    func isValid(_ answer: Answer, flags: ScriptFlags) -> Bool {
        var inputs = Array(transaction.inputs)
        inputs[index].script = answer.script
        inputs[index].witness = answer.witness
        let spending = Transaction(
            version: transaction.version, inputs: inputs, outputs: transaction.outputs,
            lockTime: transaction.lockTime)
        let precomputed = PrecomputedTransactionData(transaction: spending, spentOutputs: spent)
        do throws(ScriptError) {
            try spending.verifyInput(index, precomputed: precomputed, flags: flags)
            return true
        } catch {
            return false
        }
    }
}
