import Chain
public import Cryptography
import Genesis
import Mining
import Notation
import Primitives
import Storage

/// The whole history of payouts, written so that anyone can compute it anew from it and the blocks.
///
/// `Docs/PayoutAudit.md` tells the format, and `Tests/Audit/verify.py` checks it.
public struct PayoutExport: Sendable {
    /// What was written.
    public struct Summary: Sendable {
        public var path: String
        public var sharesPath: String?
        public var blocks: Int
        public var digest: Hash256
    }

    static let format = "cellblock-payouts-1"

    /// All but the digest, in order.
    var members: [(String, JSON)]

    /// One line a member, and one a block or roster, so that people can read it. The digest is of
    /// all bytes before its line.
    var text: (bytes: [UInt8], digest: Hash256) {
        var text = "{\n"
        for (key, value) in members {
            text += "\(JSON.string(key).text()): "
            if let list = value.array, !list.isEmpty {
                text += "[\n" + list.map { $0.text() }.joined(separator: ",\n") + "\n]"
            } else {
                text += value.text()
            }
            text += ",\n"
        }
        let digest = SHA256.hash(Array(text.utf8).span)
        return (Array((text + "\"digest\": \"\(digest.hex)\"\n}\n").utf8), digest)
    }
}

extension Miner {
    /// Writes the history to a file that must not be there yet, and the share log beside it.
    public func exportPayouts(to path: String) async throws -> PayoutExport.Summary {
        let sharesPath = path + ".shares"
        for taken in [path, sharesPath] where System.exists(taken) {
            throw StorageError(path: taken, reason: "There is such a file already")
        }
        do {
            let exported = try await exportedBlocks()
            let shares = try await copyShares(for: exported.listed, to: sharesPath)
            let (bytes, digest) = try await export(exported, shares).text
            try File.replace(path, with: bytes.span)
            return PayoutExport.Summary(
                path: path, sharesPath: shares == nil ? nil : sharesPath,
                blocks: exported.listed.count, digest: digest)
        } catch {
            // Left behind, it would stand in the way of the next try.
            try? System.remove(sharesPath)
            throw error
        }
    }

    /// Every roster there was: the one in use first.
    private var rosters: [Roster] { (roster.map { [$0] } ?? []) + known }

    /// Copies the share log, where a roster pays by shares.
    private func copyShares(
        for blocks: [ExportedBlock], to path: String
    ) async throws -> SharesCopy? {
        guard rosters.contains(where: { $0.scheme == .pplns }) else { return nil }
        let factors = Dictionary(rosters.map { ($0.hash, $0.pplnsFactor) }) { first, _ in first }
        let reaches = blocks.map { block in
            ShareReach(
                root: block.terms.shareRoot,
                size: factors[block.terms.rosterHash].map {
                    ShareTally.windowSize(bits: block.bits, factor: $0)
                } ?? .max)
        }
        return try await Self.copy(shares, to: path, for: reaches)
    }

    private func export(
        _ exported: ExportedBlocks, _ shares: SharesCopy?
    ) async throws -> PayoutExport {
        let (blocks, tip) = (exported.listed, exported.tip)
        // Also those that paid no block: shares were found for them.
        var seen: Set<Hash256> = []
        let known = rosters.filter { seen.insert($0.hash).inserted }
        let ledger = try await validator.ledger(at: tip.hash) ?? PayoutLedger()
        let beginning = try await start(shares, of: blocks, before: tip, ledger)
        return PayoutExport(members: [
            ("format", .string(PayoutExport.format)),
            ("network", PayoutExport.network(network)),
            ("tip", ["height": .int(tip.height), "hash": .string(tip.hash.displayHex)]),
            ("rosters", .array(known.map(\.json))),
            ("blocks", .array(blocks.map(\.json))),
            ("flagged", .array(exported.flagged)),
            ("ledger", .array(ledger.accounts.map(PayoutExport.account))),
            ("start", beginning),
            ("shares", shares?.json ?? .null),
        ])
    }

