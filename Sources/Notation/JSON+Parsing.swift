/// The text is not JSON.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    /// How many bytes of the text were read before it went wrong.
    public var offset: Int

    public var description: String { "no JSON at byte \(offset)" }
}

extension JSON {
    /// How deep arrays and objects may nest.
    public static let maximumDepth = 512

    /// Reads one value that fills the whole text.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Reads one value that fills all the bytes, which are UTF-8.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.parse()
    }
}

/// Reads JSON without recursion, so that nesting costs no stack.
private struct JSONParser {
    /// An array or object that is not closed yet.
    private enum Open {
        case array([JSON])
        case object(JSONObject, key: String)
    }

    private let bytes: [UInt8]
    private var position = 0
    private var open: [Open] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parse() throws(JSONError) -> JSON {
        while true {
            guard var value = try readStart() else { continue }
            // The value may close what holds it, and that again what holds that.
            while true {
                guard let container = open.popLast() else {
                    skipSpace()
                    guard position == bytes.count else { throw failure }
                    return value
                }
                guard let closed = try place(value, in: container) else { break }
                value = closed
            }
        }
    }

    private var failure: JSONError { JSONError(offset: position) }

    private var current: UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// Reads a scalar or an empty container, or opens a container and gives nil.
    private mutating func readStart() throws(JSONError) -> JSON? {
        skipSpace()
        switch current {
        case UInt8(ascii: "["):
            position += 1
            skipSpace()
            if skip(UInt8(ascii: "]")) { return try closed(.array([])) }
            try push(.array([]))
            return nil
        case UInt8(ascii: "{"):
            position += 1
            skipSpace()
            if skip(UInt8(ascii: "}")) { return try closed(.object(JSONObject())) }
            try push(.object(JSONObject(), key: try readKey()))
            return nil
        case UInt8(ascii: "\""):
            return .string(try readString())
        case UInt8(ascii: "n"):
            try readWord("null")
            return .null
        case UInt8(ascii: "t"):
            try readWord("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try readWord("false")
            return .bool(false)
        default:
            return .number(try readNumber())
        }
    }

    private mutating func push(_ container: Open) throws(JSONError) {
        open.append(container)
        guard open.count <= JSON.maximumDepth else { throw failure }
    }

    private func closed(_ empty: JSON) throws(JSONError) -> JSON {
        guard open.count < JSON.maximumDepth else { throw failure }
        return empty
    }

    /// Puts a value in the container it stands in; gives the container where that ended it.
    private mutating func place(_ value: JSON, in container: Open) throws(JSONError) -> JSON? {
        skipSpace()
        switch container {
        case .array(var elements):
            elements.append(value)
            if skip(UInt8(ascii: "]")) { return .array(elements) }
            guard skip(UInt8(ascii: ",")) else { throw failure }
            open.append(.array(elements))
        case .object(var object, let key):
            object.append(key, value)
            if skip(UInt8(ascii: "}")) { return .object(object) }
            guard skip(UInt8(ascii: ",")) else { throw failure }
            skipSpace()
            open.append(.object(object, key: try readKey()))
        }
        return nil
    }

    private mutating func readKey() throws(JSONError) -> String {
        let key = try readString()
        skipSpace()
        guard skip(UInt8(ascii: ":")) else { throw failure }
        return key
    }

    private mutating func readWord(_ word: StaticString) throws(JSONError) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard skip(word.utf8Start[offset]) else { throw failure }
        }
    }

    // MARK: Numbers

    private mutating func readNumber() throws(JSONError) -> String {
        let start = position
        _ = skip(UInt8(ascii: "-"))
        let startsWithZero = current == UInt8(ascii: "0")
        let wholeDigits = try readDigits()
        guard !startsWithZero || wholeDigits == 1 else { throw failure }
        if skip(UInt8(ascii: ".")) { _ = try readDigits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "-")) { _ = skip(UInt8(ascii: "+")) }
            _ = try readDigits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func readDigits() throws(JSONError) -> Int {
        let start = position
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            position += 1
        }
        guard position > start else { throw failure }
        return position - start
    }

    // MARK: Strings

    private mutating func readString() throws(JSONError) -> String {
        guard skip(UInt8(ascii: "\"")) else { throw failure }
        let start = position
        while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\\") {
            if byte == UInt8(ascii: "\"") {
                // Most strings hold no escape: they are taken as they stand.
                guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
                    throw failure
                }
                position += 1
                return text
            }
            position += 1
        }
        return try readEscapedString(Array(bytes[start..<position]))
    }

    private mutating func readEscapedString(_ beginning: [UInt8]) throws(JSONError) -> String {
        var text = beginning
        while let byte = current, byte >= 0x20 {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else { throw failure }
                return text
            case UInt8(ascii: "\\"):
                try readEscape(into: &text)
            default:
                text.append(byte)
            }
        }
        throw failure
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = current else { throw failure }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: try readUnicodeEscape().utf8)
        default: throw failure
        }
    }

    /// The character of `\uXXXX`, where the backslash and the u are read already. A character
    /// outside the basic plane takes two of them, a surrogate pair.
    private mutating func readUnicodeEscape() throws(JSONError) -> Character {
        let first = try readFourHexDigits()
        if let scalar = Unicode.Scalar(first) { return Character(scalar) }
        guard first < 0xDC00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
            throw failure
        }
        let second = try readFourHexDigits()
        guard second >= 0xDC00, second < 0xE000,
            let scalar = Unicode.Scalar(0x10000 | (first - 0xD800) << 10 | (second - 0xDC00))
        else { throw failure }
        return Character(scalar)
    }

    private mutating func readFourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw failure }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
