import Primitives

/// The first message of either side: who it is and what it speaks.
public struct VersionMessage: Hashable, Sendable {
    public var version: Int32
    public var services: Services

    /// Seconds since 1970 by the sender's clock.
    public var time: Int64

    /// What the sender knows of the receiver's services, and where it sees the receiver.
    public var receiverServices: Services
    public var receiver: Endpoint

    /// A number by which a node knows its own connections.
    public var nonce: UInt64

    /// Software and version, as `/Cellblock:0.1.0/` (BIP14).
    public var userAgent: String

    /// The height of the sender's chain, -1 when it did not tell.
    public var startHeight: Int32

    /// Whether the sender wants to be told of transactions (BIP37).
    public var relaysTransactions: Bool

    public init(
        version: Int32, services: Services, time: Int64, receiverServices: Services,
        receiver: Endpoint, nonce: UInt64, userAgent: String, startHeight: Int32,
        relaysTransactions: Bool
    ) {
        self.version = version
        self.services = services
        self.time = time
        self.receiverServices = receiverServices
        self.receiver = receiver
        self.nonce = nonce
        self.userAgent = userAgent
        self.startHeight = startHeight
        self.relaysTransactions = relaysTransactions
    }
}

extension VersionMessage {
    /// Reads the message. All that follows the receiver's address may be missing.
    @_lifetime(reader: copy reader)
    init(from reader: inout ByteReader) throws(DecodingError) {
        version = try reader.read()
        services = Services(rawValue: try reader.read())
        time = max(0, try reader.read())
        receiverServices = Services(rawValue: try reader.read())
        receiver = try Endpoint(legacy: &reader)
        nonce = 1
        userAgent = ""
        startHeight = -1
        relaysTransactions = true
        if reader.remaining > 0 {
            // The sender's own services and address, which nobody uses.
            _ = try reader.readRange(count: 26)
            nonce = try reader.read()
        }
        if reader.remaining > 0 {
            userAgent = try reader.readString(limit: WireLimits.maximumUserAgent)
        }
        if reader.remaining > 0 { startHeight = try reader.read() }
        if reader.remaining > 0 { relaysTransactions = try reader.read(UInt8.self) != 0 }
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(version)
        writer.write(services.rawValue)
        writer.write(time)
        writer.write(receiverServices.rawValue)
        receiver.encodeLegacy(to: &writer)
        writer.write(services.rawValue)
        Endpoint.unspecified.encodeLegacy(to: &writer)
        writer.write(nonce)
        writer.writeSized(Array(userAgent.utf8))
        writer.write(startHeight)
        writer.write(UInt8(relaysTransactions ? 1 : 0))
    }

    /// The user agent as it may be shown.
    public var sanitisedUserAgent: String { userAgent.sanitised }
}
