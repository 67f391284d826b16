public import Cryptography
public import MemoryPool
public import Primitives

/// How a transaction handed in is to be treated.
public struct TransactionOptions: Hashable, Sendable {
    /// Refuse a transaction that pays more than this.
    public var maximumFeeRate: FeeRate?
    /// The same of one that pays more than this in all.
    public var maximumFee: Amount?
    /// Judge the transaction, and leave the pool as it is.
    public var testOnly = false
    /// Let it in whatever its fee and however full the pool.
    public var bypassesLimits = false

    public init(
        maximumFeeRate: FeeRate? = nil, maximumFee: Amount? = nil, testOnly: Bool = false,
        bypassesLimits: Bool = false
    ) {
        self.maximumFeeRate = maximumFeeRate
        self.maximumFee = maximumFee
        self.testOnly = testOnly
        self.bypassesLimits = bypassesLimits
    }
}

/// A transaction that was, or would be, let into the pool.
public struct TransactionAcceptance: Hashable, Sendable {
    public var txid: Txid
    public var wtxid: Wtxid
    public var fee: Amount
    /// In virtual bytes, adjusted for signature operations.
    public var virtualSize: Int
    /// What it is treated as paying: with what the operator added.
    public var effectiveFeeRate: FeeRate
    /// The transactions it drove out.
    public var replaced: [Txid]

    init(_ admission: Admission) {
        txid = admission.transaction.txid
        wtxid = admission.transaction.wtxid
        fee = admission.fee
        virtualSize = admission.virtualSize
        effectiveFeeRate = admission.effectiveFeeRate
        replaced = admission.replaced
    }
}

/// What became of a transaction that was handed in.
public enum TransactionOutcome: Hashable, Sendable {
    case accepted(TransactionAcceptance)
    case rejected(MempoolRejection)
}

/// What became of a transaction of our own.
public enum BroadcastOutcome: Hashable, Sendable {
    /// It is in the pool, perhaps since long, with the witness that this id covers.
    case inPool(Wtxid)
    /// An output of it is a coin of the chain.
    case alreadyInChain
    case rejected(MempoolRejection)
}
