public import Primitives

/// A block, as a wallet remembers it.
public struct ChainPoint: Hashable, Sendable {
    public let hash: BlockHash
    public let height: Int

    /// A block at its height.
    public init(hash: BlockHash, height: Int) {
        self.hash = hash
        self.height = height
    }
}

/// A transaction that concerns a wallet.
struct WalletTransaction: Hashable, Sendable {
    /// What is known of its confirmation. Whether the mempool holds it is kept elsewhere, since it is
    /// true only of this run of the node.
    enum State: Hashable, Sendable {
        case confirmed(ConfirmationPlace)
        /// A transaction of the block spends the same coin.
        case conflicted(with: ChainPoint)
        case unconfirmed(isAbandoned: Bool)
    }

    let transaction: Transaction
    var state: State
    /// Counts up in the order the wallet met its transactions.
    var order: Int64
    /// When the wallet met it, in seconds since 1970.
    var timeReceived: Int64
    /// When it seems to have been made, for people to read.
    var time: Int64
    var comment: String?
    var commentTo: String?
    var replaces: Txid?
    var replacedBy: Txid?

    var txid: Txid { transaction.txid }

    var confirmation: ConfirmationPlace? {
        if case .confirmed(let place) = state { place } else { nil }
    }

    var isAbandoned: Bool { state == .unconfirmed(isAbandoned: true) }

    var isConflicted: Bool {
        if case .conflicted = state { true } else { false }
    }
}

/// Where in the chain a transaction stands.
public struct ConfirmationPlace: Hashable, Sendable {
    public let block: ChainPoint
    /// The place among the block's transactions.
    public let position: Int
    /// The block's time.
    public let time: UInt32
}
