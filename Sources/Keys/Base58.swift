internal import Cryptography

/// Base58, the text form of legacy addresses, private keys and extended keys, with and without its
/// four-byte checksum.
public enum Base58 {
    private static let alphabet = Array(
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

    /// The digit of each character, or -1.
    private static let digits: [Int8] = {
        var digits = [Int8](repeating: -1, count: 256)
        for (digit, character) in alphabet.enumerated() { digits[Int(character)] = Int8(digit) }
        return digits
    }()

    /// The text of `bytes`: big-endian base 58, each leading zero byte a `1`.
    public static func encode(_ bytes: [UInt8]) -> String {
        let zeroes = bytes.prefix { $0 == 0 }.count
        // Least significant digit first; log(256) / log(58) is a little under 1.38.
        var number: [UInt8] = []
        number.reserveCapacity(bytes.count * 138 / 100 + 1)
        for byte in bytes.dropFirst(zeroes) {
            var carry = Int(byte)
            for index in number.indices {
                carry += Int(number[index]) << 8
                number[index] = UInt8(carry % 58)
                carry /= 58
            }
            while carry > 0 {
                number.append(UInt8(carry % 58))
                carry /= 58
            }
        }
        let text = repeatElement(alphabet[0], count: zeroes)
        return String(
            decoding: Array(text) + number.reversed().map { alphabet[Int($0)] }, as: UTF8.self)
    }

    /// The bytes of `text`, or nil when it is not Base58 or stands for more than `limit` bytes.
    ///
    /// As in Core, white space around the text is allowed; none is within.
    public static func decode(_ text: String, limit: Int) -> [UInt8]? {
        guard let trimmed = trim(text.utf8) else { return nil }
        let zeroes = trimmed.prefix { $0 == alphabet[0] }.count
        guard zeroes <= limit else { return nil }

        var number: [UInt8] = []
        for character in trimmed.dropFirst(zeroes) {
            var carry = Int(digits[Int(character)])
            guard carry >= 0 else { return nil }
            for index in number.indices {
                carry += Int(number[index]) * 58
                number[index] = UInt8(truncatingIfNeeded: carry)
                carry >>= 8
            }
            while carry > 0 {
                number.append(UInt8(truncatingIfNeeded: carry))
                carry >>= 8
            }
            // Checked here, so that a long text costs no more than a short one.
            guard number.count + zeroes <= limit else { return nil }
        }
        return [UInt8](repeating: 0, count: zeroes) + number.reversed()
    }

    /// The text of `payload` followed by the first four bytes of its double SHA-256.
    public static func encodeCheck(_ payload: [UInt8]) -> String {
        encode(payload + checksum(payload))
    }

    /// The payload of a text whose checksum holds, or nil; `limit` bounds the payload.
    public static func decodeCheck(_ text: String, limit: Int) -> [UInt8]? {
        guard let bytes = decode(text, limit: limit + 4), bytes.count >= 4 else { return nil }
        let payload = Array(bytes.dropLast(4))
        return checksum(payload) == bytes.suffix(4) ? payload : nil
    }

    private static func checksum(_ payload: [UInt8]) -> ArraySlice<UInt8> {
        SHA256.doubleHash(payload.span).bytes.prefix(4)
    }

    /// `text` without white space around it, or nil when it holds a NUL, which no C++ string that
    /// Core accepts may.
    private static func trim(_ text: String.UTF8View) -> ArraySlice<UInt8>? {
        var bytes = Array(text)[...]
        guard !bytes.contains(0) else { return nil }
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte)
    }
}
