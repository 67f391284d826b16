import NodeClient
import Notation

/// One node of the demo: where its data is, its ports, and how to ask it.
struct DemoNode: Sendable {
    let name: String
    let directory: String
    let port: UInt16
    let rpc: RPCClient

    init(name: String, directory: String) throws {
        self.name = name
        self.directory = directory
        port = try LoopbackSocket.freePort()
        rpc = RPCClient(
            port: try LoopbackSocket.freePort(), cookiePath: directory + "/yard/.cookie")
    }

    var address: String { "127.0.0.1:\(port)" }
    var errorPath: String { directory + "/errors.txt" }
    var logPath: String { directory + "/yard/debug.log" }

    /// How the node is started.
    var arguments: [String] {
        [
            "-chain=yard", "-datadir=\(directory)", "-port=\(port)", "-bind=\(address)",
            "-rpcport=\(rpc.port)", "-dnsseed=0", "-printtoconsole=0", "-fallbackfee=0.0001",
        ]
    }
}

extension DemoNode {
    /// The tip of its chain.
    func tip() throws -> Tip {
        let info = try rpc.call("getblockchaininfo")
        guard let height = info["blocks"]?.int, let hash = info["bestblockhash"]?.stringValue else {
            throw DemoFailure("getblockchaininfo of \(name) tells no tip")
        }
        return Tip(height: height, hash: hash)
    }

    /// Its set of unspent coins, by hash.
    func coins() throws -> CoinSet {
        let info = try rpc.call("gettxoutsetinfo")
        guard let block = info["bestblock"]?.stringValue,
            let hash = info["hash_serialized_3"]?.stringValue,
            let count = info["txouts"]?.int, let total = info["total_amount"]?.satoshis
        else { throw DemoFailure("gettxoutsetinfo of \(name) tells no coins") }
        return CoinSet(block: block, hash: hash, count: count, total: total)
    }

    /// How many peers it is connected to.
    func peerCount() throws -> Int64 { try rpc.call("getconnectioncount").int ?? 0 }

    /// Has it dial another, and keep at it.
    func connect(to other: DemoNode) throws {
        _ = try rpc.call("addnode", [.string(other.address), "add"])
    }

    /// Has it dial another now.
    func redial(_ other: DemoNode) throws {
        _ = try rpc.call("addnode", [.string(other.address), "onetry"])
    }

    func hasInMempool(_ txid: String) throws -> Bool {
        try rpc.call("getrawmempool").array?.contains(.string(txid)) ?? false
    }
}

/// A block at the end of a chain.
struct Tip: Equatable {
    var height: Int64
    var hash: String
}

/// All unspent coins, told by a hash.
struct CoinSet: Equatable {
    var block: String
    var hash: String
    var count: Int64
    var total: Int64
}

extension JSON {
    /// An amount of bitcoins, in satoshis.
    var satoshis: Int64? { numberText.flatMap { Decimal8.parse($0) } }
}
