internal import Cryptography
public import Primitives
public import Scripting

extension PSBT {
    /// How signing an input ended.
    public enum SigningStatus: Hashable, Sendable {
        /// It is complete.
        case complete
        /// Something is missing.
        case incomplete
        /// The output spent is not known.
        case missingInputs
        /// The hash type asked for is not that of the input or of its signatures.
        case hashTypeMismatch
        /// The lock times of the inputs contradict each other.
        case invalidTransaction
    }

    /// What the signature hashes of all inputs have in common; nil where there is no transaction.
    public var precomputed: PrecomputedTransactionData? {
        unsignedTransaction.map { precomputed($0) }
    }

    private func precomputed(_ transaction: Transaction) -> PrecomputedTransactionData {
        let outputs = inputs.compactMap(\.spentOutput)
        return PrecomputedTransactionData(
            transaction: transaction, spentOutputs: outputs.count == inputs.count ? outputs : [])
    }

    /// Whether the final script and witness of an input unlock what it spends.
    func isVerified(
        _ index: Int, _ transaction: Transaction, _ precomputed: PrecomputedTransactionData?
    ) -> Bool {
        guard let output = inputs[index].spentOutput else { return false }
        let signer = InputSigner(
            transaction: transaction, inputIndex: index, output: output,
            precomputed: precomputed
                ?? PrecomputedTransactionData(transaction: transaction, spentOutputs: []),
            provider: SigningProvider(), hashType: .default)
        return signer.isValid(
            script: inputs[index].finalScript, witness: inputs[index].finalWitness)
    }

    /// Adds what a provider knows of an input and can sign of it (Core's SignPSBTInput).
    ///
    /// - Parameters:
    ///   - index: which input; there must be one.
    ///   - precomputed: what `precomputed` gives; nil to fill in placeholders for signatures.
    ///   - hashType: the hash type to sign with, as a number.
    ///   - finalizes: whether a complete input gets its final script and witness.
    @discardableResult
    mutating func sign(
        _ index: Int, provider: SigningProvider, precomputed: PrecomputedTransactionData?,
        hashType: Int32? = nil, finalizes: Bool = true, missing: inout Missing
    ) -> SigningStatus {
        guard let transaction = unsignedTransaction else { return .invalidTransaction }
        if isVerified(index, transaction, precomputed) { return .complete }
        guard let output = inputs[index].spentOutput else { return .missingInputs }
        // Only a signature that covers the output tells whether a bare one was the right one.
        let needsWitness = inputs[index].previousTransaction == nil
        guard let type = inputs[index].settleHashType(hashType, for: output.script) else {
            return .hashTypeMismatch
        }
        let maker = precomputed.map { precomputed in
            PSBTSolver.Maker.signer(
                InputSigner(
                    transaction: transaction, inputIndex: index, output: output,
                    precomputed: precomputed, provider: provider, hashType: type))
        }
        var solver = PSBTSolver(
            provider: provider, maker: maker ?? .estimate, known: inputs[index].knowledge)
        // One that says to be final is taken at its word.
        var answer = PSBTSolver.Answer(
            script: inputs[index].finalScript, witness: inputs[index].finalWitness,
            isComplete: inputs[index].isFinal)
        if !answer.isComplete { answer = solver.solve(output.script) }
        guard answer.usesWitness || !needsWitness else { return .incomplete }
        if finalizes, answer.isComplete {
            inputs[index].finish(answer)
        } else if !inputs[index].isFinal {
            inputs[index].learn(solver.known)
        }
        if answer.usesWitness { inputs[index].witnessOutput = output }
        missing = solver.known.missing
        return answer.isComplete ? .complete : .incomplete
    }
}

extension PSBT {
    /// Completes the inputs whose signatures suffice, and says whether these are all.
    public mutating func finalize() -> Bool {
        guard let precomputed else { return false }
        var isComplete = true
        var missing = Missing()
        for index in inputs.indices {
            let status = sign(
                index, provider: SigningProvider(), precomputed: precomputed,
                hashType: inputs[index].hashType, missing: &missing)
            isComplete = isComplete && status == .complete
        }
        return isComplete
    }

    /// Completes the inputs and takes the signed transaction out, if all are complete.
    public mutating func extractFinal() -> Transaction? {
        guard finalize(), let unsigned = unsignedTransaction else { return nil }
        return unsigned.unlocked(by: inputs)
    }

    /// Adds what a provider knows of inputs and outputs, and what it can sign.
    ///
    /// - Parameters:
    ///   - provider: keys, scripts, and where keys come from.
    ///   - hashType: the hash type to sign with, as a number; nil for the usual one.
    ///   - finalizes: whether a complete input gets its final script and witness.
    /// - Returns: `.complete`, or what kept all from being looked at.
    public mutating func process(
        provider: SigningProvider, hashType: Int32? = nil, finalizes: Bool
    ) -> SigningStatus {
        guard let precomputed else { return .invalidTransaction }
        var missing = Missing()
        for index in inputs.indices where !inputs[index].isFinal {
            let status = sign(
                index, provider: provider, precomputed: precomputed, hashType: hashType,
                finalizes: finalizes, missing: &missing)
            if status == .hashTypeMismatch { return status }
        }
        for index in outputs.indices { outputs[index].update(provider) }
        dropUnneededTransactions()
        return .complete
    }

