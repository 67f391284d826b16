/// A setting that the command line and the configuration file may give.
struct Option {
    enum Category: Int, CaseIterable {
        case options, debugging, chain, commands, hidden

        var title: String? {
            switch self {
            case .options: "Options:"
            case .debugging: "Debugging/Testing options:"
            case .chain: "Chain selection options:"
            case .commands: "CLI Commands:"
            case .hidden: nil
            }
        }
    }

    let name: String
    let parameter: String
    let category: Category
    let help: String
    /// `-noname` means something.
    var canBeNegated = true
    /// `-name` alone, without `=value`, means something.
    var canBeBare = true
    /// Left out of the help.
    var isForTests = false
    /// In the configuration file it counts for the main chain alone, or in a chain's own section.
    var isOfOneNetwork = false

    init(_ name: String, _ parameter: String, _ category: Category, _ help: String) {
        self.name = name
        self.parameter = parameter
        self.category = category
        self.help = help
    }

    func with(_ change: (inout Option) -> Void) -> Option {
        var copy = self
        change(&copy)
        return copy
    }

    static let named = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension Option {
    static let all: [Option] = general + chains + commands + hidden

    private static let general: [Option] = [
        Option("version", "", .options, "Print version and exit"),
        Option(
            "conf", "=<file>", .options,
            "Specify configuration file. Relative paths will be prefixed by datadir location. "
                + "(default: cellblock.conf if there is one, else bitcoin.conf)"),
        Option("datadir", "=<dir>", .options, "Specify data directory (default: ~/.cellblock)")
            .with { $0.canBeNegated = false },
        Option("help", "", .options, "Print this help message and exit (also -h or -?)"),
        Option(
            "color", "=<when>", .options,
            "Color setting for CLI output (default: auto). Valid values: always, auto (add color "
                + "codes when standard output is connected to a terminal), never. Only applies to "
                + "the output of -getinfo."
        ).with { $0.canBeNegated = false },
        Option(
            "named", "", .options, "Pass named instead of positional arguments (default: false)"),
        Option("rpcid", "=<id>", .options, "Set a custom JSON-RPC request ID string (default: 1)")
            .with {
                $0.canBeNegated = false
                $0.canBeBare = false
            },
        Option(
            "rpcclienttimeout", "=<n>", .options,
            "Timeout in seconds during HTTP requests, or 0 for no timeout. (default: 900)"),
        Option(
            "rpcconnect", "=<ip>", .options,
            "Send commands to node running on <ip> (default: 127.0.0.1)"),
        Option(
            "rpccookiefile", "=<loc>", .options,
            "Location of the auth cookie. Relative paths will be prefixed by a net-specific "
                + "datadir location. (default: data dir)"),
        Option("rpcpassword", "=<pw>", .options, "Password for JSON-RPC connections"),
        Option(
            "rpcport", "=<port>", .options,
            "Connect to JSON-RPC on <port> (default: "
                + Chain.all.map { "\($0.flag): \($0.port)" }.joined(separator: ", ") + ")"
        ).with { $0.isOfOneNetwork = true },
        Option("rpcuser", "=<user>", .options, "Username for JSON-RPC connections"),
        Option("rpcwait", "", .options, "Wait for RPC server to start"),
        Option(
            "rpcwaittimeout", "=<n>", .options,
            "Timeout in seconds to wait for the RPC server to start, or 0 for no timeout. "
                + "(default: 0)"
        ).with { $0.canBeNegated = false },
        Option(
            "rpcwallet", "=<walletname>", .options,
            "Send RPC for non-default wallet on RPC server. This changes the RPC endpoint used, "
                + "e.g. http://127.0.0.1:8332/wallet/<walletname>"),
        Option(
            "stdin", "", .options,
            "Read extra arguments from standard input, one per line until EOF/Ctrl-D (recommended "
                + "for sensitive information such as passphrases). When combined with "
                + "-stdinrpcpass, the first line from standard input is used for the RPC password."
        ),
        Option(
            "stdinrpcpass", "", .options,
            "Read RPC password from standard input as a single line. When combined with -stdin, "
                + "the first line from standard input is used for the RPC password. When combined "
                + "with -stdinwalletpassphrase, -stdinrpcpass consumes the first line, and "
                + "-stdinwalletpassphrase consumes the second."),
        Option(
            "stdinwalletpassphrase", "", .options,
            "Read wallet passphrase from standard input as a single line. When combined with "
                + "-stdin, the first line from standard input is used for the wallet passphrase."),
    ]

    private static let chains: [Option] = [
        Option(
            "chain", "=<chain>", .chain,
            "Use the chain <chain> (default: main). Allowed values: "
                + Chain.all.map(\.name).joined(separator: ", ")),
        Option(
            "network", "=<file>", .chain,
            "Use the network that this definition describes, as its founder has copied it here"),
        Option("regtest", "", .chain, "Equivalent to -chain=regtest.").with {
            $0.isForTests = true
        },
        Option("testnet", "", .chain, "Use the testnet3 chain. Equivalent to -chain=test."),
        Option("testnet4", "", .chain, "Use the testnet4 chain. Equivalent to -chain=testnet4."),
        Option("signet", "", .chain, "Use the signet chain. Equivalent to -chain=signet."),
        Option("signetchallenge", "", .chain, "Taken for the node's sake, and not used here")
            .with { $0.canBeNegated = false },
        Option("signetseednode", "", .chain, "Taken for the node's sake, and not used here")
            .with { $0.canBeNegated = false },
        Option("testactivationheight", "", .debugging, "").with { $0.isForTests = true },
        Option("vbparams", "", .chain, "").with { $0.isForTests = true },
    ]

    private static let commands: [Option] = [
        Option(
            "addrinfo", "", .commands,
            "Get the number of addresses known to the node, per network and total."),
        Option(
            "generate", "", .commands,
            "Generate blocks, equivalent to RPC getnewaddress followed by RPC generatetoaddress. "
                + "Optional positional integer arguments are number of blocks to generate "
                + "(default: 1) and maximum iterations to try (default: 1000000), equivalent to "
                + "RPC generatetoaddress nblocks and maxtries arguments. Example: "
                + "cellblock-cli -generate 4 1000"),
        Option(
            "getinfo", "", .commands,
            "Get general information from the remote server. It is put together from several "
                + "requests, which may see different states."),
        Option(
            "netinfo", "", .commands,
            "Get network peer connection information from the remote server. An optional argument "
                + "from 0 to 4 can be passed for different peers listings (default: 0). If a "
                + "non-zero value is passed, an additional \"outonly\" (or \"o\") argument can be "
                + "passed to see outbound peers only. Pass \"help\" (or \"h\") for detailed help "
                + "documentation."),
    ]

    private static let hidden: [Option] = [
        Option("h", "", .hidden, ""), Option("?", "", .hidden, ""),
        // There is no such socket to connect to; scripts that forbid its use are understood.
        Option("ipcconnect", "=<address>", .hidden, ""),
    ]
}
