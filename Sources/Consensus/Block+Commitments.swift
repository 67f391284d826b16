public import Cryptography
public import Primitives
import Scripting

extension Block {
    /// The output of the coinbase that commits to the witnesses: the last with the right beginning.
    public var witnessCommitmentIndex: Int? {
        transactions.first?.outputs.lastIndex { Self.isWitnessCommitment($0.script) }
    }

    /// What the coinbase commits to, for a witness root and the 32 bytes in the coinbase's witness.
    public static func witnessCommitment(root: Hash256, nonce: Hash256) -> Hash256 {
        SHA256.doubleHash(root, nonce)
    }

    /// The script of the output that commits to the witnesses.
    public static func witnessCommitmentScript(_ commitment: Hash256) -> Script {
        Script(commitmentPrefix + commitment.bytes)
    }

    private static let commitmentPrefix: [UInt8] = [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed]

    private static func isWitnessCommitment(_ script: Script) -> Bool {
        script.count >= 38 && script.bytes.starts(with: commitmentPrefix)
    }

    /// Checks that the witnesses are those the coinbase commits to, or that there are none.
    ///
    /// - Parameter isExpected: whether segregated witness is in force.
    func checkWitness(isExpected: Bool) throws(BlockError) {
        let transactions = transactions
        if isExpected, let index = witnessCommitmentIndex, let coinbase = transactions.first {
            let witness = coinbase.inputs.first?.witness ?? .empty
            guard witness.count == 1, let item = witness.first,
                let nonce = Hash256(bytes: item)
            else { throw .witnessNonceSize }
            let commitment = Self.witnessCommitment(root: computeWitnessMerkleRoot(), nonce: nonce)
            guard coinbase.outputs[index].script.bytes.dropFirst(6).starts(with: commitment.bytes)
            else { throw .witnessMerkleRoot }
            return
        }
        for transaction in transactions where transaction.hasWitness { throw .unexpectedWitness }
    }

    /// Throws where the block is not the one its header was mined for: whoever sent it tampered
    /// with it, and another with the same hash may be valid (Bitcoin Core's `IsBlockMutated`).
    public func checkMutation(checkingWitness: Bool) throws(BlockError) {
        let (root, isMutated) = computeMerkleRoot()
        guard root == header.merkleRoot else { throw .merkleRoot }
        guard !isMutated else { throw .repeatedTransactions }
        guard transactions.first?.isCoinbase == true else {
            // A transaction of 64 bytes could be two hashes of the tree.
            guard !transactions.contains(where: { $0.baseSize == 64 }) else {
                throw .merkleRoot
            }
            return
        }
        try checkWitness(isExpected: checkingWitness)
    }
}
