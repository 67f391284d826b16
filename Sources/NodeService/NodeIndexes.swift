import Chain
import Indexes
import Options

/// The indexes that the options ask for.
struct NodeIndexes: Sendable {
    var transactions: TransactionIndex?
    var filters: BlockFilterIndex?
    var coins: CoinStatisticsIndex?
    var spenders: SpenderIndex?
    var addresses: AddressIndex?

    /// Brings all of them forward until cancelled; throws when a disk fails.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let transactions { group.addTask { try await transactions.run() } }
            if let filters { group.addTask { try await filters.run() } }
            if let coins { group.addTask { try await coins.run() } }
            if let spenders { group.addTask { try await spenders.run() } }
            if let addresses { group.addTask { try await addresses.run() } }
            defer { group.cancelAll() }
            while try await group.next() != nil {}
        }
    }

    /// Has the blocks kept that are still to be read.
    func prepare() async throws {
        do {
            try await transactions?.prepare()
            try await filters?.prepare()
            try await coins?.prepare()
            try await spenders?.prepare()
            try await addresses?.prepare()
        } catch {
            await close()
            throw ConfigurationError(
                "\(error)\nError: A fatal internal error occurred, see debug.log for details: "
                    + "Failed to start indexes, shutting down…")
        }
    }

    func close() async {
        await transactions?.close()
        await filters?.close()
        await coins?.close()
        await spenders?.close()
        await addresses?.close()
    }
}

extension Node {
    func makeIndexes(over validator: Validator) throws -> NodeIndexes {
        var indexes = NodeIndexes()
        let directory = configuration.directory
        // Whoever wants the chain read anew wants what follows from it made anew.
        let isAnew = configuration.settings.bool("reindex", default: false)
        if configuration.settings.bool("txindex", default: false) {
            indexes.transactions = try TransactionIndex(
                directory: directory, validator: validator, isAnew: isAnew)
        }
        if try configuration.keepsBlockFilters() {
            indexes.filters = try BlockFilterIndex(
                directory: directory, validator: validator, isAnew: isAnew)
        }
        if configuration.settings.bool("coinstatsindex", default: false) {
            indexes.coins = try CoinStatisticsIndex(
                directory: directory, validator: validator, isAnew: isAnew)
        }
        if configuration.settings.bool("txospenderindex", default: false) {
            indexes.spenders = try SpenderIndex(
                directory: directory, validator: validator, isAnew: isAnew)
        }
        if configuration.settings.bool("addressindex", default: false) {
            indexes.addresses = try AddressIndex(
                directory: directory, validator: validator, isAnew: isAnew)
        }
        return indexes
    }
}

extension Configuration {
    /// Whether peers are given filters, which must be kept for that.
    func servesBlockFilters() throws -> Bool {
        guard settings.bool("peerblockfilters", default: false) else { return false }
        guard try keepsBlockFilters() else {
            throw ConfigurationError("Cannot set -peerblockfilters without -blockfilterindex.")
        }
        return true
    }

    /// Whether filters are kept: `-blockfilterindex` takes a yes, a no, or the name of a type.
    func keepsBlockFilters() throws -> Bool {
        switch settings.string("blockfilterindex") {
        case nil, "0"?: return false
        case ""?, "1"?: return true
        default:
            for name in settings.list("blockfilterindex") where name != "basic" {
                throw ConfigurationError("Unknown -blockfilterindex value \(name).")
            }
            return true
        }
    }
}