    /// Drops the previous transactions where all inputs are of witness version 1 and up, whose
    /// signatures cover what is spent.
    public mutating func dropUnneededTransactions() {
        let areCovered = inputs.allSatisfy { input in
            guard let program = input.witnessOutput?.script.witnessProgram else { return false }
            return program.version > 0 && (input.hashType ?? 0) & 0x80 == 0
        }
        guard areCovered else { return }
        for index in inputs.indices { inputs[index].previousTransaction = nil }
    }
}

extension Transaction {
    /// This one with the final scripts and witnesses of inputs.
    func unlocked(by inputs: [PSBT.Input]) -> Transaction {
        Transaction(
            version: version,
            inputs: zip(self.inputs, inputs).map { own, input in
                var own = own
                own.script = input.finalScript
                own.witness = input.finalWitness
                return own
            }, outputs: Array(outputs), lockTime: lockTime)
    }
}

extension PSBT.Input {
    /// The hash type to sign with; nil where it is not the one that the input or a signature has.
    fileprivate mutating func settleHashType(
        _ wanted: Int32?, for script: Script
    ) -> SignatureHashType? {
        let usual: Int32 = script.isPayToTaproot ? 0 : 1
        let type = wanted ?? usual
        guard hashType == nil || hashType == type else { return nil }
        if type != 0, script.isPayToTaproot || type != 1 { hashType = type }
        let schnorr =
            [taprootKeySignature].filter { !$0.isEmpty }
            + taprootScriptSignatures.entries.map(\.value)
        let fits: ([UInt8]) -> Bool = { $0.last.map(Int32.init) == type }
        let areFitting =
            type == 0
            ? schnorr.allSatisfy { $0.count == 64 }
            : schnorr.allSatisfy { $0.count == 65 && fits($0) }
                && partialSignatures.entries.allSatisfy { fits($0.value.signature) }
        return areFitting ? SignatureHashType(rawValue: UInt32(bitPattern: type)) : nil
    }

    fileprivate var knowledge: SpendingKnowledge {
        SpendingKnowledge(
            signatures: partialSignatures, redeemScript: redeemScript,
            witnessScript: witnessScript, origins: origins, preimages: preimages,
            taprootKeySignature: taprootKeySignature,
            taprootScriptSignatures: taprootScriptSignatures, taprootLeaves: sortedLeaves,
            taprootOrigins: taprootOrigins, taprootInternalKey: taprootInternalKey,
            taprootMerkleRoot: taprootMerkleRoot, muSigParticipants: muSigParticipants,
            muSigNonces: muSigNonces, muSigSignatures: muSigSignatures)
    }

    fileprivate mutating func learn(_ known: SpendingKnowledge) {
        partialSignatures.merge(known.signatures)
        if redeemScript.isEmpty { redeemScript = known.redeemScript }
        if witnessScript.isEmpty { witnessScript = known.witnessScript }
        origins.merge(known.origins)
        taprootKeySignature = known.taprootKeySignature
        taprootScriptSignatures.merge(known.taprootScriptSignatures)
        taprootInternalKey = known.taprootInternalKey
        taprootMerkleRoot = known.taprootMerkleRoot
        for (leaf, blocks) in known.taprootLeaves where taprootLeaves[leaf] == nil {
            taprootLeaves[leaf] = Set(blocks)
        }
        taprootOrigins.merge(known.taprootOrigins)
        muSigParticipants.merge(known.muSigParticipants)
    }

    fileprivate mutating func finish(_ answer: PSBTSolver.Answer) {
        partialSignatures.removeAll()
        origins.removeAll()
        redeemScript = []
        witnessScript = []
        if !answer.script.isEmpty { finalScript = answer.script }
        if !answer.witness.isEmpty { finalWitness = answer.witness }
    }
}

extension PSBT.Output {
    /// Adds what a provider knows of the scripts and keys that are paid.
    fileprivate mutating func update(_ provider: SigningProvider) {
        var solver = PSBTSolver(
            provider: provider, maker: .nobody,
            known: SpendingKnowledge(
                redeemScript: redeemScript, witnessScript: witnessScript, origins: origins,
                taprootOrigins: taprootOrigins, taprootInternalKey: taprootInternalKey,
                muSigParticipants: muSigParticipants))
        _ = solver.solve(script)
        let known = solver.known
        if redeemScript.isEmpty { redeemScript = known.redeemScript }
        if witnessScript.isEmpty { witnessScript = known.witnessScript }
        origins.merge(known.origins)
        taprootInternalKey = known.taprootInternalKey
        taprootOrigins.merge(known.taprootOrigins)
        muSigParticipants.merge(known.muSigParticipants)
        if let tree = known.tree, !tree.leaves.isEmpty {
            taprootTree = tree.leaves.map { leaf in
                PSBT.TreeLeaf(
                    depth: UInt8(truncatingIfNeeded: leaf.depth), version: leaf.version,
                    script: Array(leaf.script.bytes))
            }
        }
    }
}
