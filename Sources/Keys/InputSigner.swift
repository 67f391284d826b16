internal import Cryptography
internal import Primitives
internal import Scripting

/// Fills in the script and witness of one input.
struct InputSigner {
    let transaction: Transaction
    let inputIndex: Int
    let output: TransactionOutput
    let precomputed: PrecomputedTransactionData
    let provider: SigningProvider
    let hashType: SignatureHashType

    /// The unlocking script and witness: those given if they already unlock the output, else new ones
    /// with what signatures the given ones hold and the provider can make.
    func solve(script: Script, witness: Witness, mayCreate: Bool) -> (Script, Witness) {
        if (script.count > 0 || !witness.isEmpty), verify(script: script, witness: witness) == nil {
            return (script, witness)
        }
        var step = SigningStep(self, mayCreate: mayCreate)
        step.collectSignatures(script: script, witness: witness)
        return solve(with: &step)
    }

    private func solve(with step: inout SigningStep) -> (Script, Witness) {
        var stack = step.satisfy(output.script, version: .base)
        var template = output.script.template
        var redeemScript: Script?
        if case .scriptHash = template, stack.isSolved, let bytes = stack.items.first {
            let inner = Script(bytes)
            redeemScript = inner
            template = inner.template
            stack = step.satisfy(inner, version: .base)
            if case .scriptHash = template { stack.isSolved = false }
        }

        var witness: [[UInt8]] = []
        switch template {
        case .witnessV0KeyHash(let hash) where stack.isSolved:
            witness = step.satisfy(.payToPubKeyHash(hash), version: .witnessV0).items
            stack.items = []
        case .witnessV0ScriptHash where stack.isSolved:
            if let bytes = stack.items.first {
                witness = step.satisfy(Script(bytes), version: .witnessV0).items + [bytes]
            }
            stack.items = []
        case .witnessV1Taproot where redeemScript == nil:
            witness = stack.isSolved ? stack.items : []
            stack.items = []
        default: break
        }
        if let redeemScript { stack.items.append(Array(redeemScript.bytes)) }
        var builder = ScriptBuilder()
        for item in stack.items { builder.append(minimalPush: item) }
        return (builder.script, Witness(witness))
    }

    /// Core's words for why the input is not complete, or nil when it is.
    func failure(script: Script, witness: Witness) -> String? {
        switch verify(script: script, witness: witness) {
        case nil: nil
        case .invalidStackOperation:
            "Unable to sign input, invalid stack size (possibly missing key)"
        case .signatureNullFail:
            "CHECK(MULTI)SIG failing with non-zero signature (possibly need more signatures)"
        case let error?: error.message
        }
    }

    private func verify(script: Script, witness: Witness) -> ScriptError? {
        let checker = TransactionSignatureChecker(
            transaction: transaction, inputIndex: inputIndex, amount: output.value,
            precomputed: precomputed, verifier: DirectVerifier())
        do {
            try verifyScript(
                scriptSig: script, scriptPubKey: output.script, witness: witness,
                flags: .standard, checker: checker)
            return nil
        } catch {
            return error
        }
    }
}
