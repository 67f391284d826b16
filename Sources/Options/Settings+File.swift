extension Settings {
    /// Reads the text of a configuration file: `key=value` lines, `[section]` headings, `#` begins
    /// a comment.
    package mutating func readFile(_ text: String) throws(ConfigurationError) {
        var prefix = ""
        // Bytes, as Core has it: a mark that is put over a sign does not make another sign of it.
        let lines = text.utf8.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, rawLine) in lines.enumerated() {
            let comment = rawLine.firstIndex(of: UInt8(ascii: "#"))
            let line = Self.trimmed(rawLine[..<(comment ?? rawLine.endIndex)])
            let place = "parse error on line \(index + 1)"
            if line.isEmpty { continue }
            if line.first == UInt8(ascii: "["), line.last == UInt8(ascii: "]") {
                prefix = String(Substring(line.dropFirst().dropLast())) + "."
                continue
            }
            guard line.first != UInt8(ascii: "-") else {
                throw ConfigurationError(
                    "\(place): \(Substring(line)), options in configuration file must be specified "
                        + "without leading -")
            }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
                let hint =
                    line.starts(with: "no".utf8)
                    ? ", if you intended to specify a negated option, use \(Substring(line))=1 "
                        + "instead" : ""
                throw ConfigurationError("\(place): \(Substring(line))\(hint)")
            }
            let name = prefix + String(Substring(Self.trimmed(line[..<equals])))
            let value = String(Substring(Self.trimmed(line[equals...].dropFirst())))
            guard comment == nil || !name.contains("rpcpassword") else {
                throw ConfigurationError(
                    "\(place), using # in rpcpassword can be ambiguous and should be avoided")
            }
            try set(name, value)
        }
    }

    /// Without the spaces at both ends, and the rest of an end of line that DOS and its heirs write.
    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text = text.dropLast() }
        return text
    }

    private mutating func set(_ name: String, _ value: String) throws(ConfigurationError) {
        let key = SettingKey(name)
        guard key.name != "conf" else {
            throw ConfigurationError(
                "conf cannot be set in the configuration file; use includeconf= if you want to "
                    + "include additional config files")
        }
        guard let option = OptionTable[key.name] else {
            throw ConfigurationError("Invalid configuration value \(name)")
        }
        let value = try key.value(value, of: option)
        sections[key.section, default: [:]][key.name, default: []].append(value)
    }
}
