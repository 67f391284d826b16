public import Primitives

/// An output of a coinbase that pays somebody of a roster.
public struct PaidOutput: Sendable, Hashable {
    public var name: String
    /// Its place in the coinbase.
    public var output: Int
    public var amount: Amount
    public var script: Script
}

extension PayoutChange {
    /// Whom the block's coinbase paid, by what it did to the ledger: the roster need not be known
    /// any more.
    public func paidOutputs(of coinbase: Transaction) -> [PaidOutput] {
        var waiting = paidScripts
        var paid: [PaidOutput] = []
        for (index, output) in coinbase.outputs.enumerated() {
            // The commitment to the witnesses may stand anywhere.
            guard !output.isWitnessCommitment else { continue }
            guard let name = waiting[output.script]?.popLast() else {
                // Members come first, then the finder's bonus.
                if let bonus = bonus(output, at: index) { paid.append(bonus) }
                break
            }
            paid.append(
                PaidOutput(name: name, output: index, amount: output.value, script: output.script))
        }
        return paid
    }

    private func bonus(_ output: TransactionOutput, at index: Int) -> PaidOutput? {
        guard let finder = terms?.finder, after[finder]?.script == output.script else { return nil }
        return PaidOutput(
            name: finder, output: index, amount: output.value, script: output.script)
    }

    /// Where each who was paid by shares was, the names by script in backward order.
    private var paidScripts: [Script: [String]] {
        let before = Dictionary(
            self.before.accounts.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let remaining = Set(after.accounts.map(\.name))
        var scripts: [Script: [String]] = [:]
        for account in after.accounts.reversed()
        where account.payouts != before[account.name]?.payouts ?? 0 {
            scripts[account.script, default: []].append(account.name)
        }
        // Who left and was paid to the last thousandth has no account any more.
        for account in self.before.accounts.reversed()
        where account.balance > 0 && !remaining.contains(account.name) {
            scripts[account.script, default: []].append(account.name)
        }
        return scripts
    }
}
