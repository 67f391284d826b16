public import Cryptography
public import Primitives

/// What peers tell each other, one case a kind of message.
public enum Message: Hashable, Sendable {
    case version(VersionMessage)
    case verack
    case wtxidRelay
    case sendAddressV2
    case sendHeaders
    case sendCompact(announces: Bool, version: UInt64)
    /// In satoshis per 1000 virtual bytes.
    case feeFilter(Int64)
    case ping(UInt64?)
    case pong(UInt64?)
    case getAddresses
    case addresses([PeerAddress])
    case addressesV2([PeerAddress])
    case inventory([InventoryItem])
    case getData([InventoryItem])
    case notFound([InventoryItem])
    case getBlocks(locator: [BlockHash], stop: BlockHash)
    case getHeaders(locator: [BlockHash], stop: BlockHash)
    case headers([BlockHeader])
    case block(Block)
    case transaction(Transaction)
    case memoryPool
    case compactBlock(CompactBlock)
    case getBlockTransactions(BlockTransactionsRequest)
    case blockTransactions(BlockTransactionsAnswer)
    /// Negotiation of later versions (BIP434), which none here speaks.
    case feature
    /// Bloom filters (BIP37): the command alone.
    case bloomFilter(String)
    case filterRequest(FilterRequest)
    /// Only ever sent.
    case filterAnswer(FilterAnswer)
    /// A command that is not known here, and is ignored.
    case unknown(String)
}

extension Message {
    /// The name it bears on the wire.
    public var command: String {
        switch self {
        case .version: "version"
        case .verack: "verack"
        case .wtxidRelay: "wtxidrelay"
        case .sendAddressV2: "sendaddrv2"
        case .sendHeaders: "sendheaders"
        case .sendCompact: "sendcmpct"
        case .feeFilter: "feefilter"
        case .ping: "ping"
        case .pong: "pong"
        case .getAddresses: "getaddr"
        case .addresses: "addr"
        case .addressesV2: "addrv2"
        case .inventory: "inv"
        case .getData: "getdata"
        case .notFound: "notfound"
        case .getBlocks: "getblocks"
        case .getHeaders: "getheaders"
        case .headers: "headers"
        case .block: "block"
        case .transaction: "tx"
        case .memoryPool: "mempool"
        case .compactBlock: "cmpctblock"
        case .getBlockTransactions: "getblocktxn"
        case .blockTransactions: "blocktxn"
        case .feature: "feature"
        case .filterRequest(let request): request.kind.rawValue
        case .filterAnswer(let answer): answer.command
        case .bloomFilter(let name), .unknown(let name): name
        }
    }

    /// The commands that are counted by name; all others count as `*other*`.
    public static let knownCommands: Set<String> = [
        "version", "verack", "addr", "addrv2", "sendaddrv2", "inv", "getdata", "merkleblock",
        "getblocks", "getheaders", "tx", "headers", "block", "getaddr", "mempool", "ping", "pong",
        "notfound", "filterload", "filteradd", "filterclear", "sendheaders", "feefilter",
        "sendcmpct", "cmpctblock", "getblocktxn", "blocktxn", "getcfilters", "cfilter",
        "getcfheaders", "cfheaders", "getcfcheckpt", "cfcheckpt", "wtxidrelay", "sendtxrcncl",
        "feature",
    ]
}

/// Why a payload is not the message its command says.
public enum MessageError: Error, Hashable, Sendable {
    /// The bytes do not decode. Bitcoin Core drops such a message and keeps the peer.
    case malformed(DecodingError)
    /// More items than the message may have: the peer misbehaves.
    case tooMany(command: String, count: Int)
    /// A locator of more hashes than anyone needs: the peer is left.
    case locatorTooLong(command: String, count: Int)
    /// A flag that is neither 0 nor 1: the peer misbehaves.
    case invalidFlag
}
