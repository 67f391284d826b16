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
        let (blocks, tip) = try await exportedBlocks()
        let shares = try copyShares(to: sharesPath)
        let rosters = Set(blocks.compactMap { $0["roster"]?.stringValue })
        let known = (roster.map { [$0] } ?? []) + known
        var written: [JSON] = []
        var missing = rosters
        for roster in known where missing.remove(roster.hash.hex) != nil {
            written.append(roster.json)
        }
        let ledger = try await validator.ledger(at: tip.hash) ?? PayoutLedger()
        let parameters = network.consensus
        let export = PayoutExport(members: [
            ("format", .string(PayoutExport.format)),
            (
                "network",
                [
                    "name": .string(network.name),
                    "genesis": .string(network.genesisHash.displayHex),
                    "magic": .hex(network.magic),
                    "subsidy": .int(parameters.initialSubsidy.satoshis),
                    "halving": .int(parameters.halvingInterval),
                    "maturity": .int(parameters.coinbaseMaturity),
                    "segwitheight": .int(parameters.segwitHeight),
                ]
            ),
            ("tip", ["height": .int(tip.height), "hash": .string(tip.hash.displayHex)]),
            ("rosters", .array(written)),
            ("blocks", .array(blocks)),
            ("ledger", .array(ledger.accounts.map(PayoutExport.account))),
            ("shares", shares ?? .null),
        ])
        let (bytes, digest) = export.text
        try File.replace(path, with: bytes.span)
        return PayoutExport.Summary(
            path: path, sharesPath: shares == nil ? nil : sharesPath, blocks: blocks.count,
            digest: digest)
    }

    /// The blocks of the active chain that changed the ledger, from the first to the tip.
    private func exportedBlocks() async throws -> (
        blocks: [JSON], tip: (hash: BlockHash, height: Int)
    ) {
        var blocks: [JSON] = []
        var cursor: BlockHash?
        var end: (hash: BlockHash, height: Int) = (network.genesisHash, 0)
        while true {
            let path = await validator.followPath(from: cursor, limit: 500)
            // The chain moved while it was read: what is no longer of it goes.
            for hash in path.disconnected {
                let text = hash.displayHex
                blocks.removeAll { $0["hash"]?.stringValue == text }
                cursor = path.fork?.hash
            }
            if let fork = path.fork, !path.disconnected.isEmpty { end = (fork.hash, fork.height) }
            guard !path.connected.isEmpty else { return (blocks, end) }
            for hash in path.connected {
                cursor = hash
                guard let info = await validator.blockInfo(hash) else { continue }
                end = (hash, info.height)
                guard let change = try await validator.payoutChange(of: hash),
                    let terms = change.terms
                else { continue }
                blocks.append(PayoutExport.block(hash, info.height, change, terms))
            }
        }
    }

    /// Copies the share log to one file: the end of the first part that is left, then all entries.
    private func copyShares(to path: String) throws -> JSON? {
        guard let shares, roster?.scheme == .pplns || known.contains(where: { $0.scheme == .pplns })
        else { return nil }
        let file = try File(path, .creating)
        var size = 0
        var stream = SHA256Stream()
        for (index, part) in try shares.files().enumerated() {
            let bytes = try File.contents(of: part, limit: ShareSegment.longest) ?? []
            // Later parts begin where those before them end.
            let kept = index == 0 ? bytes : Array(bytes.dropFirst(ShareSegment.headerSize))
            try file.write(kept.span, at: size)
            stream.update(kept.span)
            size += kept.count
        }
        try file.synchronise()
        return ["size": .int(size), "sha256": .string(stream.finalize().hex)]
    }
}

extension PayoutExport {
    fileprivate static func account(_ account: PayoutLedger.Account) -> JSON {
        [
            "name": .string(account.name), "script": .string(account.script.hex),
            "balance": .int(account.balance), "payouts": .int(account.payouts),
        ]
    }

    fileprivate static func block(
        _ hash: BlockHash, _ height: Int, _ change: PayoutChange, _ terms: PayoutTerms
    ) -> JSON {
        [
            "height": .int(height), "hash": .string(hash.displayHex),
            "roster": .string(terms.rosterHash.hex), "payees": .int(terms.payeeLimit),
            "finder": .optional(terms.finder),
            "shares": terms.shareRoot.isZero ? .null : .string(terms.shareRoot.hex),
            "before": .string(change.before.root.hex), "after": .string(change.after.root.hex),
        ]
    }
}
