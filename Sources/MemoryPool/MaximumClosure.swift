/// The parent-closed set of greatest weight, where a transaction weighs what its fee exceeds, or
/// falls short of, a given rate.
///
/// A minimum cut: the source feeds what pays above the rate, what pays below it drains to the
/// sink, and nothing limits what flows from a child to its parents.
struct MaximumClosure {
    /// The set found; the smallest of those of greatest weight. Empty where none weighs above 0.
    private(set) var set: UInt64 = 0

    private let count: Int
    private let members: UInt64
    private var parents: [UInt64]
    private var children: [UInt64]
    /// What still may flow from the source to a node, and from a node to the sink.
    private var supply: [Int128]
    private var drain: [Int128]
    /// What flows from child to parent, at [child * count + parent].
    private var flow: [Int128]

    init(nodes: [Linearization.Node], in members: UInt64, rate: FeeFraction) {
        count = nodes.count
        self.members = members
        parents = nodes.map { $0.parents & members }
        children = Array(repeating: 0, count: count)
        supply = Array(repeating: 0, count: count)
        drain = Array(repeating: 0, count: count)
        flow = Array(repeating: 0, count: count * count)
        for index in 0..<count where members & (1 << UInt64(index)) != 0 {
            let node = nodes[index].rate
            let weight =
                Int128(node.fee) &* Int128(rate.size) &- Int128(rate.fee) &* Int128(node.size)
            if weight > 0 { supply[index] = weight } else { drain[index] = 0 &- weight }
            for parent in 0..<count where parents[index] & (1 << UInt64(parent)) != 0 {
                children[parent] |= 1 << UInt64(index)
            }
        }
        while augment() {}
        set = reachable().reached
    }

    /// Where no closure weighs above zero, the smallest that weighs exactly zero.
    ///
    /// Every set that the residual graph does not leave is such a closure, unless it can still
    /// drain; so the smallest is what one node reaches.
    var smallestTight: UInt64? {
        var best: UInt64?
        forEachBit(members) { index in
            var reached: UInt64 = 0
            var frontier: UInt64 = 1 << UInt64(index)
            var drains = false
            while frontier != 0, !drains {
                let node = frontier.trailingZeroBitCount
                frontier &= frontier &- 1
                reached |= 1 << UInt64(node)
                drains = drain[node] > 0
                frontier |= next(from: node) & ~reached
            }
            guard !drains else { return }
            if best.map({ reached.nonzeroBitCount < $0.nonzeroBitCount }) ?? true { best = reached }
        }
        return best
    }

    /// Where flow can still go from `node`: to its parents, or back to a child that sent some.
    private func next(from node: Int) -> UInt64 {
        var next = parents[node]
        forEachBit(children[node]) { child in
            if flow[child * count + node] > 0 { next |= 1 << UInt64(child) }
        }
        return next
    }

    /// Pushes flow along one shortest path from source to sink, if there is one.
    private mutating func augment() -> Bool {
        let (_, path) = reachable(stoppingAtSink: true)
        guard let path, let first = path.first, let last = path.last else { return false }
        var amount = min(supply[first], drain[last])
        for (from, to) in zip(path, path.dropFirst()) where parents[from] & (1 << UInt64(to)) == 0 {
            amount = min(amount, flow[to * count + from])
        }
        supply[first] -= amount
        drain[last] -= amount
        for (from, to) in zip(path, path.dropFirst()) {
            if parents[from] & (1 << UInt64(to)) != 0 {
                flow[from * count + to] += amount
            } else {
                flow[to * count + from] -= amount
            }
        }
        return true
    }

    /// What the source still reaches, and a path to the sink if one is asked for and is there.
    private func reachable(stoppingAtSink: Bool = false) -> (reached: UInt64, path: [Int]?) {
        var reached: UInt64 = 0
        var from = [Int](repeating: -1, count: count)
        var queue: [Int] = []
        for index in 0..<count where supply[index] > 0 {
            reached |= 1 << UInt64(index)
            queue.append(index)
        }
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            if stoppingAtSink, drain[node] > 0 {
                var path = [node]
                while let last = path.last, from[last] >= 0 { path.append(from[last]) }
                return (reached, path.reversed())
            }
            let next = next(from: node) & ~reached
            forEachBit(next) { index in
                from[index] = node
                queue.append(index)
            }
            reached |= next
        }
        return (reached, nil)
    }
}
