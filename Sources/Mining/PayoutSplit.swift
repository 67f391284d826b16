public import Cryptography
public import Primitives

/// A block's reward split: who is paid how much, and what is owed afterwards.
public struct PayoutSplit: Sendable, Hashable {
    /// What an output of the coinbase is for.
    public enum Purpose: String, Sendable, Hashable {
        case share, finder
        case fee = "operator"
    }

    /// One output of the coinbase.
    public struct Payout: Sendable, Hashable {
        /// The member's name; empty for the operator.
        public var name: String
        public var script: Script
        public var amount: Amount
        public var purpose: Purpose
    }

    /// In the order of the coinbase's outputs: members by what they were due, finder, operator.
    public let payouts: [Payout]
    public let ledgerBefore: PayoutLedger
    public let ledgerAfter: PayoutLedger
    /// What the coinbase commits to.
    public let commitment: Hash256

    /// How many members could have been paid.
    public let payeeLimit: Int
    /// Who found the block, where it makes a difference.
    public let finder: String?
    /// The end of the share log it was computed by; zero without one.
    public let shareRoot: Hash256
    public let rosterHash: Hash256

    /// The outputs of the coinbase, the commitment last. BIP141's comes after it.
    public var coinbaseOutputs: [TransactionOutput] {
        payouts.map { TransactionOutput(value: $0.amount, script: $0.script) }
            + [TransactionOutput(value: .zero, script: PayoutCommitment.script(commitment))]
    }
}

extension PayoutPlan {
    /// Splits `reward`, subsidy and fees together, for a block on `previous`.
    ///
    /// All is exact: outputs sum to the reward, balances to zero.
    public func split(reward: Amount, onto previous: BlockHash) throws(PayoutError) -> PayoutSplit {
        try split(
            reward: reward, among: try claims(onto: previous), rosterHash: roster.hash,
            ledgerRoot: ledger.root)
    }

    /// The same by what does not change from one plan to another that is tried on the same block.
    func split(
        reward: Amount, among claims: [Claim], rosterHash: Hash256, ledgerRoot: Hash256
    ) throws(PayoutError) -> PayoutSplit {
        var bonuses: [PayoutSplit.Payout] = []
        var named = self
        if let finder {
            guard let claim = claims.first(where: { $0.name == finder && $0.isMember }) else {
                throw .unknownFinder(finder)
            }
            // As the roster writes it, whose bytes count.
            named.finder = claim.name
            bonuses += bonus(
                roster.finderBasisPoints, of: reward, to: claim.script, claim.name, .finder)
        }
        if let script = roster.operatorScript {
            bonuses += bonus(roster.feeBasisPoints, of: reward, to: script, "", .fee)
        }
        let pot = bonuses.reduce(reward.satoshis) { $0 - $1.amount.satoshis }

        let entitled = Apportionment.parts(
            of: pot * 1000, by: claims.map(\.weight), ties: claims.map(\.tie))
        let targets = zip(claims, entitled).map { $0.balance + $1 }
        let limit = payeeLimit(claims)
        let paid = payments(of: pot, limit: limit, claims: claims, targets: targets)

        var accounts: [PayoutLedger.Account] = []
        for (index, claim) in claims.enumerated() {
            let amount = paid[index]
            let balance = targets[index] - 1000 * (amount ?? 0)
            guard claim.isMember || balance != 0 else { continue }
            accounts.append(
                PayoutLedger.Account(
                    name: claim.name, script: claim.script, balance: balance,
                    payouts: amount == nil ? claim.payouts : claim.payouts &+ 1))
        }
        let after = PayoutLedger(accounts)
        let order = paid.keys.sorted { precedes($0, $1, targets, claims) }
        let shares = order.map { index in
            PayoutSplit.Payout(
                name: claims[index].name, script: claims[index].script,
                amount: Amount(satoshis: paid[index] ?? 0), purpose: .share)
        }
        // Whose bonus would be dust shows in no output, so it must not show in the commitment.
        if roster.scheme != .solo, !bonuses.contains(where: { $0.purpose == .finder }) {
            named.finder = nil
        }
        return PayoutSplit(
            payouts: shares + bonuses, ledgerBefore: ledger, ledgerAfter: after,
            commitment: PayoutCommitment.hash(
                of: named, rosterHash: rosterHash, payees: limit, before: ledgerRoot,
                after: after.root),
            payeeLimit: limit, finder: named.paidFinder, shareRoot: self.shares?.root ?? .zero,
            rosterHash: rosterHash)
    }

