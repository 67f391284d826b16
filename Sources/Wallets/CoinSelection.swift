internal import Keys
internal import Primitives

/// Chooses which coins pay for a transaction: tries several ways, and keeps the one that wastes least.
struct CoinSelection {
    /// A coin, and what it is worth after the fee for its own input.
    struct Candidate {
        let coin: SpendableCoin
        let inputWeight: Int
        let fee: Int64
        /// What its input would cost in quiet times.
        let longTermFee: Int64
        /// What it adds towards the target.
        let worth: Int64
    }

    /// What the coins must pay for. All amounts in satoshis.
    struct Goal {
        /// Payments and the fee for all but inputs and change.
        var target: Int64
        /// The fee for the change output.
        var changeFee: Int64
        /// The above and the fee to spend the change some day.
        var costOfChange: Int64
        /// The least change that is made at all.
        var leastChange: Int64
        /// The change aimed at, so that it is of use.
        var changeTarget: Int64
        /// What inputs may weigh together.
        var maximumWeight: Int
        /// Whether the payments bear the fee: then coins count in full, change costs us nothing, and an
        /// exact match is not looked for.
        var subtractsFee: Bool
    }

    let goal: Goal

    /// The coins to spend, or nil when there are not enough.
    func choose(
        among candidates: [Candidate], using random: inout some RandomNumberGenerator
    ) -> [Candidate]? {
        let positive = candidates.filter { $0.worth > 0 }
        let tried = [
            goal.subtractsFee ? nil : exactMatch(positive),
            largestFirst(positive),
            randomDraw(positive, using: &random),
        ]
        let results = tried.compactMap(\.self).filter { coins in
            coins.reduce(0) { $0 + $1.inputWeight } <= goal.maximumWeight
        }
        // Of two as good, the one that joins more coins.
        return results.min { (waste($0), -$0.count) < (waste($1), -$1.count) }
    }

    /// What remains for change; 0 when it would not be worth making.
    func change(of coins: [Candidate]) -> Int64 {
        let fee = goal.subtractsFee ? 0 : goal.changeFee
        let change = coins.reduce(0) { $0 + $1.worth } - goal.target - fee
        return change < goal.leastChange ? 0 : change
    }

    /// What the choice costs beyond the best that could be: input fees above those of quiet times, and
    /// the cost of change or, without it, what is given away.
    func waste(_ coins: [Candidate]) -> Int64 {
        let timing = coins.reduce(0) { $0 + $1.fee - $1.longTermFee }
        if change(of: coins) > 0 { return timing + goal.costOfChange }
        return timing + coins.reduce(0) { $0 + $1.worth } - goal.target
    }

    /// Takes the largest coins until there is enough for useful change, or for none.
    private func largestFirst(_ candidates: [Candidate]) -> [Candidate]? {
        var sum: Int64 = 0
        var chosen: [Candidate] = []
        var enough: Int?
        for candidate in candidates.sorted(by: { $0.worth > $1.worth }) {
            chosen.append(candidate)
            sum += candidate.worth
            if sum >= goal.target, enough == nil { enough = chosen.count }
            if sum >= goal.target + goal.changeTarget { return chosen }
        }
        return enough.map { Array(chosen.prefix($0)) }
    }

    /// Takes coins at random until there is enough for useful change: over time this keeps the
    /// wallet's coins of all sizes.
    private func randomDraw(
        _ candidates: [Candidate], using random: inout some RandomNumberGenerator
    ) -> [Candidate]? {
        let wanted = goal.target + goal.changeFee + Self.leastDrawnChange
        var sum: Int64 = 0
        var chosen: [Candidate] = []
        for candidate in candidates.shuffled(using: &random) {
            chosen.append(candidate)
            sum += candidate.worth
            if sum >= wanted { return chosen }
        }
        return nil
    }

    /// The change that a random draw leaves at least.
    static let leastDrawnChange: Int64 = 50_000

    /// How many combinations are looked at for an exact match.
    private static let exactMatchTries = 100_000
}

// MARK: Branch and bound

extension CoinSelection {
    /// Coins that pay the target without change and with as little given away as possible: a depth
    /// first search that takes or leaves each coin, the largest first, and turns back where no
    /// completion can do (Murch, "An Evaluation of Coin Selection Strategies", 2016).
    private func exactMatch(_ candidates: [Candidate]) -> [Candidate]? {
        let coins = candidates.sorted {
            ($0.worth, $1.fee - $1.longTermFee) > ($1.worth, $0.fee - $0.longTermFee)
        }
        let feesAreHigh = coins.first.map { $0.fee > $0.longTermFee } ?? false
        var remaining = coins.reduce(0) { $0 + $1.worth }
        guard remaining >= goal.target else { return nil }

        var taken: [Int] = []
        var (sum, timing, weight) = (Int64(0), Int64(0), 0)
        var best: (taken: [Int], waste: Int64)?
        var next = 0
        for _ in 0..<Self.exactMatchTries {
            var turnsBack = false
            if sum + remaining < goal.target || sum > goal.target + goal.costOfChange
                || weight > goal.maximumWeight
                || (feesAreHigh && timing > best?.waste ?? .max)
            {
                turnsBack = true
            } else if sum >= goal.target {
                let waste = timing + sum - goal.target
                if waste <= best?.waste ?? .max { best = (taken, waste) }
                turnsBack = true
            } else if next == coins.count {
                turnsBack = true
            }
            if turnsBack {
                // Leave the last coin that was taken, and go on behind it.
                guard let last = taken.popLast() else { break }
                for index in (last + 1)..<max(next, last + 1) { remaining += coins[index].worth }
                sum -= coins[last].worth
                timing -= coins[last].fee - coins[last].longTermFee
                weight -= coins[last].inputWeight
                next = last + 1
            } else {
                let coin = coins[next]
                remaining -= coin.worth
                // A coin equal to one just left would repeat the same search.
                let repeats =
                    next > 0 && taken.last != next - 1
                    && coins[next - 1].worth == coin.worth && coins[next - 1].fee == coin.fee
                if !repeats {
                    taken.append(next)
                    sum += coin.worth
                    timing += coin.fee - coin.longTermFee
                    weight += coin.inputWeight
                }
                next += 1
            }
        }
        return best.map { $0.taken.map { coins[$0] } }
    }
}
