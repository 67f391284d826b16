internal import Keys
internal import Primitives
internal import Scripting

/// Putting a transaction together from a plan and its coins.
extension WalletLedger {
    func assemble(
        _ plan: DraftPlan, _ chosen: [CoinSelection.Candidate], _ options: SendOptions,
        _ conditions: DraftConditions, using random: inout some RandomNumberGenerator
    ) throws(WalletError) -> Draft {
        var outputs = plan.payments.map {
            TransactionOutput(value: $0.amount, script: $0.script)
        }
        let selection = CoinSelection(goal: plan.goal)
        let change = selection.change(of: chosen)
        var position: Int?
        if change > 0 {
            guard let script = plan.change else {
                throw .insufficientFunds(
                    "Transaction needs a change address, but we can't generate it.")
            }
            let place = options.changePosition ?? Int.random(in: 0...outputs.count, using: &random)
            guard (0...outputs.count).contains(place) else {
                throw .insufficientFunds("Transaction change output index out of range")
            }
            outputs.insert(
                TransactionOutput(value: Amount(satoshis: change), script: script), at: place)
            position = place
        }
        // Coins that were asked for stay in their order; the rest tells nothing by it.
        let preset = chosen.filter { options.inputs.contains($0.coin.point) }
        let others = chosen.filter { !options.inputs.contains($0.coin.point) }
        let ordered = preset + others.shuffled(using: &random)
        let fee = try settleFee(plan, ordered, &outputs, position, conditions)
        guard fee <= conditions.settings.maximumFee else {
            throw .insufficientFunds(
                "Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)")
        }
        let signals = options.signalsReplacement ?? conditions.settings.signalsReplacement
        let inputs = ordered.map {
            TransactionInput(
                outPoint: $0.coin.point, sequence: signals ? 0xffff_fffd : 0xffff_fffe)
        }
        let unsigned = Transaction(
            version: 2, inputs: inputs, outputs: outputs,
            lockTime: options.lockTime ?? lockTime(conditions, using: &random))
        let outcome = sign(unsigned, spending: ordered.map(\.coin.output))
        if hasPrivateKeys, !outcome.isComplete {
            throw .insufficientFunds("Signing transaction failed")
        }
        guard outcome.transaction.weight.units <= DraftPlan.maximumWeight else {
            throw .insufficientFunds("Transaction too large")
        }
        return Draft(
            transaction: outcome.transaction, fee: fee, changePosition: position,
            isComplete: outcome.isComplete)
    }

    /// Signs with the wallet's own keys.
    func sign(
        _ transaction: Transaction, spending outputs: [TransactionOutput?],
        hashType: SignatureHashType = .default
    ) -> TransactionSigner.Outcome {
        var provider = SigningProvider()
        for output in outputs {
            if let output { addKeys(for: output.script, to: &provider) }
        }
        return TransactionSigner(provider: provider, hashType: hashType)
            .sign(transaction, spending: outputs)
    }

    /// Gives the change what was reckoned too high, or takes the fee from the payments that bear it;
    /// returns the fee.
    private func settleFee(
        _ plan: DraftPlan, _ chosen: [CoinSelection.Candidate],
        _ outputs: inout [TransactionOutput], _ changePosition: Int?,
        _ conditions: DraftConditions
    ) throws(WalletError) -> Amount {
        let needed = plan.rate.fee(virtualSize: virtualSize(chosen, outputs))
        let total = chosen.reduce(Amount.zero) { $0 + $1.coin.output.value }
        var paid = total - outputs.reduce(.zero) { $0 + $1.value }
        if let changePosition, needed < paid {
            outputs[changePosition].value += paid - needed
            paid = needed
        }
        guard plan.subtractsFee else { return paid }

        let bearers = outputs.indices.filter { index in
            guard index != changePosition else { return false }
            let payment = changePosition.map { index > $0 ? index - 1 : index } ?? index
            return plan.payments[payment].subtractsFee
        }
        let (share, rest) = (needed - paid).satoshis
            .quotientAndRemainder(dividingBy: Int64(bearers.count))
        for (number, index) in bearers.enumerated() {
            let part = share + (number == 0 ? rest : 0)
            outputs[index].value -= Amount(satoshis: part)
            guard outputs[index].isDust(at: conditions.dustFeeRate) else { continue }
            throw .insufficientFunds(
                outputs[index].value < .zero
                    ? "The transaction amount is too small to pay the fee"
                    : "The transaction amount is too small to send after the fee has been "
                        + "deducted")
        }
        return needed
    }

    /// The size when signed, at most.
    private func virtualSize(
        _ chosen: [CoinSelection.Candidate], _ outputs: [TransactionOutput]
    ) -> Int {
        let hasSegwit = chosen.contains { $0.coin.size?.isSegwit ?? false }
        let bare = Transaction(inputs: [TransactionInput](), outputs: outputs)
        let count = chosen.count < 253 ? 0 : 2
        let weight = chosen.reduce(4 * (bare.baseSize + count) + (hasSegwit ? 2 : 0)) {
            $0 + ($1.coin.size?.inputWeight(besideSegwit: hasSegwit) ?? 0)
        }
        return (weight + 3) / 4
    }

    /// The tip's height, so that no one gains by mining an older block anew to have the fee; now and
    /// then earlier, so that delayed transactions do not stand out.
    private func lockTime(
        _ conditions: DraftConditions, using random: inout some RandomNumberGenerator
    ) -> UInt32 {
        guard conditions.isCurrent, height >= 0 else { return 0 }
        guard Int.random(in: 0..<10, using: &random) == 0 else { return UInt32(height) }
        return UInt32(max(0, height - Int.random(in: 0..<100, using: &random)))
    }
}
