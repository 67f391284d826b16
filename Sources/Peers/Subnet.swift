public import Wire

/// A range of addresses that share their first bits.
public struct Subnet: Hashable, Sendable, CustomStringConvertible {
    public let address: NetworkAddress

    /// How many leading bits count.
    public let prefix: Int

    /// A single address.
    public init(_ address: NetworkAddress) {
        self.address = address
        prefix = address.bytes.count * 8
    }

    /// nil where the prefix is longer than the address, or shorter than whole on a network whose
    /// addresses have no order.
    public init?(_ address: NetworkAddress, prefix: Int) {
        let size = address.bytes.count * 8
        guard (0...size).contains(prefix) else { return nil }
        guard address.kind == .ipv4 || address.kind == .ipv6 || prefix == size else { return nil }
        var bytes = address.bytes
        for index in bytes.indices {
            let kept = min(max(prefix - 8 * index, 0), 8)
            bytes[index] &= kept == 0 ? 0 : 0xFF << UInt8(8 - kept)
        }
        guard let masked = NetworkAddress(kind: address.kind, bytes: bytes) else { return nil }
        self.address = masked
        self.prefix = prefix
    }

    /// Reads `1.2.3.4`, `1.2.0.0/16`, `1.2.0.0/255.255.0.0`, `2001::/32`.
    public init?(_ text: String) {
        guard let slash = text.lastIndex(of: "/") else {
            guard let address = NetworkAddress(text) else { return nil }
            self.init(address)
            return
        }
        guard let address = NetworkAddress(String(text[..<slash])) else { return nil }
        let mask = text[text.index(after: slash)...]
        if !mask.isEmpty, mask.utf8.allSatisfy({ (48...57).contains($0) }), let bits = Int(mask) {
            self.init(address, prefix: bits)
        } else if let mask = NetworkAddress(String(mask)), mask.kind == address.kind,
            let bits = Self.prefix(ofMask: mask.bytes)
        {
            self.init(address, prefix: bits)
        } else {
            return nil
        }
    }

    public func contains(_ other: NetworkAddress) -> Bool {
        guard other.kind == address.kind else { return false }
        return Subnet(other, prefix: prefix)?.address == address
    }

    public var description: String { "\(address)/\(prefix)" }

    /// Leading ones followed by nothing but zeros.
    private static func prefix(ofMask bytes: [UInt8]) -> Int? {
        let ones = bytes.reduce((count: 0, isOpen: true)) { sum, byte in
            guard sum.isOpen else { return sum }
            let leading = (~byte).leadingZeroBitCount
            return (sum.count + leading, leading == 8)
        }.count
        let set = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
        return ones == set ? ones : nil
    }
}
