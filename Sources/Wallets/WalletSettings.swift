public import Genesis
public import Keys
public import Primitives

/// How the wallets of a node behave, as set by Core's flags.
public struct WalletSettings: Hashable, Sendable {
    /// The rate when there is none to estimate from; zero refuses to send then (`-fallbackfee`).
    public var fallbackFeeRate: FeeRate
    /// The least rate a wallet pays (`-mintxfee`).
    public var minimumFeeRate = FeeRate(satoshisPerKvB: 1_000)
    /// Change not worth spending at this rate is left to the miner (`-discardfee`).
    public var discardFeeRate = FeeRate(satoshisPerKvB: 10_000)
    /// The rate below which coins are worth joining (`-consolidatefeerate`).
    public var consolidateFeeRate = FeeRate(satoshisPerKvB: 10_000)
    /// The most a wallet pays for one transaction (`-maxtxfee`).
    public var maximumFee = Amount(satoshis: 10_000_000)
    /// Whether transactions say that they may be replaced (BIP125, `-walletrbf`).
    public var signalsReplacement = true
    /// Whether change is spent before it is confirmed (`-spendzeroconfchange`).
    public var spendsUnconfirmedChange = true
    /// Whether transactions are sent out at all (`-walletbroadcast`).
    public var broadcasts = true
    /// The kind of new addresses (`-addresstype`).
    public var addressType = AddressType.bech32
    /// The kind of change addresses; nil follows the payment (`-changetype`).
    public var changeType: AddressType?
    /// How many addresses beyond the last one used are watched for (`-keypool`).
    public var keypoolSize: UInt32 = 1_000

    /// Core's defaults for a network. One's own network has no fees to estimate from, so there the
    /// least rate is paid.
    public init(network: Network) {
        fallbackFeeRate = network.kind == .own ? FeeRate(satoshisPerKvB: 1_000) : .zero
    }
}
