extension Settings {
    /// Reads the arguments of the program: `-key`, `-key=value`, `--key=value`, `-nokey`.
    mutating func readCommandLine(_ arguments: [String]) throws(ConfigurationError) {
        for argument in arguments {
            if argument == "-" { break }
            // What does not begin with a dash is refused later, once the network is known.
            guard argument.hasPrefix("-") else { break }
            var text = argument.dropFirst(argument.hasPrefix("--") ? 2 : 1)
            var value: String?
            if let equals = text.firstIndex(of: "=") {
                value = String(text[text.index(after: equals)...])
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
    static func looseToken(in arguments: [String]) -> String? {
        arguments.first { !$0.hasPrefix("-") }
    }
}
