import Chain
import Cryptography
import Notation
import Primitives

struct GetChainStates: RPCMethod {
    let name = "getchainstates"
    let summary = "Return information about chainstates.\n"
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.number, "headers", "the number of headers seen so far"),
                ResultText(
                    .array, "chainstates",
                    "list of the chainstates ordered by work, with the most-work (active) chainstate last",
                    [
                        ResultText(
                            .object, "", "",
                            [
                                ResultText(.number, "blocks", "number of blocks in this chainstate"),
                                ResultText(.hex, "bestblockhash", "blockhash of the tip"),
                                ResultText(
                                    .hex, "bits",
                                    "nBits: compact representation of the block difficulty target"),
                                ResultText(.hex, "target", "The difficulty target"),
                                ResultText(.number, "difficulty", "difficulty of the tip"),
                                ResultText(
                                    .number, "verificationprogress",
                                    "progress towards the network tip"),
                                ResultText(
                                    .hex, "snapshot_blockhash",
                                    "the base block of the snapshot this chainstate is based on, if any",
                                    optional: true),
                                ResultText(
                                    .number, "coins_db_cache_bytes", "size of the coinsdb cache"),
                                ResultText(
                                    .number, "coins_tip_cache_bytes", "size of the coinstip cache"),
                                ResultText(
                                    .bool, "validated",
                                    "whether the chainstate is fully validated. True if all blocks in the chainstate were validated, false if the chain is based on a snapshot and the snapshot has not yet been validated."
                                ),
                            ])
                    ]),
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        var states: [JSON] = []
        for state in await context.validator.chainStates() {
            let tip = state.tip
            var object: JSONObject = [
                "blocks": .int(tip.height), "bestblockhash": .string(tip.hash.displayHex),
                "bits": BlockJSON.hex32(tip.bits),
                "target": BlockJSON.target(tip.bits, context.definition),
                "difficulty": BlockJSON.difficulty(tip.bits),
                "verificationprogress": .double(await context.verificationProgress(of: tip)),
                "coins_db_cache_bytes": .int(state.storeCacheBytes),
                "coins_tip_cache_bytes": .int(state.coinCacheBytes),
            ]
            if let snapshot = state.snapshot {
                object.append("snapshot_blockhash", .string(snapshot.displayHex))
            }
            object.append("validated", .bool(state.isValidated))
            states.append(.object(object))
        }
        return [
            "headers": .int(await context.validator.bestHeader.height),
            "chainstates": .array(states),
        ]
    }
}
