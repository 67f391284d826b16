import Primitives

/// What those are paid who left the roster and are still owed something.
///
/// They have no part in the block, so they are paid what they are owed and no more, before the
/// members share what is left. They stand beside the members in the coinbase: no limit on members
/// keeps them waiting.
extension PayoutPlan {
    /// Whether a claim is of one who left and is owed so much that it is no dust.
    func isDueLeaver(_ claim: Claim) -> Bool {
        !claim.isMember && claim.balance >= 1000 * claim.minimum
    }

    /// How many of those who left one coinbase pays, at most.
    private var leaverLimit: Int { roster.maxPayees }

    /// How many a coinbase pays at most, members and those who left, machines that hold anything
    /// looking for it.
    func wholePayeeLimit(_ claims: [Claim]) -> Int {
        roster.payeeLimit + min(leaverLimit, claims.count { isDueLeaver($0) })
    }

    /// Satoshis by claim, of those who left.
    ///
    /// - Parameters:
    ///   - limit: how many can be paid in all. The last place is a member's.
    ///   - order: the places of the claims, who is due most first.
    func leaverPayments(
        of pot: Int64, limit: Int, claims: [Claim], order: [Int]
    ) -> [Int: Int64] {
        guard pot > 0 else { return [:] }
        var kept = Array(
            order.filter { isDueLeaver(claims[$0]) }.prefix(min(leaverLimit, limit - 1)))
        let least = leastRest(of: pot, claims)
        while !kept.isEmpty {
            let due = kept.map { claims[$0].balance / 1000 }
            let sum = due.reduce(Int128(0)) { $0 + Int128($1) }
            // What is left for the members must be a payout, unless nothing is left.
            let room = sum < Int128(pot) ? max(0, pot - least) : pot
            let amounts =
                sum <= Int128(room)
                ? due : Apportionment.parts(of: room, by: due, ties: kept.map { claims[$0].tie })
            // One who takes all of a reward that is dust itself gets that.
            let isWhole = kept.count == 1 && sum >= Int128(pot)
            guard !isWhole, zip(kept, amounts).contains(where: { $1 < claims[$0].minimum }) else {
                return Dictionary(uniqueKeysWithValues: zip(kept, amounts))
            }
            // The smallest waits, of equal ones the last in order.
            let smallest = kept.indices.reversed().min { amounts[$0] < amounts[$1] }
            kept.remove(at: smallest ?? kept.endIndex - 1)
        }
        return [:]
    }

    /// The least that may be left to the members, if anything is: what any of them may be paid, or
    /// no dust where the whole reward is less than that.
    private func leastRest(of pot: Int64, _ claims: [Claim]) -> Int64 {
        let members = claims.filter(\.isMember)
        let minimum = members.map(\.minimum).max() ?? 0
        guard pot < minimum else { return minimum }
        return members.map { Self.dust(for: $0.script).satoshis }.max() ?? 0
    }
}
