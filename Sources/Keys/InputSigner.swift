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

    /// The unlocking script and witness: those given if they already unlock the output, or if none may
    /// be made; else new ones with what signatures the given ones hold and the provider can make.
    func solve(script: Script, witness: Witness, mayCreate: Bool) -> (Script, Witness) {
        if !mayCreate { return (script, witness) }
        if script.count > 0 || !witness.isEmpty, verify(script: script, witness: witness) == nil {
            return (script, witness)
        }
        var solver = PSBTSolver(
            provider: provider, maker: .signer(self),
            known: knowledge(script: script, witness: witness))
        let answer = solver.solve(output.script)
        return (answer.script, answer.witness)
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

    /// Who checks signatures and locks of the input.
    var checker: TransactionSignatureChecker {
        TransactionSignatureChecker(
            transaction: transaction, inputIndex: inputIndex, amount: output.value,
            precomputed: precomputed, verifier: DirectVerifier())
    }

    private func verify(script: Script, witness: Witness) -> ScriptError? {
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

// MARK: Signatures

extension InputSigner {
    /// Whether the script and witness unlock the output.
    func isValid(script: Script, witness: Witness) -> Bool {
        failure(script: script, witness: witness) == nil
    }

    /// What a signature of this kind signs.
    func signatureHash(
        _ scriptCode: ArraySlice<UInt8>, _ type: SignatureHashType, _ version: SignatureVersion
    ) -> Hash256 {
        version == .witnessV0
            ? SignatureHash.segwitV0(
                transaction: transaction, inputIndex: inputIndex, scriptCode: scriptCode,
                amount: output.value, hashType: type, precomputed: precomputed)
            : SignatureHash.legacy(
                transaction: transaction, inputIndex: inputIndex, scriptCode: scriptCode,
                hashType: type)
    }

    /// What a signature of the output key signs or, where a leaf is given, one of a key in it.
    func taprootHash(leaf: Hash256?) -> Hash256? {
        SignatureHash.taproot(
            transaction: transaction, inputIndex: inputIndex, hashType: hashType,
            precomputed: precomputed,
            leaf: leaf.map { SignatureHash.Leaf(hash: $0, codeSeparatorPosition: .max) })
    }

    /// A Schnorr signature, its hash type after it unless it is the default.
    func withHashType(_ signature: [UInt8]) -> [UInt8] {
        hashType == .default
            ? signature : signature + [UInt8(truncatingIfNeeded: hashType.rawValue)]
    }
}
