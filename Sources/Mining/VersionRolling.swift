public import Genesis

/// Bits of the block version that a search turns, so that it can try one nonce under many versions.
///
/// BIP320 sets bits 13 to 28 aside for this: nobody takes them for votes. Each of the bits in use is
/// set in half of the versions, which is too few blocks for a node to warn of unknown rules.
public struct VersionRolling: Sendable, Hashable {
    /// The bits that BIP320 sets aside.
    public static let mask: Int32 = 0x1fff_e000
    /// How many are turned: each doubles the versions.
    static let bitCount = 4

    /// The bits that are turned, one in each.
    private let bits: [Int32]

    /// The lowest that no vote of the network uses; nil on a network whose blocks are signed over
    /// their version.
    public init?(in network: Network) {
        guard network.consensus.signetChallenge == nil else { return nil }
        let votes = network.consensus.deployments.reduce(Int32(0)) { $0 | $1.mask }
        let free = (0..<29).map { Int32(1) << Int32($0) }
            .filter { $0 & Self.mask != 0 && $0 & votes == 0 }
        bits = Array(free.prefix(Self.bitCount))
    }

    /// The versions to search, that of the template first. One that is no field of votes (BIP9)
    /// stays alone: its bits are not ours to turn.
    public func versions(of version: Int32) -> [Int32] {
        guard UInt32(bitPattern: version) >> 29 == 1 else { return [version] }
        return bits.reduce([version]) { versions, bit in versions + versions.map { $0 ^ bit } }
    }
}
