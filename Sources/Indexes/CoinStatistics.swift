import Consensus
public import Cryptography
public import Primitives

/// The coins as they stood after a block, counted, and where all other money went.
///
/// All figures but `setHash`, `coinCount`, `bogoSize` and `totalAmount` add up what happened from
/// genesis on; what one block did is the difference to its parent.
public struct CoinStatistics: Hashable, Sendable {
    /// The MuHash of all coins.
    public var setHash = Hash256.zero
    public var coinCount: UInt64 = 0
    /// Core's measure of size that does not depend on the database, in bytes.
    public var bogoSize: UInt64 = 0
    /// The worth of all coins.
    public var totalAmount = Amount.zero
    /// What all blocks might create.
    public var subsidy = Amount.zero
    /// The worth of the coins spent, in satoshis. The same money counts each time it moves, so
    /// that this and the next two outgrow 64 bits.
    public var spent: UInt128 = 0
    /// The worth of the coins made by transactions other than coinbases, in satoshis.
    public var created: UInt128 = 0
    /// The worth of the coins made by coinbases, in satoshis.
    public var coinbase: UInt128 = 0
    public var unspendable = Unspendable()

    /// Money that nobody will ever spend, by what became of it.
    public struct Unspendable: Hashable, Sendable {
        /// The coinbase of genesis is no coin.
        public var genesis = Amount.zero
        /// Coinbases that were replaced by a later one with the same id (BIP30).
        public var replaced = Amount.zero
        /// Sent to scripts that cannot succeed.
        public var scripts = Amount.zero
        /// Fees and subsidy that miners left.
        public var unclaimed = Amount.zero

        public init() {}

        public var total: Amount { genesis + replaced + scripts + unclaimed }
    }

    public init() {}
}

extension CoinStatistics {
    /// What the miner left, once everything else of a block is counted, is unclaimed.
    mutating func closeBlock() {
        let used = created &+ coinbase &+ UInt128(truncatingIfNeeded: unspendable.total.satoshis)
        let given = spent &+ UInt128(truncatingIfNeeded: subsidy.satoshis)
        unspendable.unclaimed += Amount(satoshis: Int64(truncatingIfNeeded: given &- used))
    }

    package init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes.span)
        do {
            setHash = try reader.readHash()
            coinCount = try reader.read()
            bogoSize = try reader.read()
            totalAmount.satoshis = try reader.read()
            subsidy.satoshis = try reader.read()
            spent = try reader.read()
            created = try reader.read()
            coinbase = try reader.read()
            unspendable.genesis.satoshis = try reader.read()
            unspendable.replaced.satoshis = try reader.read()
            unspendable.scripts.satoshis = try reader.read()
            unspendable.unclaimed.satoshis = try reader.read()
            try reader.finish()
        } catch {
            return nil
        }
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 144)
        writer.write(setHash)
        writer.write(coinCount)
        writer.write(bogoSize)
        writer.write(totalAmount.satoshis)
        writer.write(subsidy.satoshis)
        writer.write(spent)
        writer.write(created)
        writer.write(coinbase)
        writer.write(unspendable.genesis.satoshis)
        writer.write(unspendable.replaced.satoshis)
        writer.write(unspendable.scripts.satoshis)
        writer.write(unspendable.unclaimed.satoshis)
        return writer.bytes
    }
}
