/// Numbers that are the same on every network.
public enum ConsensusLimits {
    /// What a block may weigh at most (BIP141).
    public static let maximumBlockWeight = 4_000_000
    /// What the signature operations of a block may cost at most (BIP141).
    public static let maximumSigOpCost = 80_000
    /// What a byte without witness discount weighs, and what an old signature operation costs.
    public static let witnessScaleFactor = 4
    /// The least a valid transaction can weigh.
    public static let minimumTransactionWeight = 240
    /// Lock times below this are heights, all others are times (BIP65).
    public static let lockTimeThreshold: UInt32 = 500_000_000
    /// How many seconds ahead of our clock a block may be dated.
    public static let maximumFutureBlockTime: Int64 = 7200
    /// How many seconds the first block of a period may be dated before its parent (BIP94).
    public static let maximumTimewarp: Int64 = 600
    /// Blocks whose median time is the time of the chain (BIP113).
    public static let medianTimeSpan = 11
}
