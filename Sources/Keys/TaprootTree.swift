public import Cryptography
public import Primitives
internal import Scripting

/// How a taproot output was made (BIP341): the key inside, and the scripts it may be spent with.
public struct TaprootTree: Sendable, Hashable {
    /// A script of the tree.
    public struct Leaf: Sendable, Hashable {
        /// How many branches lie above it.
        public let depth: Int
        /// The script.
        public let script: Script
        /// The leaf version; 0xc0 is tapscript.
        public let version: UInt8
        /// The hashes beside the way from the leaf to the root, lowest first.
        public fileprivate(set) var path: [Hash256]

        /// The hash that stands for the leaf in the tree.
        public var hash: Hash256 { Taproot.leafHash(version: version, script: script.bytes) }
    }

    /// The internal key, x-only raw bytes.
    public let internalKey: XOnlyPublicKey
    /// The root of the tree, or nil when there are no scripts.
    public let merkleRoot: Hash256?
    /// The scripts, from left to right.
    public let leaves: [Leaf]
    /// The key of the output, x-only.
    public let outputKey: XOnlyPublicKey
    /// Whether the output key's other coordinate is odd.
    public let outputParity: Bool

    /// Builds the tree of these scripts; `depths` must be those of a full binary tree, left to right.
    /// Nil when they are not, or when the key cannot be tweaked.
    public init?(internalKey: XOnlyPublicKey, scripts: [(depth: Int, script: Script)]) {
        self.internalKey = internalKey
        guard let (root, leaves) = Self.build(scripts) else { return nil }
        self.merkleRoot = root
        self.leaves = leaves
        guard let output = internalKey.taprootOutput(merkleRoot: root) else { return nil }
        outputKey = output.key
        outputParity = output.parity
    }

    /// What proves that a leaf is in the tree: the second last element of the witness.
    public func controlBlock(for leaf: Leaf) -> [UInt8] {
        var block = [leaf.version | (outputParity ? 1 : 0)] + internalKey.bytes
        for hash in leaf.path { hash.append(to: &block) }
        return block
    }

    /// The most branches above a leaf: what a control block has room for.
    static let maximumDepth = 128

    /// Joins neighbours of equal depth, as a parser of a prefix-free code would, until one is left.
    private static func build(
        _ scripts: [(depth: Int, script: Script)]
    ) -> (root: Hash256?, leaves: [Leaf])? {
        guard !scripts.isEmpty else { return (nil, []) }
        var leaves: [Leaf] = []
        var open: [(depth: Int, hash: Hash256, leaves: Range<Int>)] = []
        for (depth, script) in scripts {
            guard (0...maximumDepth).contains(depth) else { return nil }
            let leaf = Leaf(depth: depth, script: script, version: 0xc0, path: [])
            leaves.append(leaf)
            var node = (depth: depth, hash: leaf.hash, leaves: (leaves.count - 1)..<leaves.count)
            while let left = open.last, left.depth == node.depth, node.depth > 0 {
                open.removeLast()
                for index in left.leaves { leaves[index].path.append(node.hash) }
                for index in node.leaves { leaves[index].path.append(left.hash) }
                node = (
                    node.depth - 1, Taproot.branchHash(left.hash, node.hash),
                    left.leaves.lowerBound..<node.leaves.upperBound
                )
            }
            open.append(node)
        }
        guard open.count == 1, let root = open.first, root.depth == 0 else { return nil }
        return (root.hash, leaves)
    }
}
