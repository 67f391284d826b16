extension JSON {
    /// The value as text. With an `indent`, each member and element stands on a line of its own,
    /// that many spaces further in than what holds it.
    public func text(indent: Int = 0) -> String {
        String(decoding: bytes(indent: indent), as: UTF8.self)
    }

    /// The value as UTF-8 text.
    public func bytes(indent: Int = 0) -> [UInt8] {
        var writer = JSONWriter(indent: indent)
        writer.write(self, level: 1)
        return writer.output
    }
}

extension JSON: CustomStringConvertible {
    public var description: String { text() }
}

private struct JSONWriter {
    let indent: Int
    private(set) var output: [UInt8] = []

    init(indent: Int) {
        self.indent = indent
    }

    mutating func write(_ value: JSON, level: Int) {
        switch value {
        case .null: write("null")
        case .bool(let value): write(value ? "true" : "false")
        case .number(let text): write(text)
        case .string(let text): writeQuoted(text)
        case .array(let elements): write(elements, level: level)
        case .object(let object): write(object, level: level)
        case .written(let pieces): write(pieces)
        }
    }

    private mutating func write(_ text: String) {
        output.append(contentsOf: text.utf8)
    }

    private mutating func write(_ pieces: [[UInt8]]) {
        output.reserveCapacity(pieces.reduce(output.count) { $0 + $1.count })
        for piece in pieces { output.append(contentsOf: piece) }
    }

    private mutating func write(_ elements: [JSON], level: Int) {
        output.append(UInt8(ascii: "["))
        breakLine()
        for (index, element) in elements.enumerated() {
            writeIndent(level)
            write(element, level: level + 1)
            if index + 1 < elements.count { output.append(UInt8(ascii: ",")) }
            breakLine()
        }
        writeIndent(level - 1)
        output.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject, level: Int) {
        output.append(UInt8(ascii: "{"))
        breakLine()
        for (index, member) in object.members.enumerated() {
            writeIndent(level)
            writeQuoted(member.key)
            output.append(UInt8(ascii: ":"))
            if indent > 0 { output.append(UInt8(ascii: " ")) }
            write(member.value, level: level + 1)
            if index + 1 < object.count { output.append(UInt8(ascii: ",")) }
            breakLine()
        }
        writeIndent(level - 1)
        output.append(UInt8(ascii: "}"))
    }

    private mutating func breakLine() {
        if indent > 0 { output.append(UInt8(ascii: "\n")) }
    }

    private mutating func writeIndent(_ level: Int) {
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * level))
    }

    private mutating func writeQuoted(_ text: String) {
        output.append(UInt8(ascii: "\""))
        let plain = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 != 0x7F
        }
        if plain {
            output.append(contentsOf: text.utf8)
        } else {
            for byte in text.utf8 { writeEscaped(byte) }
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): write("\\\"")
        case UInt8(ascii: "\\"): write("\\\\")
        case 0x08: write("\\b")
        case 0x09: write("\\t")
        case 0x0A: write("\\n")
        case 0x0C: write("\\f")
        case 0x0D: write("\\r")
        case 0x00..<0x20, 0x7F: write("\\u00" + Hex.encode(CollectionOfOne(byte)))
        default: output.append(byte)
        }
    }
}
