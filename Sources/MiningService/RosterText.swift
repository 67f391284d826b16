/// The text of a roster's file, changed one member at a time; what else stands there stays, comments
/// among it.
public struct RosterText: Sendable {
    public private(set) var text: String

    public init(_ text: String) { self.text = text }

    /// Where a member is to be paid.
    public enum Destination: Sendable, Hashable {
        case address(String)
        case descriptor(String)
        case wallet(String)

        fileprivate var line: String {
            switch self {
            case .address(let text): "address = \(quoted(text))"
            case .descriptor(let text): "descriptor = \(quoted(text))"
            case .wallet(let text): "wallet = \(quoted(text))"
            }
        }
    }

    /// Sets weight and destination of a member, as far as given; adds him if he is not there.
    public mutating func set(name: String, weight: Int64?, destination: Destination?) {
        var lines = self.lines
        guard let section = section(of: name, in: lines) else {
            var added = ["[[inmate]]", "name = \(quoted(name))"]
            if let weight { added.append("weight = \(weight)") }
            if let destination { added.append(destination.line) }
            while let last = lines.last, Self.trimmed(last).isEmpty { lines.removeLast() }
            let rest = ([""] + added).map { $0 + Self.ending(of: lines.first) }
            text = (lines.map(String.init) + rest).joined(separator: "\n") + "\n"
            return
        }
        var inner = Array(lines[section])
        if let weight { Self.replace(["weight"], with: "weight = \(weight)", in: &inner) }
        if let destination {
            Self.replace(
                ["address", "descriptor", "wallet"], with: destination.line, in: &inner)
        }
        lines.replaceSubrange(section, with: inner)
        text = lines.joined(separator: "\n")
    }

    /// Takes a member out; false if he is not there.
    public mutating func remove(name: String) -> Bool {
        var lines = self.lines
        guard let section = section(of: name, in: lines) else { return false }
        lines.removeSubrange(section)
        text = lines.joined(separator: "\n")
        return true
    }

    // MARK: Lines

    /// The lines without "\n". Where they end in "\r\n", which is one character and so no place to
    /// split at, each keeps its "\r".
    private var lines: [Substring] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { Substring($0) }
    }

    /// What a line that stands beside this one ends in, before "\n".
    private static func ending(of line: Substring?) -> String { line?.last == "\r" ? "\r" : "" }

    private static func trimmed(_ line: Substring) -> Substring {
        let start = line.drop { $0 == " " || $0 == "\t" }
        let end = start.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" }
        return end.map { start[...$0] } ?? ""
    }

    /// The lines of a member's table, from its heading to the next one.
    private func section(of name: String, in lines: [Substring]) -> Range<Int>? {
        let headings = lines.indices.filter { Self.trimmed(lines[$0]).hasPrefix("[") }
        for (place, start) in headings.enumerated()
        where Self.trimmed(lines[start]).hasPrefix("[[inmate]]") {
            let end = place + 1 < headings.count ? headings[place + 1] : lines.count
            for line in lines[start..<end] where Self.key(of: line) == "name" {
                if Self.value(of: line) == name { return start..<end }
            }
        }
        return nil
    }

    private static func key(of line: Substring) -> String? {
        let content = trimmed(line)
        guard !content.hasPrefix("#"), let equals = content.firstIndex(of: "=") else { return nil }
        return String(content[..<equals].filter { !" \t\"'".contains($0) })
    }

    /// The text between the quotes; names that need escapes are not found, and so not changed.
    private static func value(of line: Substring) -> String? {
        guard let equals = line.firstIndex(of: "=") else { return nil }
        let rest = trimmed(line[line.index(after: equals)...])
        guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
        return rest.dropFirst().firstIndex(of: quote).map { String(rest.dropFirst()[..<$0]) }
    }

    private static func replace(
        _ keys: Set<String>, with new: String, in lines: inout [Substring]
    ) {
        let found = lines.indices.filter { key(of: lines[$0]).map(keys.contains) ?? false }
        guard let first = found.first else {
            // Behind the last line that says something, so that blank lines stay at the end.
            let last = lines.lastIndex { !trimmed($0).isEmpty } ?? 0
            let place = min(last + 1, lines.count)
            lines.insert(Substring(new + ending(of: lines.prefix(place).last)), at: place)
            return
        }
        for index in found.dropFirst().reversed() { lines.remove(at: index) }
        lines[first] = Substring(new + ending(of: lines[first]))
    }
}

/// A basic string of TOML.
private func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": quoted += "\\\""
        case "\\": quoted += "\\\\"
        case "\n": quoted += "\\n"
        case "\t": quoted += "\\t"
        case "\r": quoted += "\\r"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f:
            let digits = String(scalar.value, radix: 16)
            quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: quoted.unicodeScalars.append(scalar)
        }
    }
    return quoted + "\""
}
