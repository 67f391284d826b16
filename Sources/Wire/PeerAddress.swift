package import Primitives

/// A node as gossip tells of it: where it is, what it offers, and when it was last heard of.
public struct PeerAddress: Hashable, Sendable {
    public var endpoint: Endpoint
    public var services: Services

    /// Seconds since 1970.
    public var time: UInt32

    public init(_ endpoint: Endpoint, services: Services, time: UInt32) {
        self.endpoint = endpoint
        self.services = services
        self.time = time
    }
}

extension PeerAddress {
    /// The bytes an entry of `addr` takes.
    static let legacySize = 30

    /// Reads an entry of `addr`.
    @_lifetime(reader: copy reader)
    init(legacy reader: inout ByteReader) throws(DecodingError) {
        time = try reader.read()
        services = Services(rawValue: try reader.read())
        endpoint = try Endpoint(legacy: &reader)
    }

    func encodeLegacy(to writer: inout ByteWriter) {
        writer.write(time)
        writer.write(services.rawValue)
        endpoint.encodeLegacy(to: &writer)
    }

    /// Reads an entry of `addrv2` (BIP155). nil for an address of a network that is not known
    /// here, which is no error.
    @_lifetime(reader: copy reader)
    static func read(
        from reader: inout ByteReader
    ) throws(DecodingError) -> PeerAddress? {
        let time = try reader.read(UInt32.self)
        let services = Services(rawValue: try reader.readCompactSize(isRangeChecked: false))
        let address = try NetworkAddress.read(from: &reader)
        let port = try reader.readBigEndian(UInt16.self)
        return address.map { PeerAddress(Endpoint($0, port: port), services: services, time: time) }
    }

    func encode(to writer: inout ByteWriter) {
        writer.write(time)
        writer.writeCompactSize(services.rawValue)
        writer.write(endpoint.address.kind.rawValue)
        writer.writeSized(endpoint.address.bytes)
        writer.writeBigEndian(endpoint.port)
    }
}

extension Endpoint {
    /// Reads sixteen bytes of address and the port. What the old form cannot mean (Tor v2, names)
    /// becomes the unspecified address, which is not valid.
    @_lifetime(reader: copy reader)
    init(legacy reader: inout ByteReader) throws(DecodingError) {
        let bytes = try reader.readBytes(count: 16)
        let port = try reader.readBigEndian(UInt16.self)
        self.init(NetworkAddress(kind: .ipv6, bytes: bytes) ?? .unspecified, port: port)
    }

    func encodeLegacy(to writer: inout ByteWriter) {
        writer.write(address.legacyBytes)
        writer.writeBigEndian(port)
    }
}

extension NetworkAddress {
    /// Reads the network, the length and the bytes of a BIP155 address.
    ///
    /// - Returns: nil for a network that is not known here, and for an address that belongs into
    ///   another form (an IPv4 address wrapped in IPv6).
    @_lifetime(reader: copy reader)
    package static func read(
        from reader: inout ByteReader
    ) throws(DecodingError) -> NetworkAddress? {
        let network = try reader.read(UInt8.self)
        let size = try reader.readCompactSize()
        guard size <= UInt64(WireLimits.maximumAddressBytes) else {
            throw .invalid("Address too long: \(size) > \(WireLimits.maximumAddressBytes)")
        }
        if let kind = Kind(rawValue: network), size != UInt64(kind.size) {
            throw .invalid(
                "BIP155 \(kind.formalName) address with length \(size) (should be \(kind.size))")
        }
        let bytes = try reader.readBytes(count: Int(size))
        guard let kind = Kind(rawValue: network) else { return nil }
        if kind == .ipv6, bytes.starts(with: mappedPrefix) || bytes.starts(with: torV2Prefix) {
            return nil
        }
        return NetworkAddress(kind: kind, bytes: bytes)
    }
}

extension NetworkAddress.Kind {
    /// The name in the error texts of BIP155 decoding.
    var formalName: String {
        switch self {
        case .ipv4: "IPv4"
        case .ipv6: "IPv6"
        case .onion: "TORv3"
        case .i2p: "I2P"
        case .cjdns: "CJDNS"
        }
    }
}
