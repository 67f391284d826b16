extension Settings {
    /// Reads the arguments of the program: `-key`, `-key=value`, `--key=value`, `-nokey`.
    package mutating func readCommandLine(_ arguments: [String]) throws(ConfigurationError) {
        for argument in arguments {
            if argument == "-" { break }
            // What does not begin with a dash is refused later, once the network is known.
            let bytes = argument.utf8
            guard bytes.starts(with: "-".utf8) else { break }
            var text = Substring(bytes.dropFirst(bytes.starts(with: "--".utf8) ? 2 : 1))
            var value: String?
            if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                value = String(text[text.utf8.index(after: equals)...])
                text = text[..<equals]
            }
            let key = SettingKey(text)
            guard let option = OptionTable[key.name], key.section.isEmpty else {
                throw ConfigurationError("Invalid parameter \(argument)")
            }
            commandLine[key.name, default: []].append(try key.value(value, of: option))
        }
        // What is said before a last no does not count.
        if let included = commandLine["includeconf"]?.split(
            separator: .no, omittingEmptySubsequences: false
        ).last?.first {
            let value = included == .yes ? "true" : "\"\(included.string)\""
            throw ConfigurationError(
                "-includeconf cannot be used from commandline; -includeconf=\(value)")
        }
    }

    /// The first argument that is no option.
    package static func looseToken(in arguments: [String]) -> String? {
        arguments.first { !$0.utf8.starts(with: "-".utf8) }
    }
}
