import Cryptography
public import Primitives

/// A transaction chosen for a block.
public struct TemplateTransaction: Sendable {
    public var transaction: Transaction
    public var fee: Amount
    /// BIP141's cost of its signature operations.
    public var sigOpCost: Int
    /// The transactions of the block it spends from, counted from 1 since the coinbase is 0; one
    /// for each input that does.
    public internal(set) var depends: [Int] = []

    public init(transaction: Transaction, fee: Amount, sigOpCost: Int) {
        self.transaction = transaction
        self.fee = fee
        self.sigOpCost = sigOpCost
    }
}

/// A block that lacks its proof of work: a value that threads and clients can search upon.
public struct BlockTemplate: Sendable {
    public let context: TemplateContext
    /// All but the coinbase.
    public let transactions: [TemplateTransaction]
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

    /// What the coinbase's txid is hashed with, from leaf to root.
    private let branch: [Hash256]

    init(
        context: TemplateContext, transactions: [TemplateTransaction], fees: Amount,
        coinbaseValue: Amount, weight: Int, sigOpCost: Int, witnessCommitment: Script?,
        payout: PayoutSplit?, outputs: [TransactionOutput]
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
        branch = MerkleTree.branch([.zero] + transactions.map(\.transaction.txid), position: 0)
    }

    /// The coinbase, told apart from others by `extraNonce`.
    public func coinbase(extraNonce: UInt64 = 0) -> Transaction {
        Coinbase.transaction(
            height: context.height, extraNonce: extraNonce, outputs: outputs,
            hasWitness: witnessCommitment != nil)
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

    func block(header: BlockHeader, coinbase: Transaction) -> Block {
        Block(header: header, transactions: [coinbase] + transactions.map(\.transaction))
    }
}
