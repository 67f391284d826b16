extension String {
    /// Filled up with blanks on the left to at least `width` bytes.
    func padded(left width: Int) -> String { blanks(to: width) + self }

    /// Filled up with blanks on the right to at least `width` bytes.
    func padded(right width: Int) -> String { self + blanks(to: width) }

    private func blanks(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - utf8.count))
    }
}

extension StringProtocol {
    /// Without blanks, tabs and line ends at both ends.
    var trimmed: String {
        let blanks: Set<UInt8> = [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d]
        var bytes = [UInt8](utf8)[...]
        while let first = bytes.first, blanks.contains(first) { bytes.removeFirst() }
        while let last = bytes.last, blanks.contains(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The whole number the text begins with, after blanks; zero where there is none, and the
    /// nearest there is where it does not fit.
    var leadingInteger: Int64 {
        var digits = trimmed[...]
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        digits = digits.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return 0 }
        return Int64((isNegative ? "-" : "") + digits) ?? (isNegative ? .min : .max)
    }

    /// How a setting is true: empty, or a number that is not zero.
    var isTruth: Bool { isEmpty || leadingInteger != 0 }

    /// The number that the whole text spells in decimal digits alone.
    func wholeNumber<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        let digits = hasPrefix("-") ? dropFirst() : self[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Number(self)
    }

    /// Broken at blanks into lines of at most `width` characters; lines after a break are indented,
    /// and the indent counts towards their width.
    func wrapped(width: Int, indent: Int = 0) -> String {
        var output = ""
        for (index, paragraph) in split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if index > 0 { output += "\n" }
            var rest = paragraph[...]
            var room = width
            while rest.count > room {
                let reach = rest.prefix(room + 1)
                let found = reach.lastIndex(of: " ") ?? rest.firstIndex(of: " ")
                guard let blank = found else { break }
                output += rest[..<blank] + "\n" + String(repeating: " ", count: indent)
                rest = rest[rest.index(after: blank)...]
                room = width - indent
            }
            output += rest
        }
        return output
    }
}

/// A failure with the words that the user is shown.
struct Failure: Error {
    var message: String

    init(_ message: String) { self.message = message }
}
