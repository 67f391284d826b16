import Consensus
import Cryptography
import Genesis
import Primitives
import Storage

extension Chainstate {
    /// How far ahead of the tip a block may be that nobody asked for.
    private static let unaskedWindow = 288

    /// Takes a header into the index, if it keeps the rules.
    func accept(
        _ header: BlockHeader, at now: Int64, isWorkChecked: Bool
    ) -> Result<(id: BlockID, isNew: Bool), HeaderError> {
        do throws(HeaderError) {
            let accepted = try index.accept(
                header, in: network, at: now, isWorkChecked: isWorkChecked)
            return .success(accepted)
        } catch {
            return .failure(error)
        }
    }

    /// Whether a block that nobody asked for may become the tip soon.
    func isWorthKeeping(_ id: BlockID) -> Bool {
        guard let tip = index.tip else { return true }
        let node = index[id]
        return node.transactionCount == 0 && node.chainWork >= index.chainWork(of: tip)
            && node.height <= index.height(of: tip) + Self.unaskedWindow
            && node.chainWork >= minimumChainWork
    }

    /// The rule a block breaks by what can be judged without coins, or nil. The block is then
    /// known to be invalid, unless coins from outside are built on it: see `Validator.refusal`.
    func refusal(of judged: JudgedBlock, as id: BlockID) -> BlockError? {
        guard let parent = index.parent(of: id) else { return nil }
        do throws(BlockError) {
            if let error = judged.error { throw error }
            try judged.block.accept(onto: parent, of: index, in: network)
            return nil
        } catch {
            if error.result.marksFailed, !index.isActive(id) { index.markFailed(id) }
            return error
        }
    }

    /// Judges a block on the tip as if it were connected, without connecting it and without asking
    /// for proof of work (Core's `TestBlockValidity`).
    func judge(_ block: Block, at now: Int64) throws(StorageError) -> BlockError? {
        let tip = index.tip ?? index.genesis
        let gathered = try coins.gather(block.spentOutPoints, from: store)
        let overwrites = try overwrites(block, coins.keyed(block.madeOutPoints), onto: tip)
        do throws(BlockError) {
            try block.check(in: network, proofOfWork: false)
            do throws(HeaderError) {
                try index.check(block.header, onto: tip, in: network, at: now)
            } catch {
                throw .header(error)
            }
            try block.accept(onto: tip, of: index, in: network)
            let connection = try block.connect(
                onto: tip, of: index, in: network, spending: gathered, overwritesCoin: overwrites)
            if let failure = scripts.firstFailure(connection.checks, cache: verified) {
                throw .script(failure)
            }
            return nil
        } catch {
            return error
        }
    }

    /// When the relative locks of a transaction are over, in a block on the tip.
    func lock(_ transaction: Transaction, coinHeights: [Int]) -> SequenceLock {
        transaction.sequenceLock(
            coinHeights: coinHeights, onto: index.tip ?? index.genesis, of: index)
    }

    /// A block given the witness nonce that its commitment calls for, if it lacks that alone.
    func completed(_ block: Block) -> Block {
        guard let parent = index.find(block.header.previous),
            network.consensus.isActive(.segwit, at: index.height(of: parent) + 1),
            block.witnessCommitmentIndex != nil, let coinbase = block.transactions.first,
            !coinbase.hasWitness, !coinbase.inputs.isEmpty
        else { return block }
        // It may yet turn out to be no coinbase: inputs after the first stay.
        var inputs = Array(coinbase.inputs)
        inputs[0].witness = Witness([[UInt8](repeating: 0, count: 32)])
        let replacement = Transaction(
            version: coinbase.version, inputs: inputs, outputs: Array(coinbase.outputs),
            lockTime: coinbase.lockTime)
        return Block(
            header: block.header,
            transactions: [replacement] + block.transactions.dropFirst())
    }
}
