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
        let utf8 = text.utf8
        let span = utf8.span
        try self.init(parsing: span)
    }

    /// Reads one value that fills all the bytes, which are UTF-8.
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        let span = bytes.span
        try self.init(parsing: span)
    }

    /// Reads one value that fills all the bytes, which are UTF-8.
    public init(parsing bytes: Span<UInt8>) throws(JSONError) {
        var parser = JSONParser(bytes)
        self = try parser.parse()
    }
}

/// Reads JSON without recursion, so that nesting costs no stack.
private struct JSONParser: ~Escapable {
    /// An array or object that is not closed yet.
    private struct Open {
        var isObject: Bool
        /// Where its values begin among those read.
        var first: Int
    }

    private let bytes: Span<UInt8>
    private var position = 0
    private var open: [Open] = []
    /// The values of all that is open, the innermost last, each with its name where it stands in an
    /// object. A value that is not read yet is null.
    private var read: [JSONObject.Member] = []

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        read.reserveCapacity(16)
    }

    @_lifetime(self: copy self)
    mutating func parse() throws(JSONError) -> JSON {
        while true {
            guard var value = try readStart() else { continue }
            // The value may close what holds it, and that again what holds that.
            while true {
                guard let container = open.last else {
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

    @_lifetime(self: copy self)
    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    @_lifetime(self: copy self)
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// Reads a scalar or an empty container, or opens a container and gives nil.
    @_lifetime(self: copy self)
    private mutating func readStart() throws(JSONError) -> JSON? {
        skipSpace()
        switch current {
        case UInt8(ascii: "["):
            position += 1
            skipSpace()
            if skip(UInt8(ascii: "]")) { return try closed(.array([])) }
            try push(isObject: false)
            return nil
        case UInt8(ascii: "{"):
            position += 1
            skipSpace()
            if skip(UInt8(ascii: "}")) { return try closed(.object(JSONObject())) }
            let key = try readKey()
            try push(isObject: true)
            read.append(JSONObject.Member(key: key, value: .null))
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

    @_lifetime(self: copy self)
    private mutating func push(isObject: Bool) throws(JSONError) {
        guard open.count < JSON.maximumDepth else { throw failure }
        open.append(Open(isObject: isObject, first: read.count))
    }

    private func closed(_ empty: JSON) throws(JSONError) -> JSON {
        guard open.count < JSON.maximumDepth else { throw failure }
        return empty
    }

    /// Puts a value in the container it stands in; gives the container where that ended it.
    @_lifetime(self: copy self)
    private mutating func place(_ value: JSON, in container: Open) throws(JSONError) -> JSON? {
        if container.isObject {
            read[read.count - 1].value = value
        } else {
            read.append(JSONObject.Member(key: "", value: value))
        }
        skipSpace()
        if skip(container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
            defer {
                read.removeLast(read.count - container.first)
                open.removeLast()
            }
            let values = read[container.first...]
            return container.isObject
                ? .object(JSONObject(members: Array(values))) : .array(values.map(\.value))
        }
        guard skip(UInt8(ascii: ",")) else { throw failure }
        if container.isObject {
            skipSpace()
            read.append(JSONObject.Member(key: try readKey(), value: .null))
        }
        return nil
    }

    @_lifetime(self: copy self)
    private mutating func readKey() throws(JSONError) -> String {
        let key = try readString()
        skipSpace()
        guard skip(UInt8(ascii: ":")) else { throw failure }
        return key
    }

    @_lifetime(self: copy self)
    private mutating func readWord(_ word: StaticString) throws(JSONError) {
        for offset in 0..<word.utf8CodeUnitCount {
            guard skip(word.utf8Start[offset]) else { throw failure }
        }
    }

    // MARK: Numbers

    @_lifetime(self: copy self)
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
        return try text(start..<position)
    }

    @_lifetime(self: copy self)
    private mutating func readDigits() throws(JSONError) -> Int {
        let start = position
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            position += 1
        }
        guard position > start else { throw failure }
        return position - start
    }

    // MARK: Strings

    @_lifetime(self: copy self)
    private mutating func readString() throws(JSONError) -> String {
        guard skip(UInt8(ascii: "\"")) else { throw failure }
        let start = position
        skipPlainText()
        guard current == UInt8(ascii: "\"") else {
            let plain = bytes.extracting(start..<position)
            return try readEscapedString(plain.withUnsafeBufferPointer { Array($0) })
        }
        // Most strings hold no escape: they are taken as they stand.
        let text = try text(start..<position)
        position += 1
        return text
    }

    /// Goes on to the next quote, backslash or control character, or to the end.
    @_lifetime(self: copy self)
    private mutating func skipPlainText() {
        while position &+ 8 <= bytes.count {
            let stop = ByteLanes(bytes, at: position).textStops
            guard stop == 0 else {
                position &+= stop.trailingZeroBitCount / 8
                return
            }
            position &+= 8
        }
        while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\""),
            byte != UInt8(ascii: "\\")
        {
            position += 1
        }
    }

    /// A stretch of the bytes as text, if it is UTF-8.
    private func text(_ range: Range<Int>) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw failure
        }
    }

    @_lifetime(self: copy self)
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

    @_lifetime(self: copy self)
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
    @_lifetime(self: copy self)
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

    @_lifetime(self: copy self)
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
