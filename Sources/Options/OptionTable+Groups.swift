extension OptionTable {
    static let general: [Option] = [
        Option("?", "", .used, "Print this help message and exit"),
        Option("h", "", .used),
        Option("help", "", .used),
        Option("version", "", .used, "Print version and exit"),
        Option(
            "addressindex", "", .used,
            "Keep an index of what each address received, spent and has (default: 0)"),
        Option("alertnotify", "=<cmd>", .missing),
        Option(
            "assumeutxo", "=<height>:<block>:<hash>:<transactions>", .used,
            "Let loadtxoutset take the coins as of this block if this is their hash, with so many "
                + "transactions up to it; may be given several times, and until they are checked"),
        Option(
            "assumevalid", "=<hex>", .used,
            "Take the scripts of this block and those before it as valid (0 to verify all)"),
        Option(
            "blocksdir", "=<dir>", .used,
            "Directory to hold the blocks subdirectory (default: <datadir>)"),
        Option("blocksxor", "", .used, "Whether block files are masked with a key (default: 1)"),
        Option(
            "fastprune", "", .used,
            "Small block files, that tests of pruning need few blocks (default: 0)"),
        Option("blocknotify", "=<cmd>", .missing),
        Option("blockreconstructionextratxn", "=<n>", .ignored),
        Option("blocksonly", "", .used, "Take no transactions from peers (default: 0)"),
        Option(
            "coinstatsindex", "", .used,
            "Keep counts and a hash of the coins after each block (default: 0)"),
        Option(
            "conf", "=<file>", .used,
            "Configuration file, relative to the data directory (default: cellblock.conf, else "
                + "bitcoin.conf)"),
        Option("datadir", "=<dir>", .used, "Data directory (default: ~/.cellblock)")
            .withoutNegation(),
        Option("dbbatchsize", "=<n>", .ignored),
        Option("dbcache", "=<n>", .used, "Size of the cache of coins in MiB (default: 450)"),
        Option("includeconf", "=<file>", .used, "Further configuration file (only in a file)"),
        Option("allowignoredconf", "", .ignored),
        Option("loadblock", "=<file>", .used, "Import blocks from a file on startup"),
        Option(
            "maxmempool", "=<n>", .used, "Keep the pool under this many megabytes (default: 300)"),
        Option("mempoolexpiry", "=<n>", .used, "Hours a transaction may wait (default: 336)"),
        Option(
            "minimumchainwork", "=<hex>", .used,
            "Least work a chain must have to be taken for the current one"),
        Option("par", "=<n>", .used, "Threads that verify scripts (0 = one a core, default: 0)"),
        Option("prevoutfetchthreads", "=<n>", .ignored),
        Option("persistmempool", "", .used, "Save the pool on shutdown (default: 1)"),
        Option("persistmempoolv1", "", .ignored),
        Option("pid", "=<file>", .used, "Process id file (default: cellblockd.pid)"),
        Option(
            "prune", "=<n>", .used,
            "Delete old block files: 0 = never, 1 = on pruneblockchain, >=550 = stay below so many "
                + "MiB (default: 0)"),
        Option("reindex", "", .used, "Rebuild the block index and the coins from the block files"),
        Option("reindex-chainstate", "", .used, "Rebuild the coins from the blocks"),
        Option("settings", "=<file>", .used, "File of dynamic settings (default: settings.json)"),
        Option("startupnotify", "=<cmd>", .missing),
        Option("shutdownnotify", "=<cmd>", .missing),
        Option("txindex", "", .used, "Keep an index of all transactions (default: 0)"),
        Option(
            "txospenderindex", "", .used,
            "Keep an index of where each coin was spent (default: 0)"),
        Option(
            "blockfilterindex", "=<type>", .used,
            "Keep compact filters of all blocks; the one type is basic (default: 0)"),
        Option("daemon", "", .missing),
        Option("daemonwait", "", .missing),
        Option("ipcbind", "=<address>", .missing),
    ]

    static let connection: [Option] = [
        Option("addnode", "=<ip>", .used, "Connect to this node and keep the connection open")
            .forNetwork(),
        Option("asmap", "=<file>", .missing),
        Option("bantime", "=<n>", .used, "Seconds a ban lasts (default: 86400)"),
        Option("bind", "=<addr>[:<port>][=onion]", .used, "Listen for peers on this address")
            .forNetwork(),
        Option("cjdnsreachable", "", .missing),
        Option("connect", "=<ip>", .used, "Connect to this node only; 0 for none").forNetwork(),
        Option("discover", "", .ignored),
        Option("dns", "", .used, "Look up nodes to dial by name (default: 1)"),
        Option("dnsseed", "", .used, "Ask seeds for addresses of nodes (default: 1)"),
        Option("externalip", "=<ip>", .used, "Our own address as others see it"),
        Option("fixedseeds", "", .ignored),
        Option("forcednsseed", "", .ignored),
        Option("listen", "", .used, "Take connections from outside (default: 1)"),
        Option("listenonion", "", .ignored),
        Option("maxconnections", "=<n>", .used, "Most connections to peers (default: 125)"),
        Option("maxreceivebuffer", "=<n>", .ignored),
        Option("maxsendbuffer", "=<n>", .ignored),
        Option("maxuploadtarget", "=<n>", .missing),
        Option("onion", "=<ip:port|path>", .missing),
        Option("i2psam", "=<ip:port>", .missing),
        Option("i2pacceptincoming", "", .ignored),
        Option("onlynet", "=<net>", .missing),
        Option(
            "v2transport", "", .used,
            "Speak the encrypted transport (BIP 324) with peers that do (default: 1)"),
        Option("peerbloomfilters", "", .missing),
        Option(
            "peerblockfilters", "", .used,
            "Serve compact block filters to peers per BIP 157 (default: 0)"),
        Option("txreconciliation", "", .missing),
        Option("port", "=<port>", .used, "Port for peers").forNetwork(),
        Option("proxy", "=<ip:port>", .missing),
        Option("proxyrandomize", "", .ignored),
        Option("seednode", "=<ip>", .used, "Ask this node for addresses, then leave it"),
        Option("networkactive", "", .used, "Enable all peer activity (default: 1)"),
        Option("timeout", "=<n>", .used, "Milliseconds to wait for a connection (default: 5000)"),
        Option("peertimeout", "=<n>", .used, "Seconds a peer may be silent (default: 60)"),
        Option("torcontrol", "=<ip>:<port>", .missing),
        Option("torpassword", "=<pass>", .missing),
        Option("natpmp", "", .ignored),
        Option(
            "whitebind", "=<[permissions@]addr>", .used,
            "Listen on this address and give those who connect there these permissions"),
        Option(
            "whitelist", "=<[permissions@]subnet>", .used,
            "Give peers of this address or subnet these permissions"),
        Option("zmqpubhashblock", "=<address>", .missing),
        Option("zmqpubhashtx", "=<address>", .missing),
        Option("zmqpubrawblock", "=<address>", .missing),
        Option("zmqpubrawtx", "=<address>", .missing),
        Option("zmqpubsequence", "=<address>", .missing),
        Option("zmqpubhashblockhwm", "=<n>", .ignored),
        Option("zmqpubhashtxhwm", "=<n>", .ignored),
        Option("zmqpubrawblockhwm", "=<n>", .ignored),
        Option("zmqpubrawtxhwm", "=<n>", .ignored),
        Option("zmqpubsequencehwm", "=<n>", .ignored),
    ]

    static let wallet: [Option] = [
        Option("addresstype", "", .used, "Kind of address to give out (default: bech32)"),
        Option("avoidpartialspends", "", .ignored),
        Option("changetype", "", .used, "Kind of address for change (default: as what is paid)"),
        Option(
            "consolidatefeerate", "=<amt>", .used,
            "Fee rate, a kvB, below which a wallet gathers many coins (default: 0.0001)"),
        Option("disablewallet", "", .used, "Run without wallets"),
        Option(
            "discardfee", "=<amt>", .used,
            "Fee rate, a kvB, by which change worth less than its spending becomes fee (default: 0.0001)"
        ),
        Option("fallbackfee", "=<amt>", .used, "Fee rate where none can be estimated"),
        Option("keypool", "=<n>", .used, "How many keys to prepare (default: 1000)"),
        Option("maxapsfee", "=<n>", .ignored),
        Option(
            "maxtxfee", "=<amt>", .used, "Most a wallet pays for one transaction (default: 0.10)"),
        Option(
            "mintxfee", "=<amt>", .used, "Least fee rate a wallet pays, a kvB (default: 0.00001)"),
        Option("signer", "=<cmd>", .missing),
        Option(
            "spendzeroconfchange", "", .used,
            "Spend change of our own that waits for a block (default: 1)"),
        Option("txconfirmtarget", "=<n>", .ignored),
        Option("wallet", "=<path>", .used, "Load this wallet on startup").forNetwork(),
        Option("walletbroadcast", "", .used, "Send what a wallet makes (default: 1)"),
        Option(
            "walletdir", "=<dir>", .used, "Directory to hold wallets (default: <datadir>/wallets)"),
        Option("walletnotify", "=<cmd>", .missing),
        Option(
            "walletrbf", "", .used, "Signal that what a wallet sends may be replaced (default: 1)"),
        Option("unsafesqlitesync", "", .ignored),
        Option("walletrejectlongchains", "", .ignored),
        Option("walletcrosschain", "", .ignored),
        Option("dblogsize", "=<n>", .ignored),
        Option("flushwallet", "", .ignored),
        Option("privdb", "", .ignored),
        Option("swapbdbendian", "", .ignored),
    ]

    static let debugging: [Option] = [
        Option("checkblocks", "=<n>", .used, "Blocks to check at startup (default: 6, 0 = all)"),
        Option("checklevel", "=<n>", .used, "How thoroughly to check them (0-4, default: 3)"),
        Option("checkblockindex", "", .ignored),
        Option("checkaddrman", "=<n>", .ignored),
        Option("checkmempool", "=<n>", .ignored),
        Option("checkpoints", "", .ignored),
        Option("deprecatedrpc", "=<method>", .used, "Answer this call as an older release did"),
        Option("stopafterblockimport", "", .used, "Stop after importing blocks from disk"),
        Option("stopatheight", "", .used, "Stop after reaching this height"),
        Option("limitancestorcount", "=<n>", .ignored),
        Option("limitancestorsize", "", .ignored),
        Option("limitdescendantsize", "", .ignored),
        Option("limitdescendantcount", "=<n>", .ignored),
        Option(
            "limitclustercount", "=<n>", .used,
            "Most transactions that hang together in the pool (default: 64)"),
        Option(
            "limitclustersize", "=<n>", .used,
            "Most kvB of transactions that hang together in the pool (default: 101)"),
        Option(
            "test", "=<option>", .used, "Let tests do what a node in service must not: this one"),
        Option("capturemessages", "", .missing),
        Option("mocktime", "=<n>", .used, "Stand still at this time (default: 0)"),
        Option(
            "maxsigcachesize", "=<n>", .used,
            "Size of the memory of verified signatures and scripts in MiB (default: 32)"),
        Option("maxtipage", "=<n>", .used, "Seconds after which a tip is too old to be current"),
        Option("printpriority", "", .ignored),
        Option("uacomment", "=<cmt>", .used, "Append a comment to the user agent"),
        Option("debuglogfile", "=<file>", .used, "Log file (default: debug.log)"),
        Option("debug", "=<category>", .used, "Log these categories too; 1 for all"),
        Option(
            "debugexclude", "=<category>", .used, "Leave this category out of what -debug names"),
        Option("logips", "", .ignored),
        Option("loglevel", "=<level>", .ignored),
        Option("logtimestamps", "", .used, "Begin lines of the log with the time (default: 1)"),
        Option("logthreadnames", "", .ignored),
        Option("logsourcelocations", "", .ignored),
        Option("logtimemicros", "", .used, "Write the log's times to the microsecond (default: 0)"),
        Option("loglevelalways", "", .ignored),
        Option("logratelimit", "", .ignored),
        Option("printtoconsole", "", .used, "Write the log to the console (default: 1)"),
        Option(
            "shrinkdebugfile", "", .used,
            "Cut a long debug.log on startup (default: 1 without -debug)"),
        Option("help-debug", "", .used, "Print this help message and exit, as -help"),
    ]

    static let chain: [Option] = [
        Option(
            "chain", "=<chain>", .used,
            "Use this chain: main, test, testnet4, signet, regtest, yard (default: main)"),
        Option("network", "=<file>", .used, "Use the network that this file defines"),
        Option("regtest", "", .used, "Use the chain regtest, whose blocks cost no work"),
        Option("testnet", "", .used, "Use the third public test network"),
        Option("testnet4", "", .used, "Use the fourth public test network"),
        Option(
            "signet", "", .used, "Use the public signet, or one of your own with -signetchallenge"),
        Option("yard", "", .used, "Use the private network that comes with Cellblock"),
        Option(
            "signetchallenge", "=<hex>", .used,
            "Script that blocks of a signet of your own must satisfy (BIP325)"
        ).withoutNegation(),
        Option("signetkey", "=<wif>", .used, "Sign blocks of a signet of your own with this key")
            .withoutNegation(),
        Option(
            "signetseednode", "=<host>", .used, "Node of a signet of your own to ask for addresses"
        ).withoutNegation(),
        Option(
            "signetwallet", "=<name>", .used,
            "Sign blocks of a signet of your own with this wallet's keys"
        ).withoutNegation(),
        Option(
            "testactivationheight", "=name@height", .used,
            "Put a buried rule in force from this height; regtest only"),
        Option(
            "vbparams", "=deployment:start:end[:min_activation_height]", .used,
            "When a deployment is voted on, times in seconds since 1970; regtest only"),
    ]

    static let relay: [Option] = [
        Option("acceptnonstdtxn", "", .used, "Relay transactions that are not standard"),
        Option(
            "incrementalrelayfee", "=<amt>", .used,
            "Fee rate, a kvB, that a replacement pays beyond what it replaces (default: 0.000001)"),
        Option(
            "dustrelayfee", "=<amt>", .used,
            "Fee rate, a kvB, by which an output is too small to spend (default: 0.00003)"),
        Option("acceptstalefeeestimates", "", .ignored),
        Option(
            "bytespersigop", "", .used,
            "Virtual bytes a signature operation counts for at least (default: 20)"),
        Option("datacarrier", "", .used, "Relay transactions that carry data (default: 1)"),
        Option(
            "datacarriersize", "", .used,
            "Most bytes of such outputs in a transaction (default: 100000)"),
        Option("permitbaremultisig", "", .used, "Relay outputs of bare multisig (default: 1)"),
        Option("minrelaytxfee", "=<amt>", .used, "Least fee rate for relay, a kvB"),
        Option("privatebroadcast", "", .missing),
        Option(
            "whitelistforcerelay", "", .used,
            "-whitelist and -whitebind without names grant forcerelay (default: 0)"),
        Option(
            "whitelistrelay", "", .used,
            "-whitelist and -whitebind without names grant relay (default: 1, or 0 with -blocksonly)"),
        Option("mempoolfullrbf", "", .ignored),
    ]

    static let mining: [Option] = [
        Option("blockmaxweight", "=<n>", .used, "Most weight of a block (default: 4000000)"),
        Option(
            "blockreservedweight", "=<n>", .used,
            "Weight kept for header and coinbase of blocks built here (default: 8000)"),
        Option(
            "blockmintxfee", "=<amt>", .used,
            "Least fee rate, a kvB, in blocks built here (default: 0.00000001)"),
        Option("blockversion", "=<n>", .used, "Version of blocks built here; regtest only"),
        Option("finder", "=<name>", .used, "The inmate whose finds these are"),
        Option("mineduty", "=<n>", .used, "Percent of the time to mine (default: 100)"),
        Option(
            "knownroster", "=<file>", .used, "Judge coinbases by this roster too (can be repeated)"),
        Option("minerduty", "=<n>", .used, "The same as -mineduty"),
        Option(
            "minerinterval", "=<n>", .used,
            "Mine a block at most every so many seconds (default: 0)"),
        Option("minerneedspeers", "", .used, "Do not mine while there are no peers (default: 0)"),
        Option("minerthreads", "=<n>", .used, "The same as -mine"),
        Option("minertxonly", "", .used, "Mine only when transactions wait (default: 0)"),
        Option("roster", "=<file>", .used, "Whom the blocks mined here pay"),
        Option("sharelogsize", "=<n>", .used, "Most MiB of shares to keep (default: 1024)"),
        Option("stratum", "=<addr>[:port]", .used, "Serve miners here (default port: 3333)"),
        Option(
            "stratumcert", "=<file>", .used,
            "Certificate for -stratumtls, and those it rests on (PEM)"),
        Option("stratumdifficulty", "=<n>", .used, "Difficulty of a miner's first shares"),
        Option("stratumkey", "=<file>", .used, "Key of that certificate (PEM)"),
        Option(
            "stratumtls", "=<addr>[:port]", .used,
            "Serve miners here, encrypted (default port: 3334)"),
        Option("mine", "=<n>", .used, "Mine from the start with this many threads (0 = all cores)"),
    ]

    static let rpc: [Option] = [
        Option("rest", "", .used, "Show blocks and transactions at /rest/, without a password"),
        Option("rpcallowip", "=<ip>", .used, "Take calls from here"),
        Option("rpcauth", "=<userpw>", .used, "A user and the hash of a password: user:salt$hash"),
        Option("rpcbind", "=<addr>[:port]", .used, "Listen for calls on this address").forNetwork(),
        Option("rpcdoccheck", "", .ignored),
        Option("rpccookiefile", "=<loc>", .used, "Where the cookie is (default: .cookie)"),
        Option("rpccookieperms", "=<readable-by>", .used, "owner, group or all (default: owner)"),
        Option("rpcpassword", "=<pw>", .used, "Password for calls"),
        Option("rpcport", "=<port>", .used, "Port for calls").forNetwork(),
        Option("rpcservertimeout", "=<n>", .used, "Seconds a connection may be idle (default: 30)"),
        Option("rpcthreads", "=<n>", .used, "Calls served at a time (default: 16)"),
        Option("rpcuser", "=<user>", .used, "User for calls"),
        Option("rpcwhitelist", "=<whitelist>", .used, "user:method,method of what a user may call"),
        Option(
            "rpcwhitelistdefault", "", .used,
            "Whether users without -rpcwhitelist may call nothing (default: 1 if there is a list)"),
        Option("rpcworkqueue", "=<n>", .used, "Calls that may wait beyond those (default: 64)"),
        Option("server", "", .used, "Take calls (default: 1)"),
    ]

    static let hidden: [Option] = [
        Option("dbcrashratio", "", .ignored),
        Option("forcecompactdb", "", .ignored),
        Option("upnp", "", .ignored),
        Option("choosedatadir", "", .ignored),
        Option("lang", "", .ignored),
        Option("min", "", .ignored),
        Option("resetguisettings", "", .ignored),
        Option("splash", "", .ignored),
        Option("uiplatform", "", .ignored),
    ]
}
