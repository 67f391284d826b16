public import Cryptography
public import Primitives

/// What a block to be built must know of the chain it goes on.
public struct TemplateContext: Sendable, Hashable {
    public var previous: BlockHash
    /// Of the block to be built.
    public var height: Int
    public var version: Int32
    public var bits: UInt32
    /// The earliest time it may bear, in seconds since 1970.
    public var minimumTime: Int64
    /// Of the previous block: what its transactions' lock times are measured by.
    public var medianTimePast: Int64
    /// The time it is to bear: now, or the earliest.
    public var time: Int64
    /// What it mints, fees not among it.
    public var subsidy: Amount
    /// Whether segregated witness is active, so that witnesses must be committed to.
    public var hasWitness: Bool

    public init(
        previous: BlockHash, height: Int, version: Int32, bits: UInt32, minimumTime: Int64,
        medianTimePast: Int64, time: Int64, subsidy: Amount, hasWitness: Bool
    ) {
        self.previous = previous
        self.height = height
        self.version = version
        self.bits = bits
        self.minimumTime = minimumTime
        self.medianTimePast = medianTimePast
        self.time = time
        self.subsidy = subsidy
        self.hasWitness = hasWitness
    }
}

/// How blocks are filled. The defaults are Core's.
public struct AssemblyOptions: Sendable, Hashable {
    /// The heaviest block to build (`-blockmaxweight`).
    public var maxWeight = 4_000_000
    /// The lowest rate to include (`-blockmintxfee`).
    public var minFeeRate = FeeRate(satoshisPerKvB: 1)
    /// Room for header and coinbase where the coinbase is not known (`-blockreservedweight`).
    public var reservedWeight = 8000
    /// Whether room is kept for the answer to a signet's challenge.
    public var isSigned = false
    /// Signature operations kept for a coinbase that is not known, as cost.
    public var coinbaseSigOpCost = 400

    public init() {}
}
