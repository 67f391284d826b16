import Foundation

extension Settings {
    /// Reads the text of a configuration file: `key=value` lines, `[section]` headings, `#` begins
    /// a comment.
    mutating func readFile(_ text: String) throws(ConfigurationError) {
        var prefix = ""
        // The two ends of a line that DOS and its heirs write are one character.
        let lines = text.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
        for (index, rawLine) in lines.enumerated() {
            let hasComment = rawLine.contains("#")
            let line = rawLine.prefix { $0 != "#" }
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let place = "parse error on line \(index + 1)"
            if line.isEmpty { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                prefix = line.dropFirst().dropLast() + "."
                continue
            }
            guard !line.hasPrefix("-") else {
                throw ConfigurationError(
                    "\(place): \(line), options in configuration file must be specified without "
                        + "leading -")
            }
            guard let equals = line.firstIndex(of: "=") else {
                let hint =
                    line.hasPrefix("no")
                    ? ", if you intended to specify a negated option, use \(line)=1 instead" : ""
                throw ConfigurationError("\(place): \(line)\(hint)")
            }
            let name = prefix + line[..<equals].trimmingCharacters(in: .whitespaces)
            let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            guard !hasComment || !name.contains("rpcpassword") else {
                throw ConfigurationError(
                    "\(place), using # in rpcpassword can be ambiguous and should be avoided")
            }
            try set(name, value)
        }
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
