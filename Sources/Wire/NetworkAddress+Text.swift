import Cryptography

extension NetworkAddress: CustomStringConvertible {
    /// The address as people write it.
    public var description: String {
        switch kind {
        case .ipv4: bytes.map(String.init).joined(separator: ".")
        case .ipv6, .cjdns: Self.text(ofIPv6: bytes)
        case .onion: Base32.encode(bytes + Self.onionChecksum(bytes) + [3]) + ".onion"
        case .i2p: Base32.encode(bytes) + ".b32.i2p"
        }
    }

    /// Reads an address as people write it; IPv6 may stand in brackets. A name gives nil.
    public init?(_ text: String) {
        guard text.utf8.count <= 128 else { return nil }
        if text.hasSuffix(".onion") {
            self.init(onion: text)
        } else if text.hasSuffix(".b32.i2p") {
            guard let bytes = Base32.decode(text.dropLast(8)) else { return nil }
            self.init(kind: .i2p, bytes: bytes)
        } else if text.contains(":") {
            let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
            let body = isBracketed ? text.dropFirst().dropLast() : text[...]
            guard let bytes = Self.bytes(ofIPv6: body) else { return nil }
            self.init(kind: .ipv6, bytes: bytes)
        } else {
            guard let bytes = Self.bytes(ofIPv4: text[...]) else { return nil }
            self.init(kind: .ipv4, bytes: bytes)
        }
    }

    private init?(onion text: String) {
        guard let bytes = Base32.decode(text.dropLast(6)), bytes.count == 35 else { return nil }
        let key = Array(bytes[..<32])
        guard bytes[34] == 3, Array(bytes[32..<34]) == Self.onionChecksum(key) else { return nil }
        self.init(kind: .onion, bytes: key)
    }

    /// The two bytes that guard a Tor v3 name against typing errors.
    private static func onionChecksum(_ key: [UInt8]) -> [UInt8] {
        Array(SHA3.hash256(Array(".onion checksum".utf8) + key + [3])[..<2])
    }

    private static func bytes(ofIPv4 text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.utf8.allSatisfy({ (48...57).contains($0) }), let byte = UInt8(part) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    private static func bytes(ofIPv6 text: Substring) -> [UInt8]? {
        guard let gap = text.firstRange(of: "::") else {
            guard let bytes = groups(text), bytes.count == 16 else { return nil }
            return bytes
        }
        guard let head = groups(text[..<gap.lowerBound]),
            let tail = groups(text[gap.upperBound...]), head.count + tail.count <= 14
        else { return nil }
        return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// Groups of sixteen bits between colons; the last may be an IPv4 address.
    private static func groups(_ text: Substring) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if part.contains(".") {
                guard index == parts.count - 1, let tail = self.bytes(ofIPv4: part) else {
                    return nil
                }
                bytes += tail
            } else {
                guard (1...4).contains(part.utf8.count), !part.hasPrefix("+"),
                    let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
            }
        }
        return bytes
    }

    /// The shortest form (RFC 5952): the longest run of zero groups becomes `::`.
    private static func text(ofIPv6 bytes: [UInt8]) -> String {
        let groups = stride(from: 0, to: 16, by: 2).map {
            UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
        }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        func joined(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return joined(groups[...]) }
        return joined(groups[..<longest.lowerBound]) + "::" + joined(groups[longest.upperBound...])
    }
}

extension Endpoint {
    /// Reads `host`, `host:port` or `[v6]:port`; a name gives nil.
    public init?(_ text: String, defaultPort: UInt16) {
        guard let (host, port) = Self.split(text),
            let address = NetworkAddress(host)
        else { return nil }
        self.init(address, port: port ?? defaultPort)
    }

    /// Parts a host from its port. nil where what follows the colon is no port.
    public static func split(_ text: String) -> (host: String, port: UInt16?)? {
        guard let colon = text.lastIndex(of: ":") else { return (text, nil) }
        let isBracketed = text.hasPrefix("[") && text[..<colon].hasSuffix("]")
        let isLone = text.firstIndex(of: ":") == colon
        guard isBracketed || isLone else { return (text, nil) }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
            let port = UInt16(digits), port != 0
        else { return nil }
        return (String(text[..<colon]), port)
    }
}

/// RFC 4648 base 32 in lower case without padding, as Tor and I2P names are written.
package enum Base32 {
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> bits & 31)])
            }
            buffer &= (1 << bits) - 1
        }
        if bits > 0 { text.append(alphabet[Int(buffer << (5 - bits) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits: UInt32 = 0
        for character in text.lowercased().utf8 {
            guard let digit = alphabet.firstIndex(of: character) else { return nil }
            buffer = buffer << 5 | UInt32(digit)
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
                buffer &= (1 << bits) - 1
            }
        }
        return buffer == 0 ? bytes : nil
    }
}
