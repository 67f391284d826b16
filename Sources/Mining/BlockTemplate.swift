import Cryptography
public import Primitives

/// A block that lacks its proof of work: a value that threads and clients can search upon.
public struct BlockTemplate: Sendable {
    public let context: TemplateContext
    /// All but the coinbase.
    public let transactions: TemplateTransactions
    public let fees: Amount
    /// What the coinbase may pay: subsidy and fees.
    public let coinbaseValue: Amount
    /// What was counted while filling it: with what was kept for the coinbase.
    public let weight: Int
    public let sigOpCost: Int
    /// The script of the output that commits to the witnesses, where the block has it.
    public let witnessCommitment: Script?
    /// How a roster is paid.
    public let payout: PayoutSplit?
    /// Of the coinbase: payees, payout commitment, witness commitment.
    public let outputs: [TransactionOutput]
    /// Who answers the challenge, on a signet whose blocks are to be signed.
    public var signer: BlockSigner?

    /// What the coinbase's txid is hashed with, from leaf to root; nil until it is wanted, where
    /// nobody may search on this as it is.
    private let knownBranch: [Hash256]?

    private var branch: [Hash256] { knownBranch ?? transactions.coinbaseBranch }

    init(
        context: TemplateContext, transactions: TemplateTransactions, fees: Amount,
        coinbaseValue: Amount, weight: Int, sigOpCost: Int, witnessCommitment: Script?,
        payout: PayoutSplit?, outputs: [TransactionOutput], isSearched: Bool
    ) {
        self.context = context
        self.transactions = transactions
        self.fees = fees
        self.coinbaseValue = coinbaseValue
        self.weight = weight
        self.sigOpCost = sigOpCost
        self.witnessCommitment = witnessCommitment
        self.payout = payout
        self.outputs = outputs
        knownBranch = isSearched ? transactions.coinbaseBranch : nil
    }

    private init(_ other: BlockTemplate, payout: PayoutSplit, outputs: [TransactionOutput]) {
        context = other.context
        transactions = other.transactions
        fees = other.fees
        coinbaseValue = other.coinbaseValue
        weight = other.weight
        sigOpCost = other.sigOpCost
        witnessCommitment = other.witnessCommitment
        self.payout = payout
        self.outputs = outputs
        signer = other.signer
        knownBranch = other.branch
    }

    /// The same block paid by another plan, which must not need more room than the one it was made
    /// for: the same roster, another finder, share window or size class.
    public func paying(_ plan: PayoutPlan) throws(PayoutError) -> BlockTemplate {
        let split = try plan.split(reward: coinbaseValue, onto: context.previous)
        var outputs = split.coinbaseOutputs
        if let witnessCommitment {
            outputs.append(TransactionOutput(value: .zero, script: witnessCommitment))
        }
        return BlockTemplate(self, payout: split, outputs: outputs)
    }

    /// What shares are looked for on: the coinbase cut where its extra nonce of eight bytes stands.
    public var shareJob: ShareJob {
        let coinbase = coinbase(extraNonce: .max)
        let bytes = coinbase.strippedBytes
        // Version, count, out point and the script's length come before the script.
        let script = Coinbase.script(height: context.height, extraNonce: .max)
        let start = 4 + 1 + 36 + 1 + script.count - 8
        return ShareJob(
            prefix: Array(bytes[..<start]), suffix: Array(bytes[(start + 8)...]), branch: branch)
    }

    /// The coinbase, told apart from others by `extraNonce`, and by its input's `sequence` where
    /// clients search on it.
    public func coinbase(extraNonce: UInt64 = 0, sequence: UInt32? = nil) -> Transaction {
        Coinbase.transaction(
            height: context.height, extraNonce: extraNonce, sequence: sequence, outputs: outputs,
            hasWitness: witnessCommitment != nil)
    }

    /// The cost of the coinbase's signature operations.
    public var coinbaseSigOpCost: Int { Coinbase.sigOpCost(of: outputs) }

    /// The coinbase, with the answer to the network's challenge where there is one to be given. A
    /// challenge that the keys do not answer leaves it as it is, and the block is refused.
    public func signedCoinbase(extraNonce: UInt64, time: UInt32) -> Transaction {
        let coinbase = coinbase(extraNonce: extraNonce)
        guard let signer else { return coinbase }
        let header = header(coinbase: coinbase, time: time)
        return signer.signed(block(header: header, coinbase: coinbase)) ?? coinbase
    }

    /// The header over that coinbase and all transactions, its nonce still zero.
    public func header(coinbase: Transaction, time: UInt32) -> BlockHeader {
        BlockHeader(
            version: context.version, previous: context.previous,
            merkleRoot: MerkleTree.root(from: coinbase.txid, branch: branch, position: 0),
            time: time, bits: context.bits, nonce: 0)
    }

    /// The whole block, its nonce still zero.
    public func block(extraNonce: UInt64 = 0, time: UInt32? = nil) -> Block {
        let coinbase = coinbase(extraNonce: extraNonce)
        let header = header(
            coinbase: coinbase, time: time ?? UInt32(clamping: context.time))
        return block(header: header, coinbase: coinbase)
    }

    /// The whole block of a header that was searched and found.
    public func block(header: BlockHeader, coinbase: Transaction) -> Block {
        Block(header: header, transactions: [coinbase] + transactions.map(\.transaction))
    }
}
