import Consensus
import Cryptography
import Primitives
import Scripting

/// Policy over inputs together with the outputs they spend.
///
/// `spent` is what each input spends, in order.
struct InputPolicy {
    let transaction: Transaction
    let spent: [TransactionOutput]

    /// Why the inputs are not standard outside their witnesses, or nil
    /// (Core's `ValidateInputsStandardness`).
    func nonStandardReason() -> String? {
        guard legacySigOps() <= MempoolPolicy.Limits.legacySigOps else {
            return "non-witness sigops exceed bip54 limit"
        }
        for (index, (input, output)) in zip(transaction.inputs, spent).enumerated() {
            switch output.script.template {
            case .nonstandard:
                return "input \(index) script unknown"
            case .witnessUnknown:
                return "input \(index) witness program is undefined"
            case .scriptHash:
                let redeem: Script?
                do {
                    redeem = try redeemScript(in: input.script)
                } catch {
                    return "p2sh scriptsig malformed (input \(index): \(error.message))"
                }
                guard let redeem else { return "input \(index) P2SH redeemscript missing" }
                let count = redeem.sigOpCount(accurate: true)
                let limit = MempoolPolicy.Limits.payToScriptHashSigOps
                guard count <= limit else {
                    return
                        "p2sh redeemscript sigops exceed limit (input \(index): \(count) > \(limit))"
                }
            default:
                break
            }
        }
        return nil
    }

    /// Signature operations that could run outside the witness: BIP54 counts what is spent, not
    /// what is made. Stops counting past the limit.
    private func legacySigOps() -> Int {
        var count = 0
        for (input, output) in zip(transaction.inputs, spent) {
            count += input.script.sigOpCount(accurate: true)
            count +=
                output.script.isPayToScriptHash
                ? SignatureOperations.payToScriptHash(
                    scriptSig: input.script, scriptPubKey: output.script)
                : output.script.sigOpCount(accurate: true)
            if count > MempoolPolicy.Limits.legacySigOps { break }
        }
        return count
    }

    /// Whether the witnesses are within bounds (Core's `IsWitnessStandard`).
    func hasStandardWitness() -> Bool {
        for (input, output) in zip(transaction.inputs, spent) where !input.witness.isEmpty {
            guard isStandard(input.witness, scriptSig: input.script, spending: output.script) else {
                return false
            }
        }
        return true
    }

    private func isStandard(_ witness: Witness, scriptSig: Script, spending spent: Script) -> Bool {
        guard !spent.isPayToAnchor else { return false }
        var script = spent
        if spent.isPayToScriptHash {
            guard let redeem = try? redeemScript(in: scriptSig) else { return false }
            script = redeem
        }
        // What is no witness program has no use for a witness.
        guard let program = script.witnessProgram else { return false }
        if program.version == 0, program.program.count == 32 {
            return hasStandardScriptWitness(witness)
        }
        if program.version == 1, program.program.count == 32, !spent.isPayToScriptHash {
            return hasStandardTaprootWitness(witness)
        }
        return true
    }

    private func hasStandardScriptWitness(_ witness: Witness) -> Bool {
        guard let script = witness.last, script.count <= MempoolPolicy.Limits.witnessScriptSize
        else { return false }
        guard witness.count - 1 <= MempoolPolicy.Limits.witnessStackItems else { return false }
        return witness.dropLast().allSatisfy {
            $0.count <= MempoolPolicy.Limits.witnessStackItemSize
        }
    }

    private func hasStandardTaprootWitness(_ witness: Witness) -> Bool {
        // An annex (0x50) has no meaning yet, and so no place.
        if witness.count >= 2, witness.last?.first == 0x50 { return false }
        guard witness.count >= 2 else { return witness.count == 1 }
        guard let control = witness.last?.first else { return false }
        guard control & 0xfe == 0xc0 else { return true }
        return witness.dropLast(2).allSatisfy {
            $0.count <= MempoolPolicy.Limits.tapscriptStackItemSize
        }
    }

    /// Whether some input spends a witness program that needs a witness, which anchors do not: then
    /// a transaction without any may have been stripped of it (Core's `SpendsNonAnchorWitnessProg`).
    func spendsWitnessProgram() -> Bool {
        for (input, output) in zip(transaction.inputs, spent) {
            if output.script.witnessProgram != nil, !output.script.isPayToAnchor { return true }
            if output.script.isPayToScriptHash,
                let redeem = try? redeemScript(in: input.script), redeem.witnessProgram != nil
            {
                return true
            }
        }
        return false
    }

    /// What `scriptSig` leaves on top of the stack; nil where it leaves nothing.
    ///
    /// Called after the scripts were found to push only, so pushing is all there is to run.
    private func redeemScript(in scriptSig: Script) throws(ScriptError) -> Script? {
        var reader = InstructionReader(scriptSig.bytes)
        var top: ArraySlice<UInt8>?
        var depth = 0
        while !reader.isAtEnd {
            guard let step = reader.next(), step.isPush, step.byte != Opcode.reserved.rawValue
            else {
                throw .badOpcode
            }
            guard step.data.count <= ScriptLimits.maximumElementSize else { throw .pushSize }
            depth += 1
            guard depth <= ScriptLimits.maximumStackSize else { throw .stackSize }
            top =
                step.isDataPush
                ? step.data
                // OP_1NEGATE and OP_1 to OP_16 push the number they are named by.
                : ScriptNumber.encode(Int64(step.byte) - Int64(Opcode.reserved.rawValue))[...]
        }
        return top.map { Script($0) }
    }
}
