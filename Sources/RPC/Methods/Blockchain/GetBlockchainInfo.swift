import Chain
import Cryptography
import Genesis
import Notation
import Primitives

struct GetBlockchainInfo: RPCMethod {
    let name = "getblockchaininfo"
    let summary =
        "Returns an object containing various state info regarding blockchain processing.\n"
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.string, "chain", "current network name"),
                ResultText(
                    .number, "blocks",
                    "the height of the most-work fully-validated chain. The genesis block has height 0"
                ),
                ResultText(
                    .number, "headers", "the current number of headers we have validated"),
                ResultText(.string, "bestblockhash", "the hash of the currently best block"),
                ResultText(
                    .hex, "bits",
                    "nBits: compact representation of the block difficulty target"),
                ResultText(.hex, "target", "the difficulty target"),
                ResultText(.number, "difficulty", "the current difficulty"),
                ResultText(.time, "time", "the block time expressed in UNIX epoch time"),
                ResultText(
                    .time, "mediantime", "the median block time expressed in UNIX epoch time"),
                ResultText(
                    .number, "verificationprogress", "estimate of verification progress [0..1]"),
                ResultText(
                    .bool, "initialblockdownload",
                    "(debug information) estimate of whether this node is in Initial Block Download mode"
                ),
                ResultText(
                    .object, "backgroundvalidation",
                    "state info regarding background validation process",
                    [
                        ResultText(
                            .number, "snapshotheight",
                            "the height of the snapshot block. Background validation verifies the chain from genesis up to this height"
                        ),
                        ResultText(
                            .number, "blocks",
                            "the height of the most-work background fully-validated chain. The genesis block has height 0"
                        ),
                        ResultText(
                            .string, "bestblockhash",
                            "the hash of the currently best block validated in the background"),
                        ResultText(
                            .time, "mediantime",
                            "the median block time expressed in UNIX epoch time"),
                        ResultText(
                            .number, "verificationprogress",
                            "estimate of background verification progress [0..1]"),
                        ResultText(
                            .hex, "chainwork",
                            "total amount of work in background validated chain, in hexadecimal"),
                    ], optional: true),
                ResultText(
                    .hex, "chainwork", "total amount of work in active chain, in hexadecimal"),
                ResultText(
                    .number, "size_on_disk",
                    "the estimated size of the block and undo files on disk"),
                ResultText(.bool, "pruned", "if the blocks are subject to pruning"),
                ResultText(
                    .number, "pruneheight",
                    "the first block unpruned, all previous blocks were pruned (only present if pruning is enabled)",
                    optional: true),
                ResultText(
                    .bool, "automatic_pruning",
                    "whether automatic pruning is enabled (only present if pruning is enabled)",
                    optional: true),
                ResultText(
                    .number, "prune_target_size",
                    "the target size used by pruning (only present if automatic pruning is enabled)",
                    optional: true),
                ResultText(
                    .hex, "signet_challenge",
                    "the block challenge (aka. block script), in hexadecimal (only present if the current network is a signet)",
                    optional: true),
                ResultText(
                    .array, "warnings", "any network and blockchain warnings",
                    [ResultText(.string, "", "warning")]),
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let validator = context.validator
        let tip = validator.tip
        var object: JSONObject = [
            "chain": .string(context.definition.chainName), "blocks": .int(tip.height),
            "headers": .int(await validator.bestHeader.height),
            "bestblockhash": .string(tip.hash.displayHex), "bits": BlockJSON.hex32(tip.bits),
            "target": BlockJSON.target(tip.bits, context.definition),
            "difficulty": BlockJSON.difficulty(tip.bits), "time": .int(tip.time),
            "mediantime": .int(tip.medianTimePast),
            "verificationprogress": .double(await context.verificationProgress()),
            "initialblockdownload": .bool(await validator.isInitialBlockDownload),
        ]
        if let background = await backgroundValidation(context) {
            object.append("backgroundvalidation", background)
        }
        object.append("chainwork", .string(tip.chainWork.hex))
        object.append("size_on_disk", .int(try await validator.sizeOnDisk()))
        object.append("pruned", .bool(validator.pruneMode != .off))
        if validator.pruneMode != .off {
            let height = await validator.prunedHeight.map { $0 + 1 } ?? 0
            object.append("pruneheight", .int(height))
            if case .automatic(let target) = validator.pruneMode {
                object.append("automatic_pruning", true)
                object.append("prune_target_size", .int(target))
            } else {
                object.append("automatic_pruning", false)
            }
        }
        if let challenge = context.definition.consensus.signetChallenge {
            object.append("signet_challenge", .hex(challenge))
        }
        object.append("warnings", await context.warningsJSON())
        return .object(object)
    }

    /// How far the blocks were checked on which coins from outside should stand.
    private func backgroundValidation(_ context: RPCContext) async -> JSON? {
        guard let history = await context.validator.history else { return nil }
        let (tip, base) = (history.tip, history.base)
        func count(_ hash: BlockHash) async -> Double {
            Double(await context.validator.blockInfo(hash)?.chainTransactionCount ?? 0)
        }
        let (done, all) = (await count(tip.hash), await count(base.hash))
        return [
            "snapshotheight": .int(base.height), "blocks": .int(tip.height),
            "bestblockhash": .string(tip.hash.displayHex),
            "mediantime": .int(tip.medianTimePast), "chainwork": .string(tip.chainWork.hex),
            "verificationprogress": .double(all > 0 ? min(done / all, 1) : 0),
        ]
    }
}

extension RPCContext {
    /// How much of the chain's transactions is verified, by the rate at which they came of late
    /// (Core's GuessVerificationProgress).
    func verificationProgress(of block: ChainTip? = nil) async -> Double {
        let tip = block ?? validator.tip
        guard let count = await validator.blockInfo(tip.hash)?.chainTransactionCount, count > 0
        else { return 0 }
        let known = definition.transactions
        let now = clock.now()
        var time = Int64(tip.time)
        let headersAhead = Int64(await validator.bestHeader.height - tip.height)
        // Near the end the headers tell better than the clocks of miners what is left.
        if abs(now - time) <= 2 * 60 * 60, headersAhead >= 0 {
            time = now - headersAhead * definition.consensus.spacing
        }
        let total =
            UInt64(count) <= known.count
            ? Double(known.count) + Double(now - known.time) * known.rate
            : Double(count) + Double(now - time) * known.rate
        return min(Double(count) / total, 1)
    }
}
