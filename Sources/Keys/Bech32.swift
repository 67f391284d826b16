/// Bech32 (BIP173) and Bech32m (BIP350): text with a prefix, five bits a character, and a checksum
/// that detects up to four errors.
public enum Bech32 {
    /// Which constant the checksum ends in.
    public enum Encoding: Hashable, Sendable {
        case bech32
        case bech32m

        var constant: UInt32 { self == .bech32 ? 1 : 0x2bc8_30a3 }
    }

    /// A text taken apart: its prefix in lower case, and its values of five bits, checksum removed.
    public struct Decoded: Hashable, Sendable {
        /// The checksum that held.
        public let encoding: Encoding
        /// The human-readable part, in lower case.
        public let prefix: String
        /// Values below 32.
        public let values: [UInt8]
    }

    /// The longest text: the code corrects no more errors beyond it (BIP173).
    public static let maximumLength = 90

    static let checksumLength = 6
    static let separator = UInt8(ascii: "1")
    static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

    /// The value of each character in either case, or -1.
    static let digits: [Int8] = {
        var digits = [Int8](repeating: -1, count: 256)
        for (digit, character) in alphabet.enumerated() {
            digits[Int(character)] = Int8(digit)
            if (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character) {
                digits[Int(character) - 32] = Int8(digit)
            }
        }
        return digits
    }()

    /// The text of `values` (each below 32) under `prefix` (lower case).
    public static func encode(_ encoding: Encoding, prefix: String, values: [UInt8]) -> String {
        let expanded = expand(Array(prefix.utf8)) + values
        let rest = remainder(expanded + [UInt8](repeating: 0, count: checksumLength))
        let sum = rest ^ encoding.constant
        let checksum = (0..<checksumLength).map { UInt8(truncatingIfNeeded: sum >> (25 - 5 * $0)) & 31 }
        let data = (values + checksum).map { alphabet[Int($0 & 31)] }
        return prefix + "1" + String(decoding: data, as: UTF8.self)
    }

    /// The parts of `text`, or nil when a character, the case, the separator, the length or the
    /// checksum is wrong.
    public static func decode(_ text: String, limit: Int = maximumLength) -> Decoded? {
        let bytes = Array(text.utf8)
        guard bytes.count <= limit, misplaced(in: bytes).isEmpty,
            let split = bytes.lastIndex(of: separator), split > 0,
            split + checksumLength < bytes.count
        else { return nil }

        var values: [UInt8] = []
        for character in bytes[(split + 1)...] {
            guard let value = UInt8(exactly: digits[Int(character)]) else { return nil }
            values.append(value)
        }
        let prefix = bytes[..<split].map(lowercased)
        let sum = remainder(expand(prefix) + values)
        let encoding: Encoding
        switch sum {
        case Encoding.bech32.constant: encoding = .bech32
        case Encoding.bech32m.constant: encoding = .bech32m
        default: return nil
        }
        return Decoded(
            encoding: encoding, prefix: String(decoding: prefix, as: UTF8.self),
            values: Array(values.dropLast(checksumLength)))
    }

    /// Bytes regrouped as values of five bits, the last one padded with zero bits.
    public static func values(of bytes: some Sequence<UInt8>) -> [UInt8] {
        var values: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | UInt32(byte)) & 0xfff
            bits += 8
            while bits >= 5 {
                bits -= 5
                values.append(UInt8(buffer >> UInt32(bits) & 31))
            }
        }
        if bits > 0 { values.append(UInt8(buffer << UInt32(5 - bits) & 31)) }
        return values
    }

    /// Values of five bits regrouped as bytes, or nil when five or more bits, or a bit that is set,
    /// remain.
    public static func bytes(of values: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for value in values {
            buffer = (buffer << 5 | UInt32(value)) & 0xfff
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(buffer >> UInt32(bits) & 0xff))
            }
        }
        guard bits < 5, buffer & ((1 << UInt32(bits)) - 1) == 0 else { return nil }
        return bytes
    }

    // MARK: Parts that decoding shares with finding errors

    /// The places of characters that are not printable, or not of the case seen first.
    static func misplaced(in bytes: [UInt8]) -> [Int] {
        var hasLower = false
        var hasUpper = false
        var places: [Int] = []
        for (place, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                if hasUpper { places.append(place) } else { hasLower = true }
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                if hasLower { places.append(place) } else { hasUpper = true }
            case 33...126: break
            default: places.append(place)
            }
        }
        return places
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
    }

    /// The prefix as the checksum sees it: high bits, a zero, low bits.
    static func expand(_ prefix: [UInt8]) -> [UInt8] {
        prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 }
    }

    /// The remainder of the polynomial with these coefficients (a 1 before them) modulo the
    /// generator of BIP173; six coefficients of five bits.
    static func remainder(_ coefficients: [UInt8]) -> UInt32 {
        let generator: [5 of UInt32] = [
            0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3,
        ]
        var sum: UInt32 = 1
        for value in coefficients {
            let top = sum >> 25
            sum = (sum & 0x1ff_ffff) << 5 ^ UInt32(value)
            for bit in 0..<5 where top >> UInt32(bit) & 1 == 1 { sum ^= generator[bit] }
        }
        return sum
    }
}
