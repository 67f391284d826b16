import Primitives

/// The end of a branch of the header tree.
public struct BranchTip: Sendable, Hashable {
    /// Bitcoin Core's words in `getchaintips`.
    public enum Status: String, Sendable {
        case active
        case invalid
        case headersOnly = "headers-only"
        case validFork = "valid-fork"
        case validHeaders = "valid-headers"
        case unknown
    }

    public var id: BlockID
    /// Blocks between it and the active chain.
    public var branchLength: Int
    public var status: Status
}

extension BlockIndex {
    /// The ends of all branches, the highest first.
    public func chainTips() -> [BranchTip] {
        var parents = Set<BlockID>()
        var outside: [BlockID] = []
        for id in ids where !isActive(id) {
            outside.append(id)
            if let parent = parent(of: id) { parents.insert(parent) }
        }
        var tips = outside.filter { !parents.contains($0) }
        if let tip { tips.append(tip) }
        tips.sort { first, second in
            let (one, other) = (height(of: first), height(of: second))
            return one != other ? one > other : first < second
        }
        return tips.map { id in
            let forkHeight = fork(of: id).map(height(of:)) ?? 0
            return BranchTip(
                id: id, branchLength: height(of: id) - forkHeight, status: tipStatus(id))
        }
    }

    private func tipStatus(_ id: BlockID) -> BranchTip.Status {
        let node = self[id]
        if isActive(id) { return .active }
        if node.status.isFailed { return .invalid }
        if node.chainTransactionCount == 0 { return .headersOnly }
        if node.status.isValid(.scripts) { return .validFork }
        if node.status.isValid(.tree) { return .validHeaders }
        return .unknown
    }

    /// The blocks a chain lacks the transactions of, from below: what to ask peers for.
    ///
    /// - Parameters:
    ///   - best: the end of the chain that is wanted.
    ///   - window: how far above the last block it shares with the active chain to look.
    ///   - isWanted: false for a block that is on its way already.
    public func missing(
        toward best: BlockID, window: Int = 1024, limit: Int,
        where isWanted: (BlockNode) -> Bool = { _ in true }
    ) -> [BlockID] {
        let start = fork(of: best).map(height(of:)) ?? -1
        let end = min(height(of: best), start + window)
        guard limit > 0, start < end else { return [] }
        var chain: [BlockID] = []
        var walk = ancestor(of: best, at: end)
        while let here = walk, height(of: here) > start {
            chain.append(here)
            walk = parent(of: here)
        }
        var wanted: [BlockID] = []
        for id in chain.reversed() {
            let node = self[id]
            if node.status.isFailed { break }
            if node.status.hasData || !isWanted(node) { continue }
            wanted.append(id)
            if wanted.count == limit { break }
        }
        return wanted
    }
}
