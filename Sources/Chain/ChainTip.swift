public import Cryptography
public import Primitives

/// The last block of the active chain.
public struct ChainTip: Hashable, Sendable {
    public var hash: BlockHash
    public var height: Int
    /// The header's time, in seconds since 1970.
    public var time: UInt32
    /// The median of the last eleven times, in seconds since 1970.
    public var medianTimePast: UInt32
    public var bits: UInt32
    public var chainWork: UInt256

    public init(
        hash: BlockHash, height: Int, time: UInt32, medianTimePast: UInt32, bits: UInt32,
        chainWork: UInt256
    ) {
        self.hash = hash
        self.height = height
        self.time = time
        self.medianTimePast = medianTimePast
        self.bits = bits
        self.chainWork = chainWork
    }
}
