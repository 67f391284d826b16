import Chain
import Cryptography
import Indexes
import Notation
import Primitives

struct GetTxOutSetInfo: RPCMethod {
    let name = "gettxoutsetinfo"
    let summary = """
        Returns statistics about the unspent transaction output set.
        Note this call may take some time if you are not using coinstatsindex.
        """
    let parameters = [
        Parameter(
            "hash_type", .string, default: "hash_serialized_3",
            "Which UTXO set hash should be calculated. Options: 'hash_serialized_3' (the legacy algorithm), 'muhash', 'none'."
        ),
        Parameter.hashOrHeight(
            .hint("the current best block"),
            "The block hash or height of the target height (only available with coinstatsindex)."),
        Parameter("use_index", .bool, default: true, "Use coinstatsindex, if available."),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .number, "height", "The block height (index) of the returned statistics"),
                ResultText(
                    .hex, "bestblock",
                    "The hash of the block at which these statistics are calculated"),
                ResultText(.number, "txouts", "The number of unspent transaction outputs"),
                ResultText(
                    .number, "bogosize",
                    "Database-independent, meaningless metric indicating the UTXO set size"),
                ResultText(
                    .hex, "hash_serialized_3",
                    "The serialized hash (only present if 'hash_serialized_3' hash_type is chosen)",
                    optional: true),
                ResultText(
                    .hex, "muhash",
                    "The serialized hash (only present if 'muhash' hash_type is chosen)",
                    optional: true),
                ResultText(
                    .number, "transactions",
                    "The number of transactions with unspent outputs (not available when coinstatsindex is used)",
                    optional: true),
                ResultText(
                    .number, "disk_size",
                    "The estimated size of the chainstate on disk (not available when coinstatsindex is used)",
                    optional: true),
                ResultText(
                    .amount, "total_amount", "The total amount of coins in the UTXO set"),
                ResultText(
                    .amount, "total_unspendable_amount",
                    "The total amount of coins permanently excluded from the UTXO set (only available if coinstatsindex is used)",
                    optional: true),
                Self.blockResult,
            ])
    ]
    private static let blockResult = ResultText(
        .object, "block_info",
        "Info on amounts in the block at this block height (only available if coinstatsindex is used)",
        [
            ResultText(
                .amount, "prevout_spent", "Total amount of all prevouts spent in this block"),
            ResultText(.amount, "coinbase", "Coinbase subsidy amount of this block"),
            ResultText(
                .amount, "new_outputs_ex_coinbase",
                "Total amount of new outputs created by this block"),
            ResultText(
                .amount, "unspendable",
                "Total amount of unspendable outputs created in this block"),
            ResultText(
                .object, "unspendables", "Detailed view of the unspendable categories",
                [
                    ResultText(
                        .amount, "genesis_block",
                        "The unspendable amount of the Genesis block subsidy"),
                    ResultText(
                        .amount, "bip30",
                        "Transactions overridden by duplicates (no longer possible with BIP30)"),
                    ResultText(
                        .amount, "scripts",
                        "Amounts sent to scripts that are unspendable (for example OP_RETURN outputs)"
                    ),
                    ResultText(
                        .amount, "unclaimed_rewards",
                        "Fee rewards that miners did not claim in their coinbase transaction"),
                ]),
        ], optional: true)

    private static let block =
        "\"00000000c937983704a73af28acdec37b049d214adbda81d7e2a3dd146f6ed09\""

    let examples: [Example] = [
        .shell(), .shell(["\"none\""]), .shell(["\"none\"", "1000"]),
        .shell(["\"none\" '\(block)'"]),
        .shell(["hash_type='muhash'", "use_index='false'"], method: "-named gettxoutsetinfo"),
        .web(), .web(["\"none\""]), .web(["\"none\"", "1000"]), .web(["\"none\"", block]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let name = try request.string("hash_type")
        let kind: UTXOHashKind
        switch name {
        case "hash_serialized_3": kind = .serialized3
        case "muhash": kind = .muhash
        case "none": kind = .none
        default:
            throw RPCError.invalidParameter("'\(name)' is not a valid hash_type")
        }
        let usesIndex = try request.bool("use_index")
        var block: BlockInfo?
        if request.has("hash_or_height") {
            guard context.coinStatisticsIndex != nil else {
                throw RPCError.invalidParameter(
                    "Querying specific block heights requires coinstatsindex")
            }
            guard kind != .serialized3 else {
                throw RPCError.invalidParameter(
                    "hash_serialized_3 hash type cannot be queried for a specific block")
            }
            guard usesIndex else {
                throw RPCError.invalidParameter(
                    "Cannot set use_index to false when querying for a specific block")
            }
            block = try await context.block(hashOrHeight: request["hash_or_height"])
        }
        // A hash over all coins in order is not kept for each block.
        if usesIndex, kind != .serialized3, let index = context.coinStatisticsIndex {
            return try await indexed(index, block, hasHash: kind == .muhash, context)
        }
        return try await counted(kind, name, context)
    }

    /// The answer from a walk through all coins.
    private func counted(
        _ kind: UTXOHashKind, _ name: String, _ context: RPCContext
    ) async throws -> JSON {
        let validator = context.validator
        let info = try await context.endingAtStop { try await validator.utxoSetInfo(kind) }
        var object: JSONObject = [
            "height": .int(info.height), "bestblock": .string(info.bestBlock.displayHex),
            "txouts": .int(info.outputs), "bogosize": .int(info.bogoSize),
        ]
        if let hash = info.hash { object.append(name, .string(hash.displayHex)) }
        object.append("total_amount", .amount(info.totalAmount.satoshis))
        object.append("transactions", .int(info.transactions))
        object.append("disk_size", .int(info.diskSize))
        return .object(object)
    }

    /// The answer from the index, as of a block or the tip.
    private func indexed(
        _ index: CoinStatisticsIndex, _ wanted: BlockInfo?, hasHash: Bool, _ context: RPCContext
    ) async throws -> JSON {
        // What comes after it the index need not have seen when it has caught up.
        let tip = context.validator.tip
        if try await !index.caughtUp(), let wanted {
            let height = await index.progress.height
            guard wanted.height <= height else {
                throw RPCError(
                    code: .internal,
                    "Unable to get data because coinstatsindex is still syncing. "
                        + "Current height: \(height)")
            }
        }
        let (hash, height) = wanted.map { ($0.hash, $0.height) } ?? (tip.hash, tip.height)
        guard let statistics = try await index.statistics(at: hash) else { throw Self.unreadable }
        var before = CoinStatistics()
        if height > 0 {
            guard let parent = await context.validator.blockInfo(hash)?.header.previous,
                let found = try await index.statistics(at: parent)
            else { throw Self.unreadable }
            before = found
        }
        var object: JSONObject = [
            "height": .int(height), "bestblock": .string(hash.displayHex),
            "txouts": .int(statistics.coinCount), "bogosize": .int(statistics.bogoSize),
        ]
        if hasHash { object.append("muhash", .string(statistics.setHash.displayHex)) }
        object.append("total_amount", .amount(statistics.totalAmount.satoshis))
        object.append(
            "total_unspendable_amount", .amount(statistics.unspendable.total.satoshis))
        object.append("block_info", statistics.blockJSON(after: before))
        return .object(object)
    }

    private static let unreadable = RPCError(code: .internal, "Unable to read UTXO set")
}

extension CoinStatistics {
    /// What one block did: the difference to its parent.
    fileprivate func blockJSON(after before: CoinStatistics) -> JSON {
        func difference(_ figure: KeyPath<CoinStatistics, UInt128>) -> JSON {
            .amount(Int64(truncatingIfNeeded: self[keyPath: figure] &- before[keyPath: figure]))
        }
        func lost(_ figure: KeyPath<Unspendable, Amount>) -> JSON {
            let amount = unspendable[keyPath: figure] - before.unspendable[keyPath: figure]
            return .amount(amount.satoshis)
        }
        return [
            "prevout_spent": difference(\.spent), "coinbase": difference(\.coinbase),
            "new_outputs_ex_coinbase": difference(\.created), "unspendable": lost(\.total),
            "unspendables": [
                "genesis_block": lost(\.genesis), "bip30": lost(\.replaced),
                "scripts": lost(\.scripts), "unclaimed_rewards": lost(\.unclaimed),
            ],
        ]
    }
}
