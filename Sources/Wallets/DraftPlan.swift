internal import Keys
internal import Primitives
internal import Scripting

/// What is to be paid, at which rate, and where the change goes.
struct DraftPlan {
    let payments: [Payment]
    let sum: Amount
    let rate: FeeRate
    /// Nil when no change address can be derived.
    let change: Script?
    /// The size of all but the inputs, without change.
    let fixedSize: Int
    let subtractsFee: Bool
    /// What payments and the fee for all but inputs need, in satoshis.
    let fixedTarget: Int64
    var goal = CoinSelection.Goal(
        target: 0, changeFee: 0, costOfChange: 0, leastChange: 0, changeTarget: 0,
        maximumWeight: 0, subtractsFee: false)

    /// The most that a transaction may weigh to be relayed.
    static let maximumWeight = 400_000

    init(payments: [Payment], sum: Amount, rate: FeeRate, change: Script?) {
        self.payments = payments
        self.sum = sum
        self.rate = rate
        self.change = change
        subtractsFee = payments.contains(where: \.subtractsFee)
        // Version, lock time, the count of inputs, marker and flag; the count of outputs.
        fixedSize = payments.reduce(10 + (payments.count < 253 ? 1 : 3)) {
            $0 + TransactionOutput(value: $1.amount, script: $1.script).serializedSize
        }
        let fee = subtractsFee ? .zero : rate.fee(virtualSize: fixedSize)
        fixedTarget = sum.satoshis + fee.satoshis
    }

    mutating func setGoal(
        _ conditions: DraftConditions, changeInputWeight: Int,
        using random: inout some RandomNumberGenerator
    ) {
        let output = TransactionOutput(value: .zero, script: change ?? [])
        let discard = max(conditions.settings.discardFeeRate, conditions.dustFeeRate)
        let spendFee = discard.fee(virtualSize: (changeInputWeight + 3) / 4)
        let changeFee = rate.fee(virtualSize: output.serializedSize)
        goal.target = fixedTarget
        goal.changeFee = changeFee.satoshis
        goal.costOfChange = (changeFee + spendFee).satoshis
        goal.leastChange = max(
            spendFee.satoshis + 1, output.dustThreshold(at: discard).satoshis)
        goal.changeTarget =
            changeFee.satoshis
            + Self.changeTarget(sum.satoshis / Int64(payments.count), using: &random)
        goal.maximumWeight = Self.maximumWeight - 4 * (fixedSize + output.serializedSize)
        goal.subtractsFee = subtractsFee
    }

    /// A change that might as well be the payment.
    private static func changeTarget(
        _ payment: Int64, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        let least = CoinSelection.leastDrawnChange
        guard payment > least / 2 else { return least }
        let most = min(payment.addingReportingOverflow(payment).partialValue, 1_000_000)
        return Int64.random(in: least...max(least, most - 1), using: &random)
    }

    /// A coin with what it is worth at the rate; nil when we know no way to spend it.
    func candidate(
        _ coin: SpendableCoin, _ conditions: DraftConditions
    ) -> CoinSelection.Candidate? {
        guard let size = coin.size else { return nil }
        let weight = size.inputWeight(besideSegwit: true)
        let virtualSize = (weight + 3) / 4
        let fee = rate.fee(virtualSize: virtualSize).satoshis
        return CoinSelection.Candidate(
            coin: coin, inputWeight: weight, fee: fee,
            longTermFee: conditions.settings.consolidateFeeRate
                .fee(virtualSize: virtualSize).satoshis,
            worth: coin.output.value.satoshis - (subtractsFee ? 0 : fee))
    }
}
