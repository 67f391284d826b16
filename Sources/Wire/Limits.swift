/// The bounds of the protocol: what a message may hold, and the versions that matter.
public enum WireLimits {
    /// The version of the protocol spoken here: wtxid relay (BIP339) is its newest part.
    public static let protocolVersion: Int32 = 70016
    /// Peers older than this are left.
    public static let minimumProtocolVersion: Int32 = 31800
    /// Above this `ping` carries a nonce and is answered (BIP31).
    public static let pongVersion: Int32 = 60000
    /// From here blocks may be announced by `headers` (BIP130).
    public static let sendHeadersVersion: Int32 = 70012
    /// From here `feefilter` is known (BIP133).
    public static let feeFilterVersion: Int32 = 70013
    /// From here compact blocks are known (BIP152).
    public static let compactBlocksVersion: Int32 = 70014
    /// From here transactions are announced by witness id (BIP339).
    public static let wtxidRelayVersion: Int32 = 70016

    /// The largest payload of a message, in bytes.
    public static let maximumPayload = 4_000_000
    /// Entries of `inv`, `getdata` and `notfound`.
    public static let maximumInventory = 50_000
    /// Entries of one `headers` message.
    public static let maximumHeaders = 2000
    /// Entries of one `addr` or `addrv2` message.
    public static let maximumAddresses = 1000
    /// Hashes of a block locator.
    public static let maximumLocator = 101
    /// Bytes of a user agent.
    public static let maximumUserAgent = 256
    /// Bytes of an address in `addrv2` (BIP155), of whatever kind.
    public static let maximumAddressBytes = 512
    /// Hashes of one answer to `getblocks`.
    public static let maximumBlockInventory = 500
}
