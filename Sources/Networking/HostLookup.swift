import NIOPosix
import Wire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Asks the system for the addresses of a name. It blocks, so it has threads of its own.
enum HostLookup {
    /// Addresses taken from one name.
    static let limit = 32

    static func find(
        _ name: String, then use: @escaping @Sendable ([NetworkAddress]) -> Void
    ) {
        NIOThreadPool.singleton.submit { state in
            if state == .active { use(lookUp(name)) }
        }
    }

    private static func lookUp(_ name: String) -> [NetworkAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [NetworkAddress] = []
        var next = list
        while let entry = next?.pointee, found.count < limit {
            if let address = read(entry), !found.contains(address) { found.append(address) }
            next = entry.ai_next
        }
        return found
    }

    private static func read(_ entry: addrinfo) -> NetworkAddress? {
        guard let address = entry.ai_addr else { return nil }
        // The address stands at byte 4 of an IPv4 socket address, at byte 8 of an IPv6 one.
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
        switch entry.ai_family {
        case AF_INET where bytes.count >= 8:
            return NetworkAddress(kind: .ipv4, bytes: Array(bytes[4..<8]))
        case AF_INET6 where bytes.count >= 24:
            return NetworkAddress(kind: .ipv6, bytes: Array(bytes[8..<24]))
        default:
            return nil
        }
    }
}
