import Consensus
public import Cryptography
import Genesis
import MemoryPool
import Mining
public import Primitives
public import Storage

/// What `loadtxoutset` tells of the file it took in.
public struct CoinLoad: Hashable, Sendable {
    public var coinCount: UInt64
    public var base: BlockHash
    public var height: Int
    /// The file of the payout ledger, where there is one.
    public var ledgerPath: String?
}

/// Why coins were not taken in from a file. The node is as it was.
public enum CoinLoadError: Error, Hashable {
    case cannotOpen(String)
    /// The head of the file is not for us.
    case unreadable(String)
    /// In Core's words.
    case refused(String)
    case storage(StorageError)
}

extension Validator {
    /// What the file of a payout ledger may take, in bytes.
    private static let ledgerLimit = 64 << 20

    /// Takes in the coins as of a block from a file in Core's form, if their hash is pinned, with the
    /// payout ledger beside it if there is one. The chain goes on from that block at once; the blocks
    /// up to it are checked by and by (see `advanceHistory()`).
    ///
    /// A crash, a failure or a refusal at any time leaves everything as it was.
    public func loadCoins(from path: String) async throws(CoinLoadError) -> CoinLoad {
        guard let bytes = head(of: path) else { throw .cannotOpen(path) }
        let metadata: SnapshotMetadata
        do throws(SnapshotMetadataError) {
            metadata = try SnapshotMetadata(decoding: bytes, network: network)
        } catch {
            throw .unreadable("\(error)")
        }
        var target = try target(of: metadata)
        guard !isLoadingCoins else { throw .refused("Coins are being loaded already") }
        isLoadingCoins = true
        defer { isLoadingCoins = false }
        let ledgerPath = LedgerSnapshot.path(beside: path)
        let ledger = try readLedger(ledgerPath, of: metadata.base)
        configuration.log(
            "validation",
            "[snapshot] loading \(metadata.coinCount) coins from snapshot "
                + metadata.base.displayHex)
        let loader = SnapshotLoader(
            path, metadata, target.pinned, folder: chain.folder,
            ledger: ledger ?? PayoutLedger(), fault: configuration.writeFault)
        let refusal: String?
        do throws(StorageError) {
            refusal = try await loader.load()
        } catch {
            throw .storage(error)
        }
        if let refusal { throw .refused("Population failed: \(refusal)") }
        do throws(CoinLoadError) {
            // Meanwhile the chain may have moved.
            target = try self.target(of: metadata)
            try adopt(target)
        } catch {
            try? System.removeFolder(Chainstate.unfinishedSnapshot(in: chain.folder))
            throw error
        }
        return CoinLoad(
            coinCount: metadata.coinCount, base: metadata.base, height: target.pinned.height,
            ledgerPath: ledger == nil ? nil : ledgerPath)
    }

    private typealias Target = (pinned: CoinSnapshot, base: BlockID)

    private func adopt(_ target: Target) throws(CoinLoadError) {
        defer { publish() }
        do throws(StorageError) {
            try writing { () throws(StorageError) in
                try chain.adoptSnapshot(target.pinned, as: target.base)
                configuration.log(
                    "validation",
                    "[snapshot] successfully activated snapshot \(target.pinned.block.displayHex)")
                try activate()
            }
        } catch {
            throw .storage(error)
        }
    }

    /// The block whose coins these are, if they may be taken in as things stand.
    private func target(of metadata: SnapshotMetadata) throws(CoinLoadError) -> Target {
        do throws(StorageError) { try checkRunning() } catch { throw .storage(error) }
        guard chain.assumption == nil else {
            throw .refused("Can't activate a snapshot-based chainstate more than once")
        }
        let name = metadata.base.displayHex
        guard let pinned = network.snapshots.first(where: { $0.block == metadata.base }) else {
            let heights = network.snapshots.map { "\($0.height)" }.joined(separator: ", ")
            throw .refused(
                "assumeutxo block hash in snapshot metadata not recognized (hash: \(name)). The "
                    + "following snapshot heights are available: \(heights)")
        }
        guard let base = chain.index.find(metadata.base) else {
            throw .refused(
                "The base block header (\(name)) must appear in the headers chain. Make sure all "
                    + "headers are syncing, and call loadtxoutset again")
        }
        guard !chain.index.status(of: base).isFailed else {
            throw .refused("The base block header (\(name)) is part of an invalid chain")
        }
        guard chain.index.descends(chain.index.bestHeader, from: base) else {
            throw .refused(
                "A forked headers-chain with more work than the chain with the snapshot base block "
                    + "header exists. Please proceed to sync without AssumeUtxo.")
        }
        guard pool.count == 0 else {
            throw .refused("Can't activate a snapshot when mempool not empty")
        }
        let height = chain.index.height(of: base)
        guard height == pinned.height else {
            throw .refused(
                "Population failed: Assumeutxo height in snapshot metadata not recognized "
                    + "(\(height)) - refusing to load snapshot")
        }
        guard chain.index.chainWork(of: base) > chain.tip.chainWork else {
            throw .refused("Population failed: Work does not exceed active chainstate")
        }
        return (pinned, base)
    }

    private func head(of path: String) -> [UInt8]? {
        guard System.size(path) != nil, let file = try? File(path, .reading) else { return nil }
        return try? file.read(at: 0, count: SnapshotMetadata.encodedSize)
    }

    private func readLedger(
        _ path: String, of base: BlockHash
    ) throws(CoinLoadError) -> PayoutLedger? {
        let bytes: [UInt8]?
        do throws(StorageError) {
            bytes = try File.contents(of: path, limit: Self.ledgerLimit)
        } catch {
            throw .storage(error)
        }
        guard let bytes else { return nil }
        do throws(DecodingError) {
            let snapshot = try LedgerSnapshot(decoding: bytes, networkMagic: network.magic)
            guard snapshot.base == base else { throw .invalid("it is as of another block") }
            return snapshot.ledger
        } catch {
            throw .refused("The payout ledger \(path) cannot be taken: \(error)")
        }
    }
}
