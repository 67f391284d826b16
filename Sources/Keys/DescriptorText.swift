/// A part of a descriptor's text, and the cuts that a parser makes in it.
struct DescriptorText {
    private(set) var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var isEmpty: Bool { bytes.isEmpty }
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// The next character, for error messages.
    var firstCharacter: String {
        bytes.first.map { String(decoding: [$0], as: UTF8.self) } ?? ""
    }

    func starts(with text: String) -> Bool { bytes.starts(with: text.utf8) }

    /// Takes `text` from the front if it is there.
    mutating func take(_ text: String) -> Bool {
        guard starts(with: text) else { return false }
        bytes = bytes.dropFirst(text.utf8.count)
        return true
    }

    /// Drops so many bytes from the front.
    mutating func drop(_ count: Int) { bytes = bytes.dropFirst(count) }

    /// If this is `name(…)`, what is between the parentheses.
    func argument(of name: String) -> DescriptorText? {
        let length = name.utf8.count
        guard bytes.count >= length + 2, bytes.starts(with: (name + "(").utf8),
            bytes.last == UInt8(ascii: ")")
        else { return nil }
        return DescriptorText(bytes.dropFirst(length + 1).dropLast())
    }

    /// Takes all up to the comma or closing bracket that ends the expression at the front.
    mutating func takeExpression() -> DescriptorText {
        var level = 0
        var end = bytes.startIndex
        scan: while end < bytes.endIndex {
            switch bytes[end] {
            case UInt8(ascii: "("), UInt8(ascii: "{"): level += 1
            case UInt8(ascii: ")"), UInt8(ascii: "}"):
                if level == 0 { break scan }
                level -= 1
            case UInt8(ascii: ","): if level == 0 { break scan }
            default: break
            }
            end += 1
        }
        defer { bytes = bytes[end...] }
        return DescriptorText(bytes[..<end])
    }

    /// The parts between separators; always at least one.
    func split(_ separator: Character) -> [DescriptorText] {
        guard let byte = separator.asciiValue else { return [self] }
        return bytes.split(separator: byte, omittingEmptySubsequences: false)
            .map(DescriptorText.init)
    }
}
