/// One option that the program knows.
package struct Option: Sendable {
    /// What becomes of an option that is set.
    package enum Standing: Sendable {
        case used
        /// Taken and left aside, since nothing is lost by that.
        case ignored
        /// Refused when it asks for something, since the operator would rely on it.
        case missing
    }

    package let name: String
    /// What stands behind the name in the help: "=<n>".
    package let usage: String
    package let help: String
    package let standing: Standing
    /// Whether it counts for one network only, so that the top of the file does not set it for
    /// another one than main.
    package var isForNetwork = false
    package var forbidsNegation = false

    init(_ name: String, _ usage: String = "", _ standing: Standing = .used, _ help: String = "") {
        self.name = name
        self.usage = usage
        self.standing = standing
        self.help = help
    }

    func forNetwork() -> Option {
        var copy = self
        copy.isForNetwork = true
        return copy
    }

    func withoutNegation() -> Option {
        var copy = self
        copy.forbidsNegation = true
        return copy
    }
}

/// All options, under the headings of the help.
package enum OptionTable {
    package static let groups: [(title: String, options: [Option])] = [
        ("Options", general), ("Connection options", connection), ("Wallet options", wallet),
        ("Debugging/Testing options", debugging), ("Chain selection options", chain),
        ("Node relay options", relay), ("Block creation options", mining),
        ("RPC server options", rpc),
    ]

    package static let all = groups.flatMap(\.options) + hidden

    private static let byName = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    package static subscript(name: String) -> Option? { byName[name] }
}
