public import Cryptography
public import Primitives

/// What makes one network differ from another: one value, read from one JSON definition.
public struct Network: Sendable, Hashable {
    /// The networks Bitcoin Core knows, and all others.
    public enum Kind: Sendable, Hashable {
        case main, test, testnet4, signet, regtest, own
    }

    /// The name of its definition: "mainnet", "yard".
    public var name: String
    /// The name that `-chain=` takes and `getblockchaininfo` gives: "main", "yard".
    public var chainName: String
    public var kind: Kind

    /// The four bytes that begin each message and each block on disk.
    public var magic: [UInt8]
    /// Where peers are listened for and looked for.
    public var port: UInt16
    public var rpcPort: UInt16
    /// Host names that answer with the addresses of nodes.
    public var seeds: [String]
    public var genesis: Block
    public var genesisHash: BlockHash

    public var consensus: ConsensusParameters
    public var addresses: AddressPrefixes
    /// Whether loopback and private addresses are gossiped, as a network without a public address
    /// needs.
    public var relaysPrivateAddresses: Bool
    /// Whether coins are worth nothing here; some cautions then do not apply.
    public var isTestChain: Bool
    /// Whether the clock may be set by RPC.
    public var isMockable: Bool
    /// Blocks are kept at least up to this height before pruning begins.
    public var pruneAfterHeight: Int
    /// How much there was to do at some moment, to estimate how much is left.
    public var transactions: ChainTransactions
    public var headersSync: HeadersSyncParameters
    /// Sets of coins that `loadtxoutset` takes without being told a hash, the lowest first.
    public var snapshots: [CoinSnapshot]
    /// How this network's rewards are split unless a roster says otherwise.
    public var payouts: PayoutPolicy?
}

/// The bytes and the prefix that mark addresses and keys as this network's.
public struct AddressPrefixes: Sendable, Hashable {
    public var pubKeyHash: UInt8
    public var scriptHash: UInt8
    public var secretKey: UInt8
    /// Four bytes each.
    public var extendedPublicKey: [UInt8]
    public var extendedSecretKey: [UInt8]
    /// What Bech32 addresses begin with, before the "1".
    public var hrp: String
}

/// How many transactions the chain had at a time, and how many come in a second.
public struct ChainTransactions: Sendable, Hashable {
    public var time: Int64
    public var count: UInt64
    public var rate: Double

    public init(time: Int64, count: UInt64, rate: Double) {
        self.time = time
        self.count = count
        self.rate = rate
    }
}

/// How the first pass over a stranger's headers is remembered and compared with the second.
public struct HeadersSyncParameters: Sendable, Hashable {
    /// One bit is kept of every so many headers.
    public var commitmentPeriod: Int
    /// So many headers are held back in the second pass before the first is believed.
    public var redownloadBufferSize: Int

    public init(commitmentPeriod: Int, redownloadBufferSize: Int) {
        self.commitmentPeriod = commitmentPeriod
        self.redownloadBufferSize = redownloadBufferSize
    }
}

/// The coins as of a block, pinned by their hash: whoever has them need not have the blocks before.
public struct CoinSnapshot: Sendable, Hashable {
    public var height: Int
    public var block: BlockHash
    /// Core's `hash_serialized_3` of all coins.
    public var coinsHash: Hash256
    /// The transactions from genesis to the block.
    public var transactionCount: UInt64

    public init(height: Int, block: BlockHash, coinsHash: Hash256, transactionCount: UInt64) {
        self.height = height
        self.block = block
        self.coinsHash = coinsHash
        self.transactionCount = transactionCount
    }
}

/// The `[payout]` table a founder wishes all to use.
public struct PayoutPolicy: Sendable, Hashable {
    /// `solo`, `weights`, `rotation` or `pplns`.
    public var scheme: String
    public var maximumPayees: Int
    /// In satoshis.
    public var minimumPayout: Int64
    /// In hundredths of a per cent of the reward.
    public var feeBasisPoints: Int
    public var finderBasisPoints: Int
    /// The window of shares, in blocks' worth of work.
    public var pplnsFactor: Int
}

extension Network {
    public static let mainnet = compiledIn(PackageResources.mainnet_json, as: "mainnet")
    public static let testnet3 = compiledIn(PackageResources.testnet3_json, as: "testnet3")
    public static let testnet4 = compiledIn(PackageResources.testnet4_json, as: "testnet4")
    public static let signet = compiledIn(PackageResources.signet_json, as: "signet")
    public static let regtest = compiledIn(PackageResources.regtest_json, as: "regtest")
    public static let yard = compiledIn(PackageResources.yard_json, as: "yard")

    /// Every network that is compiled in.
    public static let all = [mainnet, testnet3, testnet4, signet, regtest, yard]

    /// The network of that name, ours ("mainnet") or Bitcoin Core's ("main").
    public static func named(_ name: String) -> Network? {
        switch name {
        case "main", "mainnet": mainnet
        case "test", "testnet3": testnet3
        case "testnet4": testnet4
        case "signet": signet
        case "regtest": regtest
        case "yard": yard
        default: nil
        }
    }

    /// The definition of a compiled-in network, as a founder may copy it.
    public static func definition(named name: String) -> [UInt8]? {
        switch name {
        case "main", "mainnet": PackageResources.mainnet_json
        case "test", "testnet3": PackageResources.testnet3_json
        case "testnet4": PackageResources.testnet4_json
        case "signet": PackageResources.signet_json
        case "regtest": PackageResources.regtest_json
        case "yard": PackageResources.yard_json
        default: nil
        }
    }

    private static func compiledIn(_ definition: [UInt8], as name: String) -> Network {
        do {
            return try Network(definition: definition, isBuiltIn: true)
        } catch {
            preconditionFailure("the definition of \(name) is damaged: \(error)")
        }
    }

    /// The folder below the data directory; empty for mainnet, which has the directory itself.
    public var dataFolder: String {
        switch kind {
        case .main: ""
        case .test: "testnet3"
        case .testnet4, .signet, .regtest, .own: chainName
        }
    }
}
