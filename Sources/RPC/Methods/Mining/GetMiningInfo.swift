import Chain
import Consensus
import Genesis
import MemoryPool
import Mining
import MiningService
import Notation
import Primitives

struct GetMiningInfo: RPCMethod {
    let name = "getmininginfo"
    let summary = "Returns a json object containing mining-related information."
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.number, "blocks", "The current block"),
                ResultText(
                    .number, "currentblockweight",
                    "The block weight (including reserved weight for block header, txs count and coinbase tx) of the last assembled block (only present if a block was ever assembled)",
                    optional: true),
                ResultText(
                    .number, "currentblocktx",
                    "The number of block transactions (excluding coinbase) of the last assembled block (only present if a block was ever assembled)",
                    optional: true),
                ResultText(
                    .hex, "bits",
                    "The current nBits, compact representation of the block difficulty target"),
                ResultText(.number, "difficulty", "The current difficulty"),
                ResultText(.hex, "target", "The current target"),
                ResultText(.number, "networkhashps", "The network hashes per second"),
                ResultText(.number, "pooledtx", "The size of the mempool"),
                ResultText(
                    .amount, "blockmintxfee",
                    "Minimum feerate of packages selected for block inclusion in BTC/kvB"),
                ResultText(
                    .string, "chain", "current network name (main, test, testnet4, signet, regtest)"
                ),
                ResultText(
                    .hex, "signet_challenge",
                    "The block challenge (aka. block script), in hexadecimal (only present if the current network is a signet)",
                    optional: true),
                ResultText(
                    .object, "next", "The next block",
                    [
                        ResultText(.number, "height", "The next height"),
                        ResultText(.hex, "bits", "The next target nBits"),
                        ResultText(.number, "difficulty", "The next difficulty"),
                        ResultText(.hex, "target", "The next target"),
                    ]),
                ResultText(
                    .array, "warnings",
                    "any network and blockchain warnings (run with `-deprecatedrpc=warnings` to return the latest warning as a single string)",
                    [
                        ResultText(.string, "", "warning")
                    ]),
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let validator = context.validator
        let tip = validator.tip
        let next = await validator.templateContext()
        let miner = try context.requiredMiner()
        var object = JSONObject()
        object.append("blocks", .int(tip.height))
        if let last = await miner.lastTemplate {
            object.append("currentblockweight", .int(last.weight))
            object.append("currentblocktx", .int(last.transactions))
        }
        append(bits: tip.bits, to: &object)
        object.append(
            "networkhashps",
            try await GetNetworkHashPS.estimate(blocks: 120, height: -1, context))
        object.append("pooledtx", .int(await validator.mempool { $0.count }))
        object.append(
            "blockmintxfee", .amount(await miner.options.minFeeRate.satoshisPerKvB))
        object.append("chain", .string(context.definition.chainName))
        var following = JSONObject()
        following.append("height", .int(next.height))
        append(bits: next.bits, to: &following)
        object.append("next", .object(following))
        if let challenge = context.definition.consensus.signetChallenge {
            object.append("signet_challenge", .hex(challenge))
        }
        object.append("warnings", await context.warningsJSON())
        return .object(object)
    }

    private func append(bits: UInt32, to object: inout JSONObject) {
        object.append("bits", .string(bits.eightDigits))
        object.append("difficulty", .double(ProofOfWork.difficulty(bits: bits)))
        object.append("target", .string(UInt256.decodeCompact(bits).value.hex))
    }
}