    /// A part of the reward that is paid at once; what would be dust stays with the members.
    private func bonus(
        _ basisPoints: Int, of reward: Amount, to script: Script, _ name: String,
        _ purpose: PayoutSplit.Purpose
    ) -> [PayoutSplit.Payout] {
        guard let part = Self.part(basisPoints, of: reward, to: script) else { return [] }
        return [.init(name: name, script: script, amount: part, purpose: purpose)]
    }

    /// What a finder paid by this script gets beside his share; nil where that would be dust.
    func finderBonus(of reward: Amount, to script: Script) -> Amount? {
        Self.part(roster.finderBasisPoints, of: reward, to: script)
    }

    private static func part(
        _ basisPoints: Int, of reward: Amount, to script: Script
    ) -> Amount? {
        let part = Amount(
            satoshis: Int64(Int128(reward.satoshis) * Int128(basisPoints) / 10_000))
        return part > .zero && part >= dust(for: script) ? part : nil
    }

    private func precedes(
        _ left: Int, _ right: Int, _ targets: [Int64], _ claims: [Claim]
    ) -> Bool {
        targets[left] != targets[right]
            ? targets[left] > targets[right] : claims[left].tie < claims[right].tie
    }

    /// Satoshis by claim, of those that are paid; they sum to `pot`. Who left goes first, and the
    /// members share the rest.
    private func payments(
        of pot: Int64, limit: Int, claims: [Claim], targets: [Int64]
    ) -> [Int: Int64] {
        let order = claims.indices.sorted { precedes($0, $1, targets, claims) }
        let leavers = leaverPayments(of: pot, limit: limit, claims: claims, order: order)
        let rest = leavers.values.reduce(pot, -)
        guard rest > 0 || leavers.isEmpty else { return leavers }
        let members = memberPayments(
            of: rest, limit: min(roster.payeeLimit, limit - leavers.count), claims: claims,
            targets: targets, order: order.filter { claims[$0].isMember })
        return leavers.merging(members) { $1 }
    }

    private func memberPayments(
        of pot: Int64, limit: Int, claims: [Claim], targets: [Int64], order: [Int]
    ) -> [Int: Int64] {
        var kept = Array(
            order.filter { targets[$0] >= 1000 * claims[$0].minimum && targets[$0] > 0 }
                .prefix(limit))
        if kept.isEmpty { kept = Array(order.prefix(1)) }
        while true {
            let amounts = amounts(of: pot, to: kept, claims: claims, targets: targets)
            let paid = zip(kept, amounts)
            guard kept.count > 1, paid.contains(where: { $1 < claims[$0].minimum }) else {
                return Dictionary(uniqueKeysWithValues: paid)
            }
            // The smallest goes, and what it is due stays on its balance.
            var smallest = 0
            for place in kept.indices
            where amounts[place] < amounts[smallest]
                || (amounts[place] == amounts[smallest]
                    && precedes(kept[smallest], kept[place], targets, claims))
            {
                smallest = place
            }
            kept.remove(at: smallest)
        }
    }

    private func amounts(
        of pot: Int64, to kept: [Int], claims: [Claim], targets: [Int64]
    ) -> [Int64] {
        let ties = kept.map { claims[$0].tie }
        let due = kept.map { max(0, targets[$0]) }
        let amounts = due.map { $0 / 1000 }
        let sum = amounts.reduce(Int128(0)) { $0 + Int128($1) }
        if sum > Int128(pot) { return Apportionment.parts(of: pot, by: due, ties: ties) }
        let surplus = pot - Int64(sum)
        guard surplus > 0 else { return amounts }
        var weights = kept.map { claims[$0].weight }
        // All kept are owed from earlier blocks: what is over goes by what they are due.
        if !weights.contains(where: { $0 > 0 }) { weights = due }
        if !weights.contains(where: { $0 > 0 }) { weights = kept.map { _ in 1 } }
        return zip(amounts, Apportionment.parts(of: surplus, by: weights, ties: ties))
            .map { $0 + $1 }
    }
}
