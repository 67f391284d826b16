internal import Cryptography
internal import Keys
internal import Notation
internal import Primitives

/// Making transactions.
extension WalletLedger {
    /// Makes, and signs, a transaction that pays.
    mutating func draft(
        _ payments: [Payment], options: SendOptions, under conditions: DraftConditions,
        using random: inout some RandomNumberGenerator
    ) throws(WalletError) -> Draft {
        guard !payments.isEmpty else {
            throw .insufficientFunds("Transaction must have at least one recipient")
        }
        guard payments.allSatisfy({ $0.amount >= .zero }) else {
            throw .insufficientFunds("Transaction amounts must not be negative")
        }
        let rate = try feeRate(options, conditions)
        for payment in payments
        where TransactionOutput(value: payment.amount, script: payment.script)
            .isDust(at: conditions.dustFeeRate)
        {
            throw .insufficientFunds("Transaction amount too small")
        }
        guard let sum = payments.lazy.map(\.amount).sum() else {
            throw .insufficientFunds("Insufficient funds")
        }
        let change = try changeScript(payments, options, conditions)
        var plan = DraftPlan(payments: payments, sum: sum, rate: rate, change: change)
        plan.setGoal(
            conditions, changeInputWeight: inputWeight(ofChange: change), using: &random)
        let coins = try chooseCoins(for: plan, options, conditions, using: &random)
        return try assemble(plan, coins, options, conditions, using: &random)
    }

    private func feeRate(
        _ options: SendOptions, _ conditions: DraftConditions
    ) throws(WalletError) -> FeeRate {
        let settings = conditions.settings
        let required = max(settings.minimumFeeRate, conditions.relayFeeRate)
        if let asked = options.feeRate {
            guard asked >= required else {
                throw .insufficientFunds(
                    "Fee rate (\(Self.text(asked))) is lower than the minimum fee rate setting "
                        + "(\(Self.text(required))).\nConsider modifying -mintxfee "
                        + "(\(Self.text(settings.minimumFeeRate))) or -minrelaytxfee "
                        + "(\(Self.text(conditions.relayFeeRate))).")
            }
            return asked
        }
        // There is nothing to estimate from yet.
        guard settings.fallbackFeeRate > .zero else {
            throw .insufficientFunds(
                "Fee estimation failed. Fallbackfee is disabled. Wait a few blocks or enable "
                    + "-fallbackfee.")
        }
        return max(settings.fallbackFeeRate, conditions.mempoolFeeRate, required)
    }

    static func text(_ rate: FeeRate) -> String {
        let thousandths = String(rate.satoshisPerKvB % 1000)
        let zeroes = String(repeating: "0", count: max(0, 3 - thousandths.count))
        return "\(rate.satoshisPerKvB / 1000).\(zeroes)\(thousandths) sat/vB"
    }

    private mutating func changeScript(
        _ payments: [Payment], _ options: SendOptions, _ conditions: DraftConditions
    ) throws(WalletError) -> Script? {
        if let address = options.changeAddress { return address.script }
        let type = changeType(payments, options, conditions.settings)
        return takeAddress(type, isInternal: true)?.script
    }

    /// The kind of change that tells an onlooker least about which output it is.
    private func changeType(
        _ payments: [Payment], _ options: SendOptions, _ settings: WalletSettings
    ) -> AddressType {
        if let type = options.changeType ?? settings.changeType { return type }
        if settings.addressType == .legacy { return .legacy }
        let paid = Set(
            payments.compactMap { payment -> AddressType? in
                switch Address(payment.script) {
                case .taproot: .bech32m
                case .witnessPubKeyHash: .bech32
                case .scriptHash: .p2shSegwit
                case .pubKeyHash: .legacy
                default: nil
                }
            })
        let own = Set(
            AddressType.allCases.filter { activeKeychain($0, isInternal: true) != nil })
        for type in [AddressType.bech32m, .bech32, .p2shSegwit, .legacy]
        where own.contains(type) && paid.contains(type) {
            return type
        }
        return own.contains(.bech32m)
            ? .bech32m : own.contains(.bech32) ? .bech32 : settings.addressType
    }

