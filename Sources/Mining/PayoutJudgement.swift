import Consensus
public import Cryptography
public import Primitives

/// What a connected block does to the payout ledger.
public enum PayoutJudgement: Sendable, Hashable {
    /// Its coinbase commits to no split: the ledger stays as it is.
    case none
    /// It commits to a split of a roster that this node does not have: the ledger stays.
    case unrecognised
    /// It pays as its roster says.
    case applied(PayoutSplit)
    /// It commits to a split that its outputs contradict. The block is valid; the ledger stays.
    case violated(String)

    /// The split that is applied; nil where the ledger stays.
    public var split: PayoutSplit? {
        if case .applied(let split) = self { split } else { nil }
    }

    /// The ledger after the block, `ledger` being the one before it.
    public func ledger(after ledger: PayoutLedger) -> PayoutLedger {
        if case .applied(let split) = self { split.ledgerAfter } else { ledger }
    }

    /// Judges a block's coinbase by computing the split anew.
    ///
    /// - Parameters:
    ///   - reward: the block's subsidy and fees.
    ///   - rosters: those this node knows.
    ///   - ledger: as of `previous`.
    ///   - windows: the share windows this node knows, for scheme `pplns`.
    public static func judge(
        coinbase: Transaction, reward: Amount, previous: BlockHash, rosters: [Roster],
        ledger: PayoutLedger, windows: [ShareWindow] = []
    ) -> PayoutJudgement {
        let outputs = Array(coinbase.outputs)
        guard
            let commitment = outputs.lazy.compactMap({ PayoutCommitment.hash(in: $0.script) }).first
        else { return .none }
        for roster in rosters {
            for plan in plans(of: roster, ledger, windows, outputs) {
                guard let split = try? plan.split(reward: reward, onto: previous),
                    split.commitment == commitment
                else { continue }
                if let contradiction = contradiction(of: outputs, to: split) {
                    return .violated(contradiction)
                }
                return .applied(split)
            }
        }
        return .unrecognised
    }

    /// The plans by which this roster may have paid these outputs. What a plan depends on shows in
    /// the commitment's hash alone, so all are tried.
    private static func plans(
        of roster: Roster, _ ledger: PayoutLedger, _ windows: [ShareWindow],
        _ outputs: [TransactionOutput]
    ) -> [PayoutPlan] {
        var finders: [String?] = [nil]
        if roster.paysFinder {
            // Who found the block shows in what he got.
            let paid = Set(outputs.map(\.script))
            finders += roster.inmates.lazy.filter { inmate in
                inmate.script(after: ledger[inmate.name]?.payouts ?? 0).map(paid.contains) ?? false
            }.map(\.name)
        }
        let shares: [ShareWindow?] = roster.scheme == .pplns ? [nil] + windows.reversed() : [nil]
        var plans: [PayoutPlan] = []
        for shares in shares {
            for finder in finders {
                let whole = PayoutPlan(
                    roster: roster, ledger: ledger, shares: shares, finder: finder)
                plans += whole.inAllSizes()
            }
        }
        return plans
    }

    private static func contradiction(
        of outputs: [TransactionOutput], to split: PayoutSplit
    ) -> String? {
        let witnessPrefix: [UInt8] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed]
        let actual = outputs.filter { !$0.script.bytes.starts(with: witnessPrefix) }
        let expected = split.coinbaseOutputs
        guard actual.count == expected.count else {
            return "the coinbase has \(actual.count) outputs, not \(expected.count)"
        }
        for (index, pair) in zip(actual, expected).enumerated() where pair.0 != pair.1 {
            let name = index < split.payouts.count ? split.payouts[index].name : "commitment"
            return "output \(index) pays \(pair.0.value.satoshis) sat to \(pair.0.script.hex), "
                + "not \(pair.1.value.satoshis) sat to \(pair.1.script.hex) (\(name))"
        }
        return nil
    }
}
