public import Cryptography
import Synchronization

/// The merkle roots of a block's transactions, worked out when first asked for: whoever receives a
/// block, judges it by itself and accepts it needs the same.
final class BlockRoots: Sendable {
    private let ofIDs = Mutex<(root: Hash256, isMutated: Bool)?>(nil)
    private let ofWitnessIDs = Mutex<Hash256?>(nil)

    func ofIDs(in transactions: BlockTransactions) -> (root: Hash256, isMutated: Bool) {
        ofIDs.withLock { known in
            if let known { return known }
            let found = MerkleTree.rootAndMutation(
                transactions.indices.map { transactions.txid(at: $0) })
            known = found
            return found
        }
    }

    func ofWitnessIDs(in transactions: BlockTransactions) -> Hash256 {
        ofWitnessIDs.withLock { known in
            if let known { return known }
            let found = MerkleTree.root(
                transactions.indices.map { $0 == 0 ? .zero : transactions.wtxid(at: $0) })
            known = found
            return found
        }
    }
}

extension Block {
    /// The merkle root of the transactions, and whether some are repeated in a way that the root
    /// does not show.
    public func computeMerkleRoot() -> (root: Hash256, isMutated: Bool) {
        roots.ofIDs(in: transactions)
    }

    /// The root over the transactions with their witnesses, zero standing for the coinbase (BIP141).
    public func computeWitnessMerkleRoot() -> Hash256 { roots.ofWitnessIDs(in: transactions) }
}
