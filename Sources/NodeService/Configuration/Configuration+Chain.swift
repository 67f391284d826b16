import Chain
import Cryptography
import Foundation
import Genesis
import MemoryPool
import Options
import Primitives

extension Configuration {
    /// The chain as the options want it.
    func validatorConfiguration() throws -> Validator.Configuration {
        var chain = Validator.Configuration(network: network, directory: directory)
        if let folder = settings.path("blocksdir") {
            let base = path(folder, inNetwork: false)
            guard FileManager.default.fileExists(atPath: base) else {
                throw ConfigurationError(
                    "Specified blocks directory \"\(folder)\" does not exist.")
            }
            let inner = network.dataFolder.isEmpty ? "" : "/" + network.dataFolder
            chain.blocksDirectory = base + inner + "/blocks"
        }
        chain.databaseCacheBytes = int("dbcache", default: 450, in: 4...1 << 20) << 20
        chain.verificationCacheBytes =
            int("maxsigcachesize", default: 32, in: 0...1 << 14) << 20
        chain.scriptThreads = int("par", default: 0, in: -1024...1024)
        chain.minimumChainWork = try number("minimumchainwork")
        chain.assumeValid = try number("assumevalid").map(\.hash)
        if settings.bool("reindex-chainstate", default: false) { chain.reindex = .chainstate }
        if settings.bool("reindex", default: false) { chain.reindex = .everything }
        chain.hidesBlockFiles = settings.bool("blocksxor", default: true)
        chain.maximumTipAge = Int64(int("maxtipage", default: 24 * 60 * 60, in: 0...1 << 40))
        chain.loadBlocks = settings.list("loadblock")
        chain.checkLevel = int("checklevel", default: 3, in: 0...4)
        chain.wantsWholeCheck = settings.isSet("checkblocks") || settings.isSet("checklevel")
        chain.stopHeight = int("stopatheight", default: 0, in: 0...Int(Int32.max))
        chain.checkBlocks = int("checkblocks", default: 6, in: 0...Int(Int32.max))
        chain.persistsMempool = settings.bool("persistmempool", default: true)
        // Only where blocks are made for trials, as in Core.
        if network.isMockable, settings.isSet("blockversion") {
            chain.blockVersion = Int32(
                int("blockversion", default: 0, in: Int(Int32.min)...Int(Int32.max)))
        }
        chain.mempool = try mempoolPolicy()
        chain.prune = try pruneMode()
        // Followers come after the chain, and must not find their next blocks gone.
        chain.holdsPruning = try keepsBlockFilters() || keepsFollowers
        chain.pruneAfterHeight = network.chainName == "main" ? 100_000 : 1000
        if settings.bool("fastprune", default: false) {
            chain.maximumBlockFileSize = 0x10000
            if network.chainName == "regtest" { chain.pruneAfterHeight = 100 }
        }
        return chain
    }

    /// The coins that may be taken in from a file: those that the network pins, and those that the
    /// operator does.
    static func snapshots(
        _ settings: Settings, besides pinned: [CoinSnapshot]
    ) throws -> [CoinSnapshot] {
        var snapshots = pinned
        for text in settings.list("assumeutxo") {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 4, let height = Int32(parts[0]), height > 0,
                let block = Hash256(displayHex: parts[1]),
                let coins = Hash256(displayHex: parts[2]), let count = UInt64(parts[3]), count > 0
            else {
                throw ConfigurationError(
                    "Invalid -assumeutxo=\(text): it must be "
                        + "<height>:<block hash>:<hash_serialized_3>:<transactions>")
            }
            snapshots.removeAll { $0.block == block }
            snapshots.append(
                CoinSnapshot(
                    height: Int(height), block: block, coinsHash: coins, transactionCount: count))
        }
        return snapshots.sorted { $0.height < $1.height }
    }

    /// Whether other indexes than that of filters follow the chain.
    private var keepsFollowers: Bool {
        ["addressindex", "coinstatsindex", "txospenderindex"].contains {
            settings.bool($0, default: false)
        }
    }

    /// What becomes of old block files.
    func pruneMode() throws -> PruneMode {
        let megabytes = settings.int("prune", default: 0)
        guard megabytes != 0 else { return .off }
        guard megabytes > 0 else {
            throw ConfigurationError("Prune cannot be configured with a negative value.")
        }
        for name in ["txindex", "txospenderindex"] where settings.bool(name, default: false) {
            throw ConfigurationError("Prune mode is incompatible with -\(name).")
        }
        guard !settings.bool("reindex-chainstate", default: false) else {
            throw ConfigurationError(
                "Prune mode is incompatible with -reindex-chainstate. Use full -reindex instead.")
        }
        guard megabytes > 1 else { return .manual }
        guard megabytes >= 550 else {
            throw ConfigurationError(
                "Prune configured below the minimum of 550 MiB.  Please use a higher number.")
        }
        return .automatic(targetBytes: Int(min(megabytes, 1 << 30)) << 20)
    }

    /// A number in hexadecimal digits, as Core takes one.
    private func number(_ name: String) throws -> UInt256? {
        guard let text = settings.string(name) else { return nil }
        let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text
        guard digits.count <= 64, let number = UInt256(hex: digits) else {
            let isHash = name == "assumevalid"
            throw ConfigurationError(
                "Invalid \(isHash ? "assumevalid block hash" : "minimum work") specified (\(text)), "
                    + "must be up to 64 hex digits" + (isHash ? " (or 0 to disable)" : ""))
        }
        return number
    }

    private func mempoolPolicy() throws -> MempoolPolicy {
        var policy = MempoolPolicy()
        let megabytes = int("maxmempool", default: 300, in: 0...1 << 30)
        guard megabytes >= 5 else {
            throw ConfigurationError("-maxmempool must be at least 5 MB")
        }
        policy.maxSizeBytes = megabytes * 1_000_000
        policy.expiry = Int64(int("mempoolexpiry", default: 336, in: 0...Int(Int32.max))) * 3600
        if let fee = try amount("minrelaytxfee") {
            policy.minRelayFeeRate = FeeRate(satoshisPerKvB: fee)
        }
        if let fee = try amount("incrementalrelayfee") {
            policy.incrementalRelayFeeRate = FeeRate(satoshisPerKvB: fee)
            policy.minRelayFeeRate = max(policy.minRelayFeeRate, policy.incrementalRelayFeeRate)
        }
        if let fee = try amount("dustrelayfee") {
            policy.dustRelayFeeRate = FeeRate(satoshisPerKvB: fee)
        }
        policy.bytesPerSigOp = int("bytespersigop", default: 20, in: 1...1 << 20)
        policy.permitsBareMultisig = settings.bool("permitbaremultisig", default: true)
        let carried = int("datacarriersize", default: 100_000, in: 0...Int(Int32.max))
        policy.maxDataCarrierBytes = settings.bool("datacarrier", default: true) ? carried : nil
        policy.clusterCount = int("limitclustercount", default: 64, in: 1...64)
        policy.clusterVirtualSize = int("limitclustersize", default: 101, in: 1...101) * 1000
        let isLenient = settings.bool("acceptnonstdtxn", default: false)
        guard !isLenient || network.isTestChain else {
            throw ConfigurationError(
                "acceptnonstdtxn is not currently supported for \(network.chainName) chain")
        }
        policy.requiresStandard = !isLenient
        return policy
    }
}
