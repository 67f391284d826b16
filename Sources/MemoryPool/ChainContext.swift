public import Consensus
public import Cryptography
public import Primitives
public import Scripting

/// What the pool must know of the chain to judge a transaction for its next block.
public struct ChainContext: Sendable {
    public var tipHeight: Int
    /// Of the tip: what lock times in seconds are measured by (BIP113).
    public var medianTimePast: Int64
    /// Seconds since 1970.
    public var now: Int64
    /// When the transaction came, in the same seconds; nil is now.
    public var arrival: Int64?
    /// How deep a coinbase must be to be spent.
    public var coinbaseMaturity: Int
    /// The flags consensus runs the next block's scripts with.
    public var scriptFlags: ScriptFlags

    public init(
        tipHeight: Int, medianTimePast: Int64, now: Int64, coinbaseMaturity: Int,
        scriptFlags: ScriptFlags
    ) {
        self.tipHeight = tipHeight
        self.medianTimePast = medianTimePast
        self.now = now
        self.coinbaseMaturity = coinbaseMaturity
        self.scriptFlags = scriptFlags
    }
}

/// What was looked up in the chain for one judgement.
public struct GatheredCoins: Sendable {
    /// The coins of the chain among those asked for.
    public var coins: [OutPoint: Coin]
    /// Whether an output of the transaction itself is a coin of the chain: it is there already.
    /// Only looked at where a coin it spends is missing.
    public var isAlreadyKnown: Bool

    public init(coins: [OutPoint: Coin], isAlreadyKnown: Bool = false) {
        self.coins = coins
        self.isAlreadyKnown = isAlreadyKnown
    }
}

/// Answers the relative lock of a transaction whose inputs' coins are at the heights given
/// (`Transaction.sequenceLock(coinHeights:onto:of:)` on the tip).
public typealias SequenceLocks = (Transaction, [Int]) -> SequenceLock

/// How a transaction is let in.
public struct AdmissionOptions: Sendable {
    /// It comes back from a disconnected block: no limit on fee, size or kin is asked of it.
    public var bypassesLimits = false
    /// Whether it may replace what spends the same coins.
    public var allowsReplacement = true
    /// Refuse what pays more than this.
    public var maximumFeeRate: FeeRate?

    public init(
        bypassesLimits: Bool = false, allowsReplacement: Bool = true,
        maximumFeeRate: FeeRate? = nil
    ) {
        self.bypassesLimits = bypassesLimits
        self.allowsReplacement = allowsReplacement
        self.maximumFeeRate = maximumFeeRate
    }
}

/// A transaction that was found good but for its scripts. Nothing has changed yet.
public struct Admission: Sendable {
    public let transaction: Transaction
    /// The outputs it spends, one an input.
    public let spentOutputs: [TransactionOutput]
    /// The flags its scripts are to run with: standardness beyond consensus.
    public let policyFlags: ScriptFlags
    /// The flags of consensus. They demand no more than `policyFlags`; run them as well only where
    /// they hold one that those lack.
    public let consensusFlags: ScriptFlags
    /// What it replaces.
    public let replaced: [Txid]
    public let fee: Amount
    /// What it is treated as paying, in satoshis.
    public let modifiedFee: Int64
    public let virtualSize: Int

    let entry: MempoolEntry
    /// The pool's `updates` when it was judged.
    let updates: UInt64

    /// The modified fee per 1,000 virtual bytes, rounded down.
    public var effectiveFeeRate: FeeRate {
        let rate = FeeFraction(fee: modifiedFee, size: Int64(virtualSize))
        return FeeRate(satoshisPerKvB: rate.satoshisPerKilobyte)
    }

    /// What to answer where a script fails under `policyFlags`.
    public func rejection(for failure: ScriptFailure) -> MempoolRejection {
        let policy = InputPolicy(transaction: transaction, spent: spentOutputs)
        let isStripped = !transaction.hasWitness && policy.spendsWitnessProgram()
        return MempoolRejection(
            isStripped ? .witnessStripped : .notStandard, failure.mempoolRejectReason,
            failure.debugMessage)
    }
}
