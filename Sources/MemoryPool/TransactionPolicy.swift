import Consensus
public import Primitives
import Scripting

extension MempoolPolicy {
    /// Says why `transaction` is not standard, looking at it alone; nil where it is
    /// (Core's `IsStandardTx`).
    public func nonStandardReason(of transaction: Transaction) -> String? {
        guard Limits.versions.contains(transaction.version) else { return "version" }
        // Hashing for signatures grows with inputs times size.
        guard transaction.weight.units <= Limits.weight else { return "tx-size" }
        for input in transaction.inputs {
            // Room for a 15-of-15 multisig behind a hash.
            guard input.script.count <= Limits.scriptSigSize else { return "scriptsig-size" }
            guard input.script.isPushOnly else { return "scriptsig-not-pushonly" }
        }
        if let reason = nonStandardOutputReason(of: transaction) { return reason }
        return dustOutputs(of: transaction).count > Limits.dustOutputs ? "dust" : nil
    }

    private func nonStandardOutputReason(of transaction: Transaction) -> String? {
        var dataLeft = maxDataCarrierBytes ?? 0
        for output in transaction.outputs {
            switch output.script.template {
            case .nonstandard:
                return "scriptpubkey"
            case .multisig(let required, let publicKeys):
                guard 1...3 ~= publicKeys.count, 1...publicKeys.count ~= required else {
                    return "scriptpubkey"
                }
                guard permitsBareMultisig else { return "bare-multisig" }
            case .nullData:
                guard output.script.count <= dataLeft else { return "datacarrier" }
                dataLeft -= output.script.count
            default:
                break
            }
        }
        return nil
    }

    /// The outputs worth less than it costs to spend them, by position.
    public func dustOutputs(of transaction: Transaction) -> [Int] {
        var dust: [Int] = []
        for (index, output) in transaction.outputs.enumerated() where isDust(output) {
            dust.append(index)
        }
        return dust
    }

    public func isDust(_ output: TransactionOutput) -> Bool {
        output.value < dustThreshold(for: output.script)
    }

    /// The least an output to `script` must hold not to be dust (Core's `GetDustThreshold`).
    public func dustThreshold(for script: Script) -> Amount {
        guard !script.isUnspendable else { return .zero }
        let outputSize = TransactionOutput(value: .zero, script: script).serializedSize
        // A signature and a key take 107 bytes, which count a quarter where they are witness.
        let signatureSize = script.witnessProgram != nil ? 107 / 4 : 107
        return dustRelayFeeRate.fee(virtualSize: outputSize + 32 + 4 + 1 + signatureSize + 4)
    }
}
