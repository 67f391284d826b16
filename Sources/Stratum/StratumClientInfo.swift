public import Mining

/// What is known of a miner that is logged in.
public struct StratumClientInfo: Sendable {
    public var number: UInt32
    public var address: String
    public var name: String
    public var worker: String
    public var agent: String
    public var difficulty: Double
    public var hashesPerSecond: Double
    /// How long the connection has lasted.
    public var connected: Duration
    public var counts: StratumCounts
}
