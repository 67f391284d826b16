/// What a peer offers to others: the service bits of `version` and of address gossip.
public struct Services: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Serves the whole chain.
    public static let network = Services(rawValue: 1 << 0)
    /// Answers bloom filters (BIP37, BIP111).
    public static let bloom = Services(rawValue: 1 << 2)
    /// Serves blocks and transactions with their witnesses (BIP144).
    public static let witness = Services(rawValue: 1 << 3)
    /// Serves compact block filters (BIP157).
    public static let compactFilters = Services(rawValue: 1 << 6)
    /// Serves at least the last 288 blocks (BIP159).
    public static let networkLimited = Services(rawValue: 1 << 10)
    /// Speaks the encrypted transport (BIP324).
    public static let v2Transport = Services(rawValue: 1 << 11)

    /// The names Bitcoin Core prints, in order of the bits.
    public var names: [String] {
        (0..<64).filter { rawValue & (1 << UInt64($0)) != 0 }.map { bit in
            switch bit {
            case 0: "NETWORK"
            case 2: "BLOOM"
            case 3: "WITNESS"
            case 6: "COMPACT_FILTERS"
            case 10: "NETWORK_LIMITED"
            case 11: "P2P_V2"
            default: "UNKNOWN[2^\(bit)]"
            }
        }
    }

    /// The bits as sixteen hexadecimal digits.
    public var hex: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
