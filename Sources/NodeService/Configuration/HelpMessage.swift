import Notation
import Options

/// What `-help` and `-version` print.
enum HelpMessage {
    static let name = "Cellblock daemon version v\(Version.text)"

    static let version = """
        \(name)
        This is free software under the MIT licence.

        """

    static var text: String {
        var text = """
            \(name)

            The Cellblock daemon (cellblockd) connects to a Bitcoin network, validates and relays its blocks and transactions, mines, keeps wallets, and answers calls over HTTP.

            Usage: cellblockd [options]

            """
        for group in OptionTable.groups {
            text += "\n\(group.title):\n"
            for option in group.options where !option.help.isEmpty {
                text += "\n  -\(option.name)\(option.usage)\n       \(option.help)\n"
            }
        }
        return text
    }
}
