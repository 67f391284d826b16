/// One option that the program knows.
struct Option: Sendable {
    /// What becomes of an option that is set.
    enum Standing: Sendable {
        case used
        /// Taken and left aside, since nothing is lost by that.
        case ignored
        /// Refused when it asks for something, since the operator would rely on it.
        case missing
    }

    let name: String
    /// What stands behind the name in the help: "=<n>".
    let usage: String
    let help: String
    let standing: Standing
    /// Whether it counts for one network only, so that the top of the file does not set it for
    /// another one than main.
    var isForNetwork = false
    var forbidsNegation = false

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
enum OptionTable {
    static let groups: [(title: String, options: [Option])] = [
        ("Options", general), ("Connection options", connection), ("Wallet options", wallet),
        ("Debugging/Testing options", debugging), ("Chain selection options", chain),
        ("Node relay options", relay), ("Block creation options", mining),
        ("RPC server options", rpc),
    ]

    static let all = groups.flatMap(\.options) + hidden

    private static let byName = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    static subscript(name: String) -> Option? { byName[name] }
}
