/// Where a node can be reached, without the port: an address of one of the networks of BIP155.
public struct NetworkAddress: Hashable, Sendable {
    /// The network an address belongs to.
    public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        case ipv4 = 1
        case ipv6 = 2
        /// Tor v3: the service's public key.
        case onion = 4
        /// The hash of an I2P destination.
        case i2p = 5
        case cjdns = 6

        /// The bytes an address of this kind takes.
        public var size: Int {
            switch self {
            case .ipv4: 4
            case .ipv6, .cjdns: 16
            case .onion, .i2p: 32
            }
        }

        /// The name Bitcoin Core prints.
        public var name: String {
            switch self {
            case .ipv4: "ipv4"
            case .ipv6: "ipv6"
            case .onion: "onion"
            case .i2p: "i2p"
            case .cjdns: "cjdns"
            }
        }

        public init?(name: String) {
            guard let kind = Self.allCases.first(where: { $0.name == name }) else { return nil }
            self = kind
        }
    }

    public let kind: Kind

    /// The address in network order; as many bytes as `kind` takes.
    public let bytes: [UInt8]

    /// nil where the count of bytes is not what the kind takes.
    ///
    /// An IPv6 address that only wraps an IPv4 address becomes the latter.
    public init?(kind: Kind, bytes: [UInt8]) {
        guard bytes.count == kind.size else { return nil }
        if kind == .ipv6, bytes.starts(with: Self.mappedPrefix) {
            (self.kind, self.bytes) = (.ipv4, Array(bytes[12...]))
        } else {
            (self.kind, self.bytes) = (kind, bytes)
        }
    }

    private init(known kind: Kind, _ bytes: [UInt8]) { (self.kind, self.bytes) = (kind, bytes) }

    /// The unspecified IPv6 address, which stands for "none" on the wire.
    public static let unspecified = NetworkAddress(known: .ipv6, Array(repeating: 0, count: 16))

    public static func ipv4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> NetworkAddress {
        NetworkAddress(known: .ipv4, [a, b, c, d])
    }

    static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    static let torV2Prefix: [UInt8] = [0xFD, 0x87, 0xD8, 0x7E, 0xEB, 0x43]
    static let internalPrefix: [UInt8] = [0xFD, 0x6B, 0x88, 0xC0, 0x87, 0x24]
}

extension NetworkAddress {
    /// Whether it could be the address of a node at all.
    public var isValid: Bool {
        switch kind {
        case .ipv4:
            bytes != [0, 0, 0, 0] && bytes != [255, 255, 255, 255]
        case .ipv6:
            !bytes.allSatisfy { $0 == 0 } && !hasPrefix(0x20, 0x01, 0x0D, 0xB8)
                && !bytes.starts(with: Self.torV2Prefix)
                && !bytes.starts(with: Self.internalPrefix)
        case .cjdns:
            bytes.first == 0xFC
        case .onion, .i2p:
            true
        }
    }

    /// Whether it is this machine's loopback, or no host of a network.
    public var isLocal: Bool {
        switch kind {
        case .ipv4: bytes[0] == 127 || bytes[0] == 0
        case .ipv6: bytes[15] == 1 && bytes[..<15].allSatisfy { $0 == 0 }
        default: false
        }
    }

    /// Whether the whole internet could reach it.
    public var isRoutable: Bool { isValid && !isLocal && !isPrivate }

    /// Whether it lies in a range that is kept for private networks, tests, documents or link use.
    public var isPrivate: Bool {
        switch kind {
        case .ipv4:
            switch (bytes[0], bytes[1], bytes[2]) {
            case (10, _, _), (192, 168, _), (172, 16...31, _): true  // RFC 1918
            case (198, 18...19, _): true  // RFC 2544
            case (169, 254, _): true  // RFC 3927
            case (100, 64...127, _): true  // RFC 6598
            case (192, 0, 2), (198, 51, 100), (203, 0, 113): true  // RFC 5737
            default: false
            }
        case .ipv6:
            hasPrefix(0xFE, 0x80, 0, 0, 0, 0, 0, 0)  // RFC 4862
                || bytes[0] & 0xFE == 0xFC  // RFC 4193
                || (hasPrefix(0x20, 0x01, 0x00)
                    && (bytes[3] & 0xF0 == 0x10 || bytes[3] & 0xF0 == 0x20))
        default: false
        }
    }

    /// The part of the network that one operator is likely to hold: peers are chosen from
    /// different groups.
    public var group: [UInt8] {
        switch kind {
        case .ipv4: isLocal ? [1] : [1, bytes[0], bytes[1]]
        case .ipv6: isLocal ? [2] : [2] + bytes[..<4]
        case .cjdns: [kind.rawValue, bytes[0], bytes[1]]
        case .onion, .i2p: [kind.rawValue, bytes[0] >> 4]
        }
    }

    /// Whether the old `addr` message can carry it.
    public var fitsAddressV1: Bool { kind == .ipv4 || kind == .ipv6 }

    /// The sixteen bytes of the old form; zero for what it cannot carry.
    public var legacyBytes: [UInt8] {
        switch kind {
        case .ipv4: Self.mappedPrefix + bytes
        case .ipv6: bytes
        default: Array(repeating: 0, count: 16)
        }
    }

    private func hasPrefix(_ prefix: UInt8...) -> Bool { bytes.starts(with: prefix) }
}

/// An address and a port.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    public var address: NetworkAddress
    public var port: UInt16

    public init(_ address: NetworkAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    public static let unspecified = Endpoint(.unspecified, port: 0)

    /// `1.2.3.4:8333`, `[::1]:8333`.
    public var description: String {
        switch address.kind {
        case .ipv6, .cjdns: "[\(address)]:\(port)"
        default: "\(address):\(port)"
        }
    }
}
