public import Primitives
internal import Scripting

extension PSBT {
    /// Who has to act next, in the order of their turns.
    public enum Role: String, Comparable, Sendable {
        case creator, updater, signer, finalizer, extractor

        private var turn: Int {
            switch self {
            case .creator: 0
            case .updater: 1
            case .signer: 2
            case .finalizer: 3
            case .extractor: 4
            }
        }

        public static func < (left: Role, right: Role) -> Bool { left.turn < right.turn }
    }

    /// What can be told of a transaction that is being signed.
    public struct Analysis: Hashable, Sendable {
        /// What can be told of an input.
        public struct Input: Hashable, Sendable {
            /// Whether the output spent is known.
            public var hasOutput = false
            /// Whether it is complete.
            public var isFinal = false
            /// Who has to act next.
            public var next = Role.extractor
            /// What it lacks.
            public var missing = Missing()
        }

        /// The inputs; none where the transaction is invalid.
        public var inputs: [Input] = []
        /// The size of the signed transaction, in virtual bytes.
        public var estimatedSize: Int?
        /// The fee rate of the signed transaction.
        public var estimatedFeeRate: FeeRate?
        /// The fee.
        public var fee: Amount?
        /// Who has to act next.
        public var next = Role.extractor
        /// Core's words for why the transaction is invalid.
        public var error: String?

        init() {}

        init(error: String) {
            self.error = error
            next = .creator
        }
    }

    /// Tells how far the signing has come (Core's AnalyzePSBT).
    ///
    /// - Parameter bytesPerSigOp: what each signature check is charged at least (`-bytespersigop`).
    public func analysis(bytesPerSigOp: Int = 20) -> Analysis {
        var copy = self
        return copy.analyze(bytesPerSigOp)
    }

    private mutating func analyze(_ bytesPerSigOp: Int) -> Analysis {
        guard let unsigned = unsignedTransaction, let precomputed else {
            return Analysis(error: "PSBT cannot be made into a valid transaction")
        }
        var result = Analysis()
        var paidIn: Amount? = .zero
        var total = Amount.zero
        for index in inputs.indices {
            let prefix = "PSBT is not valid. Input \(index) "
            var input = Analysis.Input()
            if let output = inputs[index].spentOutput {
                guard output.value.isMoney, let sum = total.adding(output.value), sum.isMoney
                else { return Analysis(error: prefix + "has invalid value") }
                guard !output.script.isUnspendable else {
                    return Analysis(error: prefix + "spends unspendable output")
                }
                total = sum
                input.hasOutput = true
            } else {
                paidIn = nil
                input.next = .updater
            }
            if isVerified(index, unsigned, precomputed) {
                input.isFinal = input.hasOutput
            } else {
                var missing = Missing()
                let status = sign(
                    index, provider: SigningProvider(), precomputed: precomputed,
                    missing: &missing)
                // Keys that need not sign are none that it lacks.
                if status != .complete { input.missing = missing }
                input.next = status == .complete ? .finalizer : missing.next
            }
            result.next = min(result.next, input.next)
            result.inputs.append(input)
        }
        guard paidIn != nil else { return result }
        var paidOut = Amount.zero
        for output in outputs {
            guard output.value.isMoney, let sum = paidOut.adding(output.value), sum.isMoney
            else { return Analysis(error: "PSBT is not valid. Output amount invalid") }
            paidOut = sum
        }
        let fee = Amount(satoshis: total.satoshis - paidOut.satoshis)
        result.fee = fee
        if let size = estimatedSize(unsigned, bytesPerSigOp) {
            result.estimatedSize = size
            let (rate, rest) = (fee.satoshis * 1000).quotientAndRemainder(dividingBy: Int64(size))
            result.estimatedFeeRate = FeeRate(satoshisPerKvB: rest < 0 ? rate - 1 : rate)
        }
        return result
    }

    /// The size once placeholders stand for the signatures that are missing.
    private mutating func estimatedSize(_ unsigned: Transaction, _ bytesPerSigOp: Int) -> Int? {
        var missing = Missing()
        for index in inputs.indices {
            let status = sign(
                index, provider: SigningProvider(), precomputed: nil, missing: &missing)
            guard status == .complete else { return nil }
        }
        let signed = unsigned.unlocked(by: inputs)
        var cost = 0
        for (index, input) in signed.inputs.enumerated() {
            guard let output = inputs[index].spentOutput else { return nil }
            let bare = input.script.sigOpCount(accurate: false)
            let hashed = SignatureOperations.payToScriptHash(
                scriptSig: input.script, scriptPubKey: output.script)
            cost += 4 * (bare + hashed)
            cost += SignatureOperations.witness(
                scriptSig: input.script, scriptPubKey: output.script, witness: input.witness,
                flags: .standard)
        }
        for output in signed.outputs { cost += 4 * output.script.sigOpCount(accurate: false) }
        return Weight(units: max(signed.weight.units, bytesPerSigOp * cost)).virtualSize
    }
}

extension PSBT.Missing {
    /// Whose turn it is when this is missing.
    fileprivate var next: PSBT.Role {
        publicKeys.isEmpty && redeemScript == nil && witnessScript == nil && !signatures.isEmpty
            ? .signer : .updater
    }
}
