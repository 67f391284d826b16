import CSHA256

/// The tree of double hashes by which a block's header commits to its transactions.
///
/// A level with an odd count repeats its last hash. That lets different lists have one root
/// (CVE-2012-2459), so whoever judges a block asks for `rootAndMutation`.
public enum MerkleTree {
    /// The root over the leaves; zero over none.
    public static func root(_ leaves: [Hash256]) -> Hash256 { rootAndMutation(leaves).root }

    /// The root over the leaves, and whether two hashes that are paired at any level are the same,
    /// so that the same root comes from a list without the repetition.
    public static func rootAndMutation(_ leaves: [Hash256]) -> (root: Hash256, isMutated: Bool) {
        guard !leaves.isEmpty else { return (.zero, false) }
        var level = leaves
        var isMutated = false
        while level.count > 1 {
            isMutated = isMutated || hasEqualPair(level)
            hashPairs(of: &level)
        }
        return (level[0], isMutated)
    }

    /// The hashes beside the path from the leaf at `position` to the root, from the leaves up.
    public static func branch(_ leaves: [Hash256], position: Int) -> [Hash256] {
        precondition(leaves.indices.contains(position), "there is such a leaf")
        var level = leaves
        var index = position
        var branch: [Hash256] = []
        while level.count > 1 {
            branch.append(level[min(index ^ 1, level.count - 1)])
            hashPairs(of: &level)
            index >>= 1
        }
        return branch
    }

    /// The root that `leaf` has at `position` beside the hashes of `branch`.
    public static func root(from leaf: Hash256, branch: [Hash256], position: Int) -> Hash256 {
        var index = position
        return branch.reduce(leaf) { hash, sibling in
            defer { index >>= 1 }
            return index & 1 == 0
                ? SHA256.doubleHash(hash, sibling) : SHA256.doubleHash(sibling, hash)
        }
    }

    private static func hasEqualPair(_ level: [Hash256]) -> Bool {
        stride(from: 1, to: level.count, by: 2).contains { level[$0 - 1] == level[$0] }
    }

    /// Replaces a level by the one above it, in place.
    private static func hashPairs(of level: inout [Hash256]) {
        if level.count % 2 == 1, let last = level.last { level.append(last) }
        let count = level.count / 2
        if UInt16(1).littleEndian != 1 { level = level.map(\.littleEndian) }
        level.withUnsafeMutableBytes { bytes in
            // Safe: a Hash256 is 32 bytes without padding, and a message is read before the hash
            // is written in its place or before it.
            guard let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
            csha256_double_hash64(csha256_best_for_bulk(), start, start, count)
        }
        level.removeLast(count)
        if UInt16(1).littleEndian != 1 { level = level.map(\.littleEndian) }
    }
}
