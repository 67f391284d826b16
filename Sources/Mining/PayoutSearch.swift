public import Cryptography
public import Primitives

/// A share window that a template was made with: by which roster, and for a block on which.
public struct TemplateWindow: Sendable, Hashable {
    public var window: ShareWindow
    public var rosterHash: Hash256
    public var previous: BlockHash

    public init(_ window: ShareWindow, rosterHash: Hash256, previous: BlockHash) {
        self.window = window
        self.rosterHash = rosterHash
        self.previous = previous
    }
}

/// Finds the plan that a coinbase commits to. The commitment's hash alone tells which it is, so plans
/// are tried until the work one block may cost is done: those that the outputs speak for before all
/// others, and those without a window, of which there are few, before windows, newest first. Neither
/// can use up all the work before the other has had its part.
public struct PayoutSearch {
    /// How many claims may be reckoned for one block: for sixty members some thousands of splits.
    public static let limit = 1 << 19

    private let outputs: [TransactionOutput]
    private let commitment: Hash256
    private let reward: Amount
    private let previous: BlockHash
    private let ledger: PayoutLedger
    private let ledgerRoot: Hash256
    /// The scripts that are paid, and those paid an amount.
    private let paid: Set<Script>
    private let pairs: Set<TransactionOutput>
    private var left: Int
    /// What of that is kept for plans of another kind than those now tried.
    private var reserve = 0

    /// How many splits were worked out.
    public private(set) var splitsTried = 0

    /// Nil where the coinbase commits to no split.
    ///
    /// - Parameters:
    ///   - reward: the block's subsidy and fees.
    ///   - ledger: as of `previous`.
    ///   - limit: how many claims may be reckoned.
    public init?(
        _ coinbase: Transaction, reward: Amount, previous: BlockHash, ledger: PayoutLedger,
        limit: Int = Self.limit
    ) {
        left = limit
        outputs = Array(coinbase.outputs)
        let hashes = outputs.lazy.compactMap { PayoutCommitment.hash(in: $0.script) }
        guard let commitment = hashes.first else { return nil }
        self.commitment = commitment
        self.reward = reward
        self.previous = previous
        self.ledger = ledger
        ledgerRoot = ledger.root
        paid = Set(outputs.map(\.script))
        pairs = Set(outputs)
    }

    /// The split that the coinbase commits to; nil where it is by none of these rosters and windows.
    ///
    /// - Parameter windows: oldest first. Those of other rosters and for other blocks are passed over.
    public mutating func split(by rosters: [Roster], windows: [TemplateWindow]) -> PayoutSplit? {
        let known = rosters.compactMap { Known($0, in: self) }
        let places = Dictionary(
            known.indices.map { (known[$0].hash, $0) }, uniquingKeysWith: { first, _ in first })
        let paidByShares: [(known: Known, window: ShareWindow)] = windows.reversed().compactMap {
            guard $0.previous == previous, let place = places[$0.rosterHash],
                known[place].roster.scheme == .pplns
            else { return nil }
            return (known[place], $0.window)
        }
        let whole = paidByShares.isEmpty ? 0 : left
        for isLikely in [true, false] {
            reserve = isLikely ? whole / 2 : 0
            // The present roster comes first; where nothing speaks for any, those that cost least.
            for known in isLikely ? known : known.sorted(by: { cost(of: $0) < cost(of: $1) }) {
                if let split = split(by: known, nil, isLikely) { return split }
            }
            reserve = isLikely ? whole / 4 : 0
            for (known, window) in paidByShares {
                if let split = split(by: known, window, isLikely) { return split }
            }
        }
        return nil
    }

    /// How many claims are reckoned for all plans of a roster with one window or none, about.
    private func cost(of known: Known) -> Int {
        finders(of: known, false).count * known.sizes.count * known.claims.count
    }

    /// A roster, and what is the same in all its plans.
    private struct Known {
        var roster: Roster
        var hash: Hash256
        var claims: [PayoutPlan.Claim]
        /// The size class for each limit on payees there is.
        var sizes: [(limit: Int, sizeClass: CoinbaseSizeClass?)]

        init?(_ roster: Roster, in search: PayoutSearch) {
            let plan = PayoutPlan(roster: roster, ledger: search.ledger)
            guard let claims = try? plan.claims(onto: search.previous) else { return nil }
            self.roster = roster
            hash = roster.hash
            self.claims = claims
            sizes = plan.inAllSizes().map { ($0.payeeLimit(claims), $0.sizeClass) }
        }
    }

    private mutating func split(
        by known: Known, _ shares: ShareWindow?, _ isLikely: Bool
    ) -> PayoutSplit? {
        guard left - known.claims.count >= reserve else { return nil }
        var plan = PayoutPlan(roster: known.roster, ledger: ledger, shares: shares)
        for finders in finders(of: known, isLikely) {
            plan.finder = finders.first ?? nil
            let claims = plan.weighing(known.claims)
            let others = plan.extraOutputs + 2
            for size in known.sizes where !isLikely || size.limit >= outputs.count - others {
                plan.sizeClass = size.sizeClass
                guard left - claims.count >= reserve else { return nil }
                guard let split = attempt(plan, known, claims) else { continue }
                if split.commitment == commitment { return split }
                let after = split.ledgerAfter.root
                for finder in finders.dropFirst() {
                    var other = plan
                    other.finder = finder
                    let hash = PayoutCommitment.hash(
                        of: other, rosterHash: known.hash, payees: split.payeeLimit,
                        before: ledgerRoot, after: after)
                    if hash == commitment { return attempt(other, known, claims) }
                }
            }
        }
        return nil
    }

    private mutating func attempt(
        _ plan: PayoutPlan, _ known: Known, _ claims: [PayoutPlan.Claim]
    ) -> PayoutSplit? {
        splitsTried += 1
        left -= claims.count
        return try? plan.split(
            reward: reward, among: claims, rosterHash: known.hash, ledgerRoot: ledgerRoot)
    }

    /// Who may have found the block, together those with whom the ledger comes out the same. It shows
    /// in what he got: a bonus, or all of it.
    private func finders(of known: Known, _ isLikely: Bool) -> [[String?]] {
        let roster = known.roster
        guard roster.paysFinder else { return [[nil]] }
        let members = known.claims.filter { $0.isMember && paid.contains($0.script) }
        // Each finder gives other weights.
        if roster.scheme == .solo {
            // He is named even where others take all: who left, or who is owed more.
            let others =
                isLikely ? [] : known.claims.filter { $0.isMember && !paid.contains($0.script) }
            return [[nil]] + (members + others).map { [$0.name] }
        }
        let plan = PayoutPlan(roster: roster, ledger: ledger)
        let named = members.filter { claim in
            guard let bonus = plan.finderBonus(of: reward, to: claim.script) else { return false }
            return !isLikely
                || pairs.contains(TransactionOutput(value: bonus, script: claim.script))
        }
        return [[nil]] + (named.isEmpty ? [] : [named.map(\.name)])
    }
}

extension PayoutPlan {
    /// Bonuses and fees in the coinbase, at most. Beside them and the shares it has commitments, to
    /// the split and to the witnesses.
    fileprivate var extraOutputs: Int {
        (roster.finderBasisPoints > 0 ? 1 : 0) + (roster.feeBasisPoints > 0 ? 1 : 0)
    }
}
