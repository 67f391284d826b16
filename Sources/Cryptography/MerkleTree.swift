/// The tree of double hashes whose root a header commits to. A level with an odd count has its
/// last hash twice.
public enum MerkleTree {
    /// The root over the leaves; zero where there are none.
    public static func root(_ leaves: [Hash256]) -> Hash256 {
        rootAndMutation(leaves).root
    }

    /// The root, and whether two neighbours that are hashed together are alike anywhere: then
    /// another list of leaves has the same root (CVE-2012-2459).
    public static func rootAndMutation(
        _ leaves: [Hash256]
    ) -> (root: Hash256, isMutated: Bool) {
        guard !leaves.isEmpty else { return (.zero, false) }
        var level = leaves
        var isMutated = false
        while level.count > 1 {
            if hasTwins(level) { isMutated = true }
            level = parents(of: level)
        }
        return (level[0], isMutated)
    }

    /// The hashes that lead from the leaf at `position` to the root, from below.
    public static func branch(_ leaves: [Hash256], position: Int) -> [Hash256] {
        precondition(leaves.indices.contains(position), "a leaf there is")
        var branch: [Hash256] = []
        var level = leaves
        var place = position
        while level.count > 1 {
            branch.append(level[min(place ^ 1, level.count - 1)])
            level = parents(of: level)
            place /= 2
        }
        return branch
    }

    /// The root that a leaf and its branch lead to.
    public static func root(
        from leaf: Hash256, branch: [Hash256], position: Int
    ) -> Hash256 {
        var hash = leaf
        var place = position
        for other in branch {
            hash =
                place & 1 == 1
                ? SHA256.doubleHash(other, hash) : SHA256.doubleHash(hash, other)
            place /= 2
        }
        return hash
    }

    private static func hasTwins(_ level: [Hash256]) -> Bool {
        stride(from: 0, to: level.count - 1, by: 2).contains { level[$0] == level[$0 + 1] }
    }

    private static func parents(of level: [Hash256]) -> [Hash256] {
        stride(from: 0, to: level.count, by: 2).map {
            SHA256.doubleHash(level[$0], level[min($0 + 1, level.count - 1)])
        }
    }
}
