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
    private var known = KnownRosters([], ledger: PayoutLedger(), previous: .zero)
    private var left: Int
    /// What of that is kept for plans of another kind than those now tried.
    private var reserve = 0

    /// How many splits were worked out.
    public private(set) var splitsTried = 0
    /// How many scripts of members were derived from their descriptors.
    public var scriptsDerived: Int { known.scriptCount }

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
        known = KnownRosters(rosters, ledger: ledger, previous: previous)
        var plain = rosters.indices.map { Candidate(place: $0) }
        var paidByShares = candidates(of: rosters, windows)
        // By the present roster and its newest window most blocks are made: no other roster is made
        // ready before them.
        if paidByShares.first?.place == 0 { plain.insert(paidByShares.removeFirst(), at: 1) }
        let whole = paidByShares.isEmpty ? 0 : left
        for isLikely in [true, false] {
            reserve = isLikely ? whole / 2 : 0
            // The present roster comes first; where nothing speaks for any, those that cost least.
            if !isLikely { plain.sort { cost(of: $0) < cost(of: $1) } }
            for candidate in plain {
                if let split = split(by: candidate, isLikely) { return split }
            }
            reserve = isLikely ? whole / 4 : 0
            for candidate in paidByShares {
                if let split = split(by: candidate, isLikely) { return split }
            }
        }
        return nil
    }

    /// A roster by its place, with a window or none.
    private struct Candidate {
        var place: Int
        var window: ShareWindow?
    }

    /// The windows for this block, newest first.
    private func candidates(of rosters: [Roster], _ windows: [TemplateWindow]) -> [Candidate] {
        let windows = windows.filter { $0.previous == previous }
        guard !windows.isEmpty else { return [] }
        let places = Dictionary(
            rosters.indices.lazy.filter { rosters[$0].scheme == .pplns }.map {
                (rosters[$0].hash, $0)
            }, uniquingKeysWith: { first, _ in first })
        return windows.reversed().compactMap { window in
            places[window.rosterHash].map { Candidate(place: $0, window: window.window) }
        }
    }

    /// How many claims are reckoned for all plans of a candidate, about.
    private func cost(of candidate: Candidate) -> Int {
        guard let known = known[candidate.place] else { return .max }
        return finders(of: known, false).count * known.sizes.count * known.claims.count
    }

    /// The roster at a place, made ready if the work for that is left. That of the present one is not
    /// counted: the node does it for each template.
    private mutating func ready(_ place: Int) -> KnownRoster? {
        let cost = place == 0 ? 0 : known.cost(of: place)
        guard cost == 0 || left - cost >= reserve else { return nil }
        left -= cost
        return known.prepare(place)
    }

    private mutating func split(by candidate: Candidate, _ isLikely: Bool) -> PayoutSplit? {
        guard let known = ready(candidate.place) else { return nil }
        let shares = candidate.window
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
        _ plan: PayoutPlan, _ known: KnownRoster, _ claims: [PayoutPlan.Claim]
    ) -> PayoutSplit? {
        splitsTried += 1
        left -= claims.count
        return try? plan.split(
            reward: reward, among: claims, rosterHash: known.hash, ledgerRoot: ledgerRoot)
    }

    /// Who may have found the block, together those with whom the ledger comes out the same. It shows
    /// in what he got: a bonus, or all of it.
    private func finders(of known: KnownRoster, _ isLikely: Bool) -> [[String?]] {
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
