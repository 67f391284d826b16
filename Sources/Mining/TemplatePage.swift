import Cryptography
import Primitives
import Synchronization

/// Up to 64 transactions that stand side by side in a template.
///
/// It never changes, so what is the same object holds the same transactions: whoever made
/// something of it need not look at them again. A page is as large as a subtree of the block's
/// merkle trees, whose node is found out once, when it is first wanted.
final class TemplatePage: Sendable {
    /// How many leaves of the tree a page holds. The first page's first leaf is the coinbase.
    static let size = 1 << height
    private static let height = 6

    /// Without the coinbase.
    let transactions: [TemplateTransaction]
    private let isFirst: Bool
    private let known = Mutex(Nodes())

    private struct Nodes {
        var txids: Hash256?
        var wtxids: Hash256?
    }

    init(_ transactions: [TemplateTransaction], isFirst: Bool) {
        self.transactions = transactions
        self.isFirst = isFirst
    }

    /// The leaves of the tree of txids, and of that of witnesses. The coinbase's is zero: it is not
    /// known in the one, and zero by definition in the other (BIP141).
    var txids: [Hash256] { leaves { $0.transaction.txid } }
    var wtxids: [Hash256] { leaves { $0.transaction.wtxid } }

    private func leaves(_ id: (TemplateTransaction) -> Hash256) -> [Hash256] {
        var leaves: [Hash256] = []
        leaves.reserveCapacity(Self.size)
        if isFirst { leaves.append(.zero) }
        for transaction in transactions { leaves.append(id(transaction)) }
        return leaves
    }

    /// The nodes over those leaves in a tree of more than one page.
    var txidNode: Hash256 {
        known.withLock { known in
            let node = known.txids ?? Self.node(over: txids)
            known.txids = node
            return node
        }
    }

    var wtxidNode: Hash256 {
        known.withLock { known in
            let node = known.wtxids ?? Self.node(over: wtxids)
            known.wtxids = node
            return node
        }
    }

    private static func node(over leaves: [Hash256]) -> Hash256 {
        var node = MerkleTree.root(leaves)
        // A page that is not full is the last. What is alone on its level is paired with itself.
        var width = 1
        while width < leaves.count { width *= 2 }
        while width < size {
            node = SHA256.doubleHash(node, node)
            width *= 2
        }
        return node
    }
}
