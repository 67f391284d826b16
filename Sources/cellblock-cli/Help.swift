import Notation

/// The texts of `-help` and `-version`.
enum Help {
    static let name = "Cellblock"
    static let release = "v\(Version.text)"

    /// The client of Core whose behaviour this one has.
    static let coreName = "Bitcoin Core"
    static let coreRelease = "v31.99.0-g1e2ece2c616a022b5fdd52843cc356cfcaa0d210"

    /// How `-netinfo` names the client that asks a node of this user agent. Before one of Core's
    /// nodes it prints what Core's own client prints there, since scripts read that line.
    static func client(of userAgent: String) -> String {
        userAgent.hasPrefix("/Satoshi:")
            ? "\(coreName) client \(coreRelease)" : "\(name) client \(release)"
    }

    static let version =
        "\(name) RPC client version \(release)\n"
        + "which speaks as \(coreName) RPC client version \(coreRelease) does.\n\n"
        + "This is free software under the MIT licence.\n"

    static let usage =
        "\(name) RPC client version \(release)\n\n"
        + "cellblock-cli asks a running node, be it cellblockd or bitcoind, by JSON-RPC.\n\n"
        + "Use the \"help\" command to list all commands. Use \"help <command>\" to show help "
        + "for that command.\n"
        + "The -named option allows you to specify parameters using the key=value format, "
        + "eliminating the need to pass unused positional parameters.\n\n"
        + "Usage: cellblock-cli [options] <command> [params]\n"
        + "or:    cellblock-cli [options] -named <command> [name=value]...\n"
        + "or:    cellblock-cli [options] help\n"
        + "or:    cellblock-cli [options] help <command>\n\n\n"
        + Option.Category.allCases.map(section).joined()

    private static func section(_ category: Option.Category) -> String {
        guard let title = category.title else { return "" }
        let options = Option.all
            .filter { $0.category == category && !$0.isForTests }
            .sorted { $0.name < $1.name }
        guard !options.isEmpty else { return "" }
        return "\(title)\n\n" + options.map(entry).joined()
    }

    private static func entry(_ option: Option) -> String {
        "  -\(option.name)\(option.parameter)\n       "
            + option.help.wrapped(width: 72, indent: 7) + "\n\n"
    }
}
