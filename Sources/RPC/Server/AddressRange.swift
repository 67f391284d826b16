import NIOCore

/// A range of IP addresses: those that share the leading bits.
public struct AddressRange: Sendable, Hashable {
    private let base: [UInt8]
    private let mask: [UInt8]

    /// Everything from this machine itself.
    public static let loopback = [AddressRange("127.0.0.0/8"), AddressRange("::1")].compactMap(
        \.self)

    /// Reads `1.2.3.4`, `1.2.3.0/24`, `1.2.3.0/255.255.255.0`, and the same for version 6.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let base = Self.bytes(String(parts[0])) else { return nil }
        var mask = [UInt8](repeating: 0xFF, count: base.count)
        if parts.count == 2 {
            if let bits = Int(parts[1]) {
                guard (0...base.count * 8).contains(bits) else { return nil }
                for index in mask.indices {
                    let left = min(max(bits - index * 8, 0), 8)
                    mask[index] = UInt8(truncatingIfNeeded: 0xFF << (8 - left))
                }
            } else {
                guard let given = Self.bytes(String(parts[1])), given.count == base.count else {
                    return nil
                }
                mask = given
            }
        }
        self.mask = mask
        self.base = zip(base, mask).map { $0 & $1 }
    }

    func contains(_ address: SocketAddress) -> Bool {
        guard let text = address.ipAddress, var bytes = Self.bytes(text) else { return false }
        // An address of version 4 that came through a socket of version 6.
        if bytes.count == 16, bytes[..<12].elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]) {
            bytes = Array(bytes[12...])
        }
        guard bytes.count == base.count else { return false }
        return zip(zip(bytes, mask), base).allSatisfy { $0.0 & $0.1 == $1 }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        let text =
            text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
        // The address stands behind family and port, and in version 6 the flow label.
        return address.withSockAddr { pointer, size in
            let bytes = UnsafeRawBufferPointer(start: pointer, count: size)
            return switch address {
            case .v4: Array(bytes[4..<8])
            case .v6: Array(bytes[8..<24])
            default: nil
            }
        }
    }
}
