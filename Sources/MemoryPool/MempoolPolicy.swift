public import Primitives

/// What this node asks of a transaction beyond its being valid. The defaults are Core's.
public struct MempoolPolicy: Sendable, Hashable {
    /// The lowest rate relayed (`-minrelaytxfee`).
    public var minRelayFeeRate = FeeRate(satoshisPerKvB: 100)
    /// What each replacement or eviction must add (`-incrementalrelayfee`).
    public var incrementalRelayFeeRate = FeeRate(satoshisPerKvB: 100)
    /// An output worth less than its spending costs at this rate is dust (`-dustrelayfee`).
    public var dustRelayFeeRate = FeeRate(satoshisPerKvB: 3000)
    /// How much memory the pool may take, in bytes (`-maxmempool`, there in megabytes).
    public var maxSizeBytes = 300_000_000
    /// How long a transaction may wait, in seconds (`-mempoolexpiry`, there in hours).
    public var expiry: Int64 = 336 * 3600
    /// How many bytes of data-carrying outputs a transaction may have; nil: none at all
    /// (`-datacarrier`, `-datacarriersize`).
    public var maxDataCarrierBytes: Int? = 100_000
    /// Whether outputs may be multisig without a hash around it (`-permitbaremultisig`).
    public var permitsBareMultisig = true
    /// Whether transactions must be standard (`-acceptnonstdtxn` turns it off).
    public var requiresStandard = true
    /// What one signature operation counts as, in bytes (`-bytespersigop`).
    public var bytesPerSigOp = 20
    /// How many transactions may be connected (`-limitclustercount`, at most 64).
    public var clusterCount = 64
    /// How large connected transactions may be together, in virtual bytes (`-limitclustersize`).
    public var clusterVirtualSize = 101_000

    public init() {}

    /// The limits that no option changes.
    public enum Limits {
        public static let versions: ClosedRange<UInt32> = 1...3
        public static let weight = 400_000
        /// One more than 64 bytes, which a node of a merkle tree has: CVE-2017-12842.
        public static let nonWitnessSize = 65
        public static let scriptSigSize = 1650
        public static let payToScriptHashSigOps = 15
        public static let sigOpCost = 16_000
        /// Signature operations outside the witness in one transaction: BIP54.
        public static let legacySigOps = 2500
        public static let witnessStackItems = 100
        public static let witnessStackItemSize = 80
        public static let witnessScriptSize = 3600
        public static let tapscriptStackItemSize = 80
        public static let dustOutputs = 1
        /// How many clusters one transaction may replace from: rule 5 of BIP125, as Core has it.
        public static let replacedClusters = 100
        public static let clusterCount = 64
        /// The smallest `-maxmempool`: room for forty of the largest clusters.
        public static let clustersHeld = 40
    }

    /// The virtual size that fees are asked for: signature operations may count for more.
    func virtualSize(weight: Int, sigOpCost: Int) -> Int {
        (adjustedWeight(weight: weight, sigOpCost: sigOpCost) + 3) / 4
    }

    func adjustedWeight(weight: Int, sigOpCost: Int) -> Int {
        max(weight, sigOpCost * bytesPerSigOp)
    }
}
