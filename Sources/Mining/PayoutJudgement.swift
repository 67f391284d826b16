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
    ///   - windows: those that templates of this node were made with, oldest first.
    public static func judge(
        coinbase: Transaction, reward: Amount, previous: BlockHash, rosters: [Roster],
        ledger: PayoutLedger, windows: [TemplateWindow] = []
    ) -> PayoutJudgement {
        guard
            var search = PayoutSearch(
                coinbase, reward: reward, previous: previous, ledger: ledger)
        else { return .none }
        guard let split = search.split(by: rosters, windows: windows) else { return .unrecognised }
        if let contradiction = contradiction(of: Array(coinbase.outputs), to: split) {
            return .violated(contradiction)
        }
        return .applied(split)
    }

    private static func contradiction(
        of outputs: [TransactionOutput], to split: PayoutSplit
    ) -> String? {
        let actual = outputs.filter { !$0.isWitnessCommitment }
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

extension TransactionOutput {
    /// Whether it is of the kind that commits to a block's witnesses: no split has such an output.
    var isWitnessCommitment: Bool {
        script.bytes.starts(with: [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed])
    }
}
