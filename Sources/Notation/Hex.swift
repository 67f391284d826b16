/// Bytes as pairs of hexadecimal digits.
public enum Hex {
    /// The bytes in lower-case digits, in order.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            var position = 0
            for byte in bytes {
                text[position] = digit(byte >> 4)
                text[position + 1] = digit(byte & 15)
                position += 2
            }
            return position
        }
    }

    /// The bytes in lower-case digits, in order.
    public static func encode(_ bytes: Span<UInt8>) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for index in bytes.indices {
                text[2 * index] = digit(bytes[index] >> 4)
                text[2 * index + 1] = digit(bytes[index] & 15)
            }
            return 2 * bytes.count
        }
    }

    /// Appends the bytes in lower-case digits to text that is being written.
    public static func append(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
        var position = text.count
        text.append(contentsOf: repeatElement(0, count: 2 * bytes.count))
        text.withUnsafeMutableBufferPointer { text in
            bytes.withUnsafeBufferPointer { bytes in
                for byte in bytes {
                    text[position] = digit(byte >> 4)
                    text[position + 1] = digit(byte & 15)
                    position += 2
                }
            }
        }
    }

    /// The bytes that `text` spells, in digits of either case; nil for an odd count of digits or
    /// anything that is not a digit, blanks included.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        // Digit by digit through the protocol, in a module of its own, is ten times slower.
        if let bytes = text.utf8.withContiguousStorageIfAvailable({ decode(digits: $0) }) {
            return bytes
        }
        return Array(text.utf8).withUnsafeBufferPointer { decode(digits: $0) }
    }

    private static func decode(digits: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var index = 0
        while index < digits.count {
            guard let high = value(ofDigit: digits[index]),
                let low = value(ofDigit: digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    /// The value of one ASCII digit of either case.
    public static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension UInt32 {
    /// Eight hexadecimal digits, most significant first.
    public var eightDigits: String {
        Hex.encode((0..<4).map { UInt8(truncatingIfNeeded: self >> UInt32(24 - 8 * $0)) })
    }
}
