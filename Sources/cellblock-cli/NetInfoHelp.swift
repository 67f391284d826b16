/// What `-netinfo help` prints: word for word what Core's client says, for scripts and eyes that
/// know it.
enum NetInfoHelp {
    static let text = """
        -netinfo (level [outonly]) | help

        Returns a network peer connections dashboard with information from the remote server.
        This human-readable interface will change regularly and is not intended to be a stable API.
        Under the hood, -netinfo fetches the data by calling getpeerinfo and getnetworkinfo.
        An optional argument from 0 to 4 can be passed for different peers listings; values above \
        4 up to 255 are parsed as 4.
        If that argument is passed, an optional additional "outonly" argument may be passed to \
        obtain the listing with outbound peers only.
        Pass "help" or "h" to see this detailed help documentation.
        If more than two arguments are passed, only the first two are read and parsed.
        Suggestion: use -netinfo with the Linux watch(1) command for a live dashboard; see \
        example below.

        Arguments:
        1. level (integer 0-4, optional)  Specify the info level of the peers dashboard (default 0):
                                          0 - Peer counts for each reachable network as well as \
        for block relay peers
                                              and manual peers, and the list of local addresses \
        and ports
                                          1 - Like 0 but preceded by a peers listing (without \
        address and version columns)
                                          2 - Like 1 but with an address column
                                          3 - Like 1 but with a version column
                                          4 - Like 1 but with both address and version columns
        2. outonly ("outonly" or "o", optional) Return the peers listing with outbound peers \
        only, i.e. to save screen space
                                                when a node has many inbound peers. Only valid if \
        a level is passed.

        help ("help" or "h", optional) Print this help documentation instead of the dashboard.

        Result:

        * The peers listing in levels 1-4 displays all of the peers sorted by direction and \
        minimum ping time:

          Column   Description
          ------   -----------
          <->      Direction
                   "in"  - inbound connections are those initiated by the peer
                   "out" - outbound connections are those initiated by us
          type     Type of peer connection
                   "full"   - full relay, the default
                   "block"  - block relay; like full relay but does not relay transactions or \
        addresses
                   "manual" - peer we manually added using RPC addnode or the -addnode/-connect \
        config options
                   "feeler" - short-lived connection for testing addresses
                   "addr"   - address fetch; short-lived connection for requesting addresses
                   "priv"   - private broadcast; short-lived connection for broadcasting our \
        transactions
          net      Network the peer connected through ("ipv4", "ipv6", "onion", "i2p", "cjdns", \
        or "npr" (not publicly routable))
          serv     Services offered by the peer
                   "n" - NETWORK: peer can serve the full block chain
                   "b" - BLOOM: peer can handle bloom-filtered connections (see BIP 111)
                   "w" - WITNESS: peer can be asked for blocks and transactions with witness data \
        (SegWit)
                   "c" - COMPACT_FILTERS: peer can handle basic block filter requests (see BIPs \
        157 and 158)
                   "l" - NETWORK_LIMITED: peer limited to serving only the last 288 blocks (~2 days)
                   "2" - P2P_V2: peer supports version 2 P2P transport protocol, as defined in \
        BIP 324
                   "u" - UNKNOWN: unrecognized bit flag
          v        Version of transport protocol used for the connection
          mping    Minimum observed ping time, in milliseconds (ms)
          ping     Last observed ping time, in milliseconds (ms)
          send     Time since last message sent to the peer, in seconds
          recv     Time since last message received from the peer, in seconds
          txn      Time since last novel transaction received from the peer and accepted into our \
        mempool, in minutes
                   "*" - we do not relay transactions to this peer (getpeerinfo "relaytxes" is \
        false)
          blk      Time since last novel block passing initial validity checks received from the \
        peer, in minutes
          hb       High-bandwidth BIP152 compact block relay
                   "." (to)   - we selected the peer as a high-bandwidth peer
                   "*" (from) - the peer selected us as a high-bandwidth peer
          addrp    Total number of addresses processed, excluding those dropped due to rate limiting
                   "." - we do not relay addresses to this peer (getpeerinfo "addr_relay_enabled" \
        is false)
          addrl    Total number of addresses dropped due to rate limiting
          age      Duration of connection to the peer, in minutes
          asmap    Mapped AS (Autonomous System) number at the end of the BGP route to the peer, \
        used for diversifying
                   peer selection (only displayed if the -asmap config option is set)
          id       Peer index, in increasing order of peer connections since node startup
          address  IP address and port of the peer
          version  Peer version and subversion concatenated, e.g. "70016/Satoshi:21.0.0/"

        * The peer counts table displays the number of peers for each reachable network as well as
          the number of block relay peers and manual peers.

        * The local addresses table lists each local address broadcast by the node, the port, and \
        the score.

        Examples:

        Peer counts table of reachable networks and list of local addresses
        > bitcoin-cli -netinfo

        The same, preceded by a peers listing without address and version columns
        > bitcoin-cli -netinfo 1

        Full dashboard
        > bitcoin-cli -netinfo 4

        Full dashboard, but with outbound peers only
        > bitcoin-cli -netinfo 4 outonly

        Full live dashboard, adjust --interval or --no-title as needed (Linux)
        > watch --interval 1 --no-title bitcoin-cli -netinfo 4

        See this help
        > bitcoin-cli -netinfo help

        """
}
