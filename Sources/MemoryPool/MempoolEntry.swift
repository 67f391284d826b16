public import Cryptography
public import Primitives

/// A transaction in the pool, with what was found out about it when it was let in.
public struct MempoolEntry: Sendable {
    public let transaction: Transaction
    /// What it pays, without the operator's deltas.
    public let fee: Amount
    /// What it is treated as paying: with `prioritisetransaction`'s deltas. In satoshis.
    public internal(set) var modifiedFee: Int64
    /// The weight, or what its signature operations count for if that is more.
    public let adjustedWeight: Int
    /// BIP141's cost of its signature operations.
    public let sigOpCost: Int
    /// When it came, in seconds since 1970.
    public let time: Int64
    /// The height of the tip when it came.
    public let height: Int
    /// The pool's sequence number when it came; 0 for one that came back from a block.
    public let sequence: UInt64
    /// Whether it spends a coinbase of the chain, so must be looked at again when the tip recedes.
    public let spendsCoinbase: Bool

    public var txid: Txid { transaction.txid }
    public var wtxid: Wtxid { transaction.wtxid }
    public var weight: Int { transaction.weight.units }

    /// The size fees are counted by, in virtual bytes.
    public var virtualSize: Int { (adjustedWeight + 3) / 4 }

    /// The modified fee over the adjusted weight.
    public var rate: FeeFraction { FeeFraction(fee: modifiedFee, size: Int64(adjustedWeight)) }

    /// About how many bytes of memory the pool spends on it.
    var memoryUsage: Int {
        // The buffer, its tables, the entry and its place in three tables; then an entry of the
        // table of spent outputs for each input.
        transaction.totalSize + 700 + 130 * transaction.inputs.count
            + 40 * transaction.outputs.count
    }
}

extension MempoolEntry {
    /// What a vacant slot holds.
    static let none = MempoolEntry(
        transaction: Transaction(version: 0, inputs: [], outputs: [], lockTime: 0), fee: .zero,
        modifiedFee: 0, adjustedWeight: 0, sigOpCost: 0, time: 0, height: 0, sequence: 0,
        spendsCoinbase: false)
}

/// What happened in the pool, in order.
public struct MempoolChange: Sendable {
    public enum Kind: Sendable, Hashable {
        case added
        case removed(RemovalReason)
    }

    /// Numbers all changes without a gap, as Core's mempool sequence does.
    public var sequence: UInt64
    public var kind: Kind
    public var transaction: Transaction
}
