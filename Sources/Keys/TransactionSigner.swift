public import Primitives
public import Scripting

/// Signs the inputs of a transaction with the keys that a provider knows.
public struct TransactionSigner: Sendable {
    /// The transaction with all signatures that could be made, and what keeps inputs from being
    /// complete.
    public struct Outcome: Sendable {
        /// The transaction, with scripts and witnesses filled in.
        public let transaction: Transaction
        /// Core's words for each input that is not complete, by its number.
        public let errors: [Int: String]
        /// Whether every input is.
        public var isComplete: Bool { errors.isEmpty }
    }

    let provider: SigningProvider
    let hashType: SignatureHashType

    /// A signer with these keys. `.default` is `.all` where ECDSA signs.
    public init(provider: SigningProvider, hashType: SignatureHashType = .default) {
        self.provider = provider
        self.hashType = hashType
    }

    /// Signs what can be signed.
    ///
    /// - Parameter outputs: what the inputs spend, in their order; nil where it is not known. A value
    ///   of `Amount.max` means that the amount is not known.
    public func sign(
        _ transaction: Transaction, spending outputs: [TransactionOutput?]
    ) -> Outcome {
        var inputs = Array(transaction.inputs)
        let known = outputs.compactMap(\.self)
        let precomputed = PrecomputedTransactionData(
            transaction: transaction, spentOutputs: known.count == inputs.count ? known : [])
        var errors: [Int: String] = [:]
        let signsSingle = hashType.rawValue & 0x1f == SignatureHashType.single.rawValue
        for number in inputs.indices {
            guard let output = number < outputs.count ? outputs[number] : nil else {
                errors[number] = "Input not found or already spent"
                continue
            }
            let signer = InputSigner(
                transaction: transaction, inputIndex: number, output: output,
                precomputed: precomputed, provider: provider, hashType: hashType)
            // A signature of "its" output is meaningless when there is none.
            let mayCreate = !signsSingle || number < transaction.outputs.count
            let (script, witness) = signer.solve(
                script: inputs[number].script, witness: inputs[number].witness,
                mayCreate: mayCreate)
            inputs[number].script = script
            inputs[number].witness = witness
            if output.value == .max, !witness.isEmpty {
                errors[number] = "Missing amount"
            } else {
                errors[number] = signer.failure(script: script, witness: witness)
            }
        }
        let signed = Transaction(
            version: transaction.version, inputs: inputs, outputs: Array(transaction.outputs),
            lockTime: transaction.lockTime)
        return Outcome(transaction: signed, errors: errors)
    }
}