    private struct ExportedBlocks {
        var listed: [ExportedBlock] = []
        /// Those that commit to a split and that the ledger does not follow.
        var flagged: [JSON] = []
        var tip: (hash: BlockHash, height: Int)
    }

    /// The blocks of the active chain that changed the ledger, from the first to the tip.
    private func exportedBlocks() async throws -> ExportedBlocks {
        let history = try await validator.payoutHistory()
        let height = await validator.blockInfo(history.tip)?.height ?? 0
        var exported = ExportedBlocks(tip: (history.tip, height))
        for block in history.blocks where block.isActive {
            if let flaw = block.flaw {
                exported.flagged.append(PayoutExport.flagged(block, flaw))
            } else if let change = try await validator.payoutChange(of: block.hash),
                let terms = change.terms, let info = await validator.blockInfo(block.hash)
            {
                exported.listed.append(
                    ExportedBlock(
                        hash: block.hash, height: block.height, bits: info.header.bits,
                        before: change.before.root, after: change.after.root, terms: terms))
            }
        }
        return exported
    }

    /// Off the actor: there may be a gigabyte of it.
    @concurrent private static func copy(
        _ shares: ShareLog?, to path: String, for reaches: [ShareReach]
    ) async throws -> SharesCopy? { try shares.map { try SharesCopy(of: $0, to: path, reaches) } }

    /// Where whoever checks must begin if the first shares are gone: the first block whose shares, and
    /// those of all after it, are there; null where none is missing.
    private func start(
        _ shares: SharesCopy?, of blocks: [ExportedBlock],
        before tip: (hash: BlockHash, height: Int), _ ledger: PayoutLedger
    ) async throws -> JSON {
        guard let missing = shares?.lastMissing else { return .null }
        var height = tip.height + 1
        var before = ledger
        if missing + 1 < blocks.count {
            height = blocks[missing + 1].height
            let change = try await validator.payoutChange(of: blocks[missing + 1].hash)
            before = change?.before ?? PayoutLedger()
        }
        return [
            "height": .int(height), "ledger": .array(before.accounts.map(PayoutExport.account)),
        ]
    }
}

/// A block that changed the ledger.
private struct ExportedBlock {
    var hash: BlockHash
    var height: Int
    var bits: UInt32
    /// Roots of the ledger.
    var before: Hash256
    var after: Hash256
    var terms: PayoutTerms

    var json: JSON {
        [
            "height": .int(height), "hash": .string(hash.displayHex),
            "roster": .string(terms.rosterHash.hex), "payees": .int(terms.payeeLimit),
            "finder": .optional(terms.finder),
            "shares": terms.shareRoot.isZero ? .null : .string(terms.shareRoot.hex),
            "before": .string(before.hex), "after": .string(after.hex),
        ]
    }
}

extension PayoutExport {
    /// What the split and the sum of a reward depend on.
    fileprivate static func network(_ network: Network) -> JSON {
        let parameters = network.consensus
        return [
            "name": .string(network.name), "genesis": .string(network.genesisHash.displayHex),
            "magic": .hex(network.magic), "subsidy": .int(parameters.initialSubsidy.satoshis),
            "halving": .int(parameters.halvingInterval),
            "maturity": .int(parameters.coinbaseMaturity),
            "segwitheight": .int(parameters.segwitHeight),
        ]
    }

    fileprivate static func account(_ account: PayoutLedger.Account) -> JSON {
        [
            "name": .string(account.name), "script": .string(account.script.hex),
            "balance": .int(account.balance), "payouts": .int(account.payouts),
        ]
    }

    fileprivate static func flagged(_ block: PayoutBlock, _ flaw: PayoutFlaw) -> JSON {
        var object: JSONObject = [
            "height": .int(block.height), "hash": .string(block.hash.displayHex),
            "flaw": .string(flaw.name),
        ]
        if let reason = flaw.reason { object.append("reason", .string(reason)) }
        return .object(object)
    }
}
