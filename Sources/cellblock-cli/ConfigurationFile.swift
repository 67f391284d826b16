/// The lines of a configuration file: `name=value`, under `[section]` heads.
struct ConfigurationFile {
    struct Line {
        /// With its section and a dot before it.
        var name: String
        var value: String
    }

    private(set) var lines: [Line] = []

    init(_ bytes: [UInt8]) throws(Failure) {
        let text = String(decoding: bytes, as: UTF8.self)
        var prefix = ""
        // Line ends of either kind: a carriage return and a line feed are one character to Swift.
        let rows = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, row) in rows.enumerated() {
            let content = row.prefix { $0 != "#" }.trimmed
            if content.isEmpty { continue }
            if content.hasPrefix("["), content.hasSuffix("]") {
                prefix = content.dropFirst().dropLast() + "."
                continue
            }
            if content.hasPrefix("-") {
                throw Failure(
                    "parse error on line \(index + 1): \(content), options in configuration file "
                        + "must be specified without leading -")
            }
            guard let equals = content.firstIndex(of: "=") else {
                throw Failure(Self.complaint(about: content, inLine: index + 1))
            }
            let name = prefix + content[..<equals].trimmed
            if name.contains("rpcpassword"), row.contains("#") {
                throw Failure(
                    "parse error on line \(index + 1), using # in rpcpassword can be ambiguous and "
                        + "should be avoided")
            }
            lines.append(
                Line(name: name, value: content[content.index(after: equals)...].trimmed))
        }
    }

    private static func complaint(about content: String, inLine number: Int) -> String {
        let hint =
            content.hasPrefix("no")
            ? ", if you intended to specify a negated option, use \(content)=1 instead" : ""
        return "parse error on line \(number): \(content)" + hint
    }
}
