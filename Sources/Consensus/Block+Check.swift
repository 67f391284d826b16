public import Genesis
public import Primitives
import Scripting

extension Block {
    /// Checks what needs nothing but the block (Bitcoin Core's `CheckBlock`).
    ///
    /// What may have been tampered with on its way is looked at first, so that an honest block is
    /// not condemned for another's bytes.
    ///
    /// - Parameters:
    ///   - proofOfWork: false for a block that is yet to be mined; leaves out the signet solution
    ///     too.
    ///   - merkleRoot: false for a block whose root is yet to be filled in.
    public func check(
        in network: Network, proofOfWork: Bool = true, merkleRoot: Bool = true
    ) throws(BlockError) {
        if proofOfWork {
            do throws(HeaderError) {
                try header.check(hash: hash, in: network)
            } catch {
                throw .header(error)
            }
            guard hasSignetSolution(in: network) else { throw .signetSolution }
        }
        if merkleRoot { try checkMerkleRoot() }
        try checkShape()

        for transaction in transactions {
            do throws(TransactionError) {
                try transaction.check()
            } catch {
                throw .transaction(error, transaction.txid)
            }
        }
        // The accurate count comes when the block is connected.
        var sigOps = 0
        for transaction in transactions { sigOps += transaction.legacySigOpCount }
        guard
            sigOps * ConsensusLimits.witnessScaleFactor <= ConsensusLimits.maximumSigOpCost
        else { throw .legacySigOps }
    }

    private func checkMerkleRoot() throws(BlockError) {
        let (root, isMutated) = computeMerkleRoot()
        guard root == header.merkleRoot else { throw .merkleRoot }
        guard !isMutated else { throw .repeatedTransactions }
    }

    private func checkShape() throws(BlockError) {
        let transactions = transactions
        let limit = ConsensusLimits.maximumBlockWeight
        guard !transactions.isEmpty,
            transactions.count * ConsensusLimits.witnessScaleFactor <= limit,
            strippedSize * ConsensusLimits.witnessScaleFactor <= limit
        else { throw .length }
        for (index, transaction) in transactions.enumerated() {
            if index == 0 {
                guard transaction.isCoinbase else { throw .coinbaseMissing }
            } else {
                guard !transaction.isCoinbase else { throw .coinbaseMultiple }
            }
        }
    }

    /// Checks what follows from the headers before it (Bitcoin Core's `ContextualCheckBlock`).
    ///
    /// The block has passed `check`, its header `BlockIndex.check`.
    public func accept(
        onto parent: BlockID, of index: BlockIndex, in network: Network
    ) throws(BlockError) {
        let rules = network.consensus
        let height = index.height(of: parent) + 1
        let time =
            rules.isActive(.csv, at: height)
            ? index.medianTimePast(of: parent) : Int64(header.time)
        for transaction in transactions where !transaction.isFinal(height: height, time: time) {
            throw .nonFinal
        }
        if rules.isActive(.bip34, at: height) {
            let expected = ScriptBuilder().adding(number: Int64(height)).bytes
            let script = transactions.first?.inputs.first?.script.bytes ?? []
            guard script.starts(with: expected) else { throw .coinbaseHeight }
        }
        try checkWitness(isExpected: rules.isActive(.segwit, at: height))
        // Only now, as the coinbase's witness could have been filled up on the way.
        guard weight.units <= ConsensusLimits.maximumBlockWeight else { throw .weight }
    }
}