    private func inputWeight(ofChange script: Script?) -> Int {
        let size = script.flatMap { script in
            origin(of: script).flatMap {
                satisfactionSize($0.keychain, TransactionOutput(value: .zero, script: script))
            }
        }
        // Not ours: as large as a wrapped SegWit input.
        return size?.inputWeight(besideSegwit: true) ?? 91 * 4
    }

    // MARK: Coins

    private func chooseCoins(
        for plan: DraftPlan, _ options: SendOptions, _ conditions: DraftConditions,
        using random: inout some RandomNumberGenerator
    ) throws(WalletError) -> [CoinSelection.Candidate] {
        var plan = plan
        let preset = try presetCoins(options, plan, conditions)
        plan.goal.target -= preset.reduce(0) { $0 + $1.worth }
        plan.goal.maximumWeight -= preset.reduce(0) { $0 + $1.inputWeight }
        if plan.goal.target <= 0, !preset.isEmpty { return preset }
        guard options.addsInputs else {
            throw .insufficientFunds(
                "The preselected coins total amount does not cover the transaction target. "
                    + "Please allow other inputs to be automatically selected or include more "
                    + "coins manually")
        }
        let taken = Set(options.inputs)
        let available = spendableCoins(
            includingUnsafe: options.includesUnsafe, depths: options.depths
        ).filter { !taken.contains($0.point) }.compactMap { plan.candidate($0, conditions) }
        let selection = CoinSelection(goal: plan.goal)
        for isEligible in Self.eligibility(options) {
            let candidates = available.filter { isEligible($0.coin) }
            if let chosen = selection.choose(among: candidates, using: &random) {
                return preset + chosen
            }
        }
        throw shortage(plan, available + preset)
    }

    /// Which coins may be spent, strictest first: unconfirmed ones only when no others do.
    private static func eligibility(_ options: SendOptions) -> [(SpendableCoin) -> Bool] {
        [
            { $0.depth >= ($0.isFromMe ? 1 : 6) },
            { $0.depth >= 1 },
            { $0.depth >= ($0.isFromMe ? 0 : 1) && $0.ancestors <= 2 },
            { $0.depth >= ($0.isFromMe ? 0 : 1) && $0.ancestors < maximumAncestors },
            { options.includesUnsafe && $0.depth >= 0 && $0.ancestors < maximumAncestors },
        ]
    }

    /// Longer chains of unconfirmed transactions are not relayed everywhere.
    private static let maximumAncestors = 25

    private func presetCoins(
        _ options: SendOptions, _ plan: DraftPlan, _ conditions: DraftConditions
    ) throws(WalletError) -> [CoinSelection.Candidate] {
        var preset: [CoinSelection.Candidate] = []
        for point in options.inputs {
            guard let output = coins[point], let (keychain, _) = origin(of: output.script) else {
                throw .insufficientFunds(
                    "Not found pre-selected input COutPoint("
                        + "\(point.txid.displayHex.prefix(10)), \(point.index))")
            }
            let coin = SpendableCoin(
                point: point, output: output, depth: 0,
                size: satisfactionSize(keychain, output), isSafe: true, isFromMe: false,
                ancestors: 0)
            guard let candidate = plan.candidate(coin, conditions) else {
                throw .insufficientFunds(
                    "Not solvable pre-selected input COutPoint("
                        + "\(point.txid.displayHex.prefix(10)), \(point.index))")
            }
            preset.append(candidate)
        }
        return preset
    }

    private func shortage(
        _ plan: DraftPlan, _ available: [CoinSelection.Candidate]
    ) -> WalletError {
        let balance = available.reduce(Int64(0)) { $0 + $1.coin.output.value.satoshis }
        let fee = plan.fixedTarget - plan.sum.satoshis
        let worth = available.reduce(Int64(0)) { $0 + $1.worth }
        if balance >= plan.sum.satoshis, worth < plan.fixedTarget, fee >= 0 {
            return .insufficientFunds(
                "The total exceeds your balance when the \(Decimal8.shortText(fee)) "
                    + "transaction fee is included.")
        }
        return .insufficientFunds("Insufficient funds")
    }
}
