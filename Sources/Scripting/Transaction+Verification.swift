public import Primitives

extension Transaction {
    /// Checks that one input, which there must be, may spend its output.
    ///
    /// - Parameters:
    ///   - precomputed: knows the outputs spent.
    ///   - verifier: judges the signatures, perhaps from memory.
    public func verifyInput(
        _ index: Int, precomputed: PrecomputedTransactionData, flags: ScriptFlags,
        verifier: any SignatureVerifier
    ) throws(ScriptError) {
        let input = inputs[index]
        let spent = precomputed.spentOutputs[index]
        try verifyScript(
            scriptSig: input.script, scriptPubKey: spent.script, witness: input.witness,
            flags: flags,
            checker: TransactionSignatureChecker(
                transaction: self, inputIndex: index, amount: spent.value,
                precomputed: precomputed, verifier: verifier))
    }

    /// Checks that one input, which there must be, may spend its output, every signature afresh.
    public func verifyInput(
        _ index: Int, precomputed: PrecomputedTransactionData, flags: ScriptFlags
    ) throws(ScriptError) {
        try verifyInput(
            index, precomputed: precomputed, flags: flags, verifier: DirectVerifier())
    }
}
