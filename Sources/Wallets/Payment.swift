public import Keys
public import Primitives
internal import Scripting

/// An output that a wallet is asked to pay.
public struct Payment: Hashable, Sendable {
    public var script: Script
    public var amount: Amount
    /// Whether the fee is taken from this amount rather than added to it.
    public var subtractsFee: Bool

    /// A payment to an output script.
    public init(script: Script, amount: Amount, subtractsFee: Bool = false) {
        self.script = script
        self.amount = amount
        self.subtractsFee = subtractsFee
    }

    /// A payment to an address.
    public init(to address: Address, amount: Amount, subtractsFee: Bool = false) {
        self.init(script: address.script, amount: amount, subtractsFee: subtractsFee)
    }
}

/// How a payment is to be made; nil follows the wallet's settings.
public struct SendOptions: Sendable {
    /// The rate to pay, at least that which the node relays.
    public var feeRate: FeeRate?
    /// Whether the transaction says that it may be replaced (BIP125).
    public var signalsReplacement: Bool?
    public var changeAddress: Address?
    public var changeType: AddressType?
    /// Where among the outputs the change stands; nil is anywhere.
    public var changePosition: Int?
    /// Coins that must be spent.
    public var inputs: [OutPoint] = []
    /// Whether other coins may be added to them.
    public var addsInputs = true
    /// Whether coins that wait in the mempool, from others, may be spent.
    public var includesUnsafe = false
    /// Confirmations that the coins must have.
    public var depths: ClosedRange<Int> = 0...9_999_999
    /// The lock time; nil makes the transaction good from the next block on.
    public var lockTime: UInt32?
    public var comment: String?
    public var commentTo: String?

    /// The wallet's way.
    public init() {}
}

/// What a transaction is made under, besides the wallet's own state.
struct DraftConditions: Sendable {
    var settings: WalletSettings
    /// The least rate that the node relays, and the least it takes into its mempool now.
    var relayFeeRate: FeeRate
    var mempoolFeeRate: FeeRate
    /// Outputs that cost more than a third of their value to spend at this rate are dust.
    var dustFeeRate: FeeRate
    /// Whether the chain is at its present end, so that a lock time at the tip says nothing odd.
    var isCurrent: Bool
}

/// A transaction that a wallet made.
public struct Draft: Sendable {
    public let transaction: Transaction
    public let fee: Amount
    /// Where the change stands; nil when there is none.
    public let changePosition: Int?
    /// Whether all inputs are signed.
    public let isComplete: Bool
}

extension TransactionOutput {
    /// The value below which the output would cost more than a third of it to spend.
    func dustThreshold(at rate: FeeRate) -> Amount {
        guard !script.isUnspendable else { return .zero }
        // An input of the usual kind: its signature in the witness counts a quarter.
        let inputSize = script.witnessProgram == nil ? 148 : 67
        return rate.fee(virtualSize: serializedSize + inputSize)
    }

    func isDust(at rate: FeeRate) -> Bool { value < dustThreshold(at: rate) }
}
