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
        if let bytes = text.utf8.withContiguousStorageIfAvailable({ decode($0.span) }) {
            return bytes
        }
        let digits = Array(text.utf8)
        return decode(digits.span)
    }

    /// The bytes that the digits spell; nil as above.
    public static func decode(_ digits: Span<UInt8>) -> [UInt8]? {
        guard digits.count % 2 == 0 else { return nil }
        var areDigits = true
        let bytes = [UInt8](unsafeUninitializedCapacity: digits.count / 2) { bytes, count in
            areDigits = decode(digits, into: bytes)
            count = digits.count / 2
        }
        return areDigits ? bytes : nil
    }

    /// Writes the bytes that the digits spell, which there is room for; false where some are none.
    private static func decode(
        _ digits: Span<UInt8>, into bytes: UnsafeMutableBufferPointer<UInt8>
    ) -> Bool {
        var position = 0
        while position &+ 8 <= digits.count {
            guard let four = ByteLanes(digits, at: position).hexValue else { return false }
            // Safe: half as many bytes as there are digits have room.
            UnsafeMutableRawBufferPointer(bytes).storeBytes(
                of: four.littleEndian, toByteOffset: position / 2, as: UInt32.self)
            position &+= 8
        }
        while position < digits.count {
            guard let high = value(ofDigit: digits[position]),
                let low = value(ofDigit: digits[position &+ 1])
            else { return false }
            bytes[position / 2] = high << 4 | low
            position &+= 2
        }
        return true
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
