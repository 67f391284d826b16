/// Up to 64 connected transactions put in the best order for mining, cut in chunks.
///
/// A chunk is a set of transactions that is mined as a whole: the best paying set that is closed
/// under parents, then the best of what is left, and so on. Found exactly, each as a closure of
/// greatest density (a minimum cut after Dinkelbach), so the order equals that of Core's
/// `cluster_linearize.h` where it reaches the optimum; ties are broken as there.
package struct Linearization {
    /// One transaction to be placed.
    package struct Node {
        /// Modified fee over adjusted weight.
        package var rate: FeeFraction
        /// Its direct parents among the nodes, a bit each.
        package var parents: UInt64
        /// Breaks ties: a strong order over all transactions.
        package var tieBreak: TieBreak

        package init(rate: FeeFraction, parents: UInt64, tieBreak: TieBreak) {
            self.rate = rate
            self.parents = parents
            self.tieBreak = tieBreak
        }
    }

    package struct Chunk {
        package var rate: FeeFraction
        package var count: Int
    }

    package static let maximumCount = 64

    /// The nodes' positions, parents before children.
    package private(set) var order: [Int] = []
    package private(set) var chunks: [Chunk] = []

    private let nodes: [Node]
    private var ancestors: [UInt64] = []

    package init(_ nodes: [Node]) {
        precondition(nodes.count <= Self.maximumCount, "a cluster is bounded before it is ordered")
        self.nodes = nodes
        if nodes.count == 1 {
            order = [0]
            chunks = [Chunk(rate: nodes[0].rate, count: 1)]
        } else {
            findAncestors()
            arrange(cut())
        }
    }

    /// Closes the parents over parents: each node's ancestors, itself among them.
    private mutating func findAncestors() {
        ancestors = nodes.indices.map { nodes[$0].parents | (1 << UInt64($0)) }
        var isSettled = false
        while !isSettled {
            isSettled = true
            for index in nodes.indices {
                var closed = ancestors[index]
                forEachBit(nodes[index].parents) { closed |= ancestors[$0] }
                if closed != ancestors[index] {
                    ancestors[index] = closed
                    isSettled = false
                }
            }
        }
    }

    // MARK: Chunks

    /// Cuts all nodes in sets, each the smallest of greatest rate that the sets before it allow.
    private func cut() -> [UInt64] {
        var remaining = nodes.count == 64 ? UInt64.max : (1 << UInt64(nodes.count)) - 1
        var sets: [UInt64] = []
        while remaining != 0 {
            let best = densest(in: remaining)
            sets.append(best)
            remaining &= ~best
        }
        return sets
    }

    private func densest(in remaining: UInt64) -> UInt64 {
        var best: UInt64 = 0
        var rate = FeeFraction.empty
        forEachBit(remaining) { index in
            let candidate = ancestors[index] & remaining
            let candidateRate = total(candidate)
            if best == 0 || candidateRate.isHigherRate(than: rate)
                || (candidateRate.isSameRate(as: rate) && candidateRate.size < rate.size)
            {
                best = candidate
                rate = candidateRate
            }
        }
        // Two ancestor sets may pay more together than either alone, where they share parents. Each
        // step finds a better set, if not the best: all of them may be better than one, and yet
        // not as good as some.
        while remaining.nonzeroBitCount > 2 {
            let better = MaximumClosure(nodes: nodes, in: remaining, rate: rate).set
            let betterRate = total(better)
            guard better != 0, betterRate.isHigherRate(than: rate) else { break }
            best = better
            rate = betterRate
        }
        guard best.nonzeroBitCount > 1 else { return best }
        return MaximumClosure(nodes: nodes, in: best, rate: rate).smallestTight ?? best
    }

    private func total(_ set: UInt64) -> FeeFraction {
        var sum = FeeFraction.empty
        forEachBit(set) { sum = sum + nodes[$0].rate }
        return sum
    }

    // MARK: Order

    /// Orders chunks by rate, size and tie-break as their dependencies allow, and so within each.
    private mutating func arrange(_ sets: [UInt64]) {
        var placed: UInt64 = 0
        var waiting = sets.map { (set: $0, rate: total($0), last: last(in: $0)) }
        while !waiting.isEmpty {
            var chosen: Int?
            for (position, chunk) in waiting.enumerated() {
                guard parents(of: chunk.set) & ~(placed | chunk.set) == 0 else { continue }
                guard let current = chosen else {
                    chosen = position
                    continue
                }
                let best = waiting[current]
                if precedes(
                    chunk.rate, nodes[chunk.last].tieBreak, best.rate, nodes[best.last].tieBreak)
                {
                    chosen = position
                }
            }
            guard let chosen else { preconditionFailure("transactions cannot form a ring") }
            let chunk = waiting.remove(at: chosen)
            arrange(chunk.set, after: placed)
            chunks.append(Chunk(rate: chunk.rate, count: chunk.set.nonzeroBitCount))
            placed |= chunk.set
        }
    }

    private mutating func arrange(_ set: UInt64, after before: UInt64) {
        var placed = before
        var left = set
        while left != 0 {
            var chosen: Int?
            forEachBit(left) { index in
                guard nodes[index].parents & ~placed == 0 else { return }
                guard let current = chosen else {
                    chosen = index
                    return
                }
                if precedes(
                    nodes[index].rate, nodes[index].tieBreak, nodes[current].rate,
                    nodes[current].tieBreak)
                {
                    chosen = index
                }
            }
            guard let chosen else { preconditionFailure("transactions cannot form a ring") }
            order.append(chosen)
            placed |= 1 << UInt64(chosen)
            left &= ~(1 << UInt64(chosen))
        }
    }

    private func precedes(
        _ left: FeeFraction, _ leftTie: TieBreak, _ right: FeeFraction, _ rightTie: TieBreak
    ) -> Bool {
        if left.isHigherRate(than: right) { return true }
        if right.isHigherRate(than: left) { return false }
        return left.size != right.size ? left.size < right.size : leftTie < rightTie
    }

    private func parents(of set: UInt64) -> UInt64 {
        var all: UInt64 = 0
        forEachBit(set) { all |= nodes[$0].parents }
        return all
    }

    private func last(in set: UInt64) -> Int {
        var result = set.trailingZeroBitCount
        forEachBit(set) { if nodes[result].tieBreak < nodes[$0].tieBreak { result = $0 } }
        return result
    }
}

@inline(__always)
func forEachBit(_ set: UInt64, _ body: (Int) -> Void) {
    var rest = set
    while rest != 0 {
        body(rest.trailingZeroBitCount)
        rest &= rest &- 1
    }
}
