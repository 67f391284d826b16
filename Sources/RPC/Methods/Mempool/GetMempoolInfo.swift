import Chain
import MemoryPool
import Notation
import Primitives

struct GetMempoolInfo: RPCMethod {
    let name = "getmempoolinfo"
    let summary = "Returns details on the active state of the TX memory pool."
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .bool, "loaded",
                    "True if the initial load attempt of the persisted mempool finished"),
                ResultText(.number, "size", "Current tx count"),
                ResultText(
                    .number, "bytes",
                    "Sum of all virtual transaction sizes as defined in BIP 141. Differs from actual serialized size because witness data is discounted"
                ),
                ResultText(.number, "usage", "Total memory usage for the mempool"),
                ResultText(
                    .amount, "total_fee",
                    "Total fees for the mempool in BTC, ignoring modified fees through prioritisetransaction"
                ),
                ResultText(.number, "maxmempool", "Maximum memory usage for the mempool"),
                ResultText(
                    .amount, "mempoolminfee",
                    "Minimum fee rate in BTC/kvB for tx to be accepted. Is the maximum of minrelaytxfee and minimum mempool fee"
                ),
                ResultText(.amount, "minrelaytxfee", "Current minimum relay fee for transactions"),
                ResultText(
                    .number, "incrementalrelayfee",
                    "minimum fee rate increment for mempool limiting or replacement in BTC/kvB"),
                ResultText(
                    .number, "unbroadcastcount",
                    "Current number of transactions that haven't passed initial broadcast yet"),
                ResultText(
                    .bool, "permitbaremultisig",
                    "True if the mempool accepts transactions with bare multisig outputs"),
                ResultText(
                    .number, "maxdatacarriersize",
                    "Maximum number of bytes that can be used by OP_RETURN outputs in the mempool"),
                ResultText(
                    .number, "limitclustercount",
                    "Maximum number of transactions that can be in a cluster (configured by -limitclustercount)"
                ),
                ResultText(
                    .number, "limitclustersize",
                    "Maximum size of a cluster in virtual bytes (configured by -limitclustersize)"),
                ResultText(
                    .bool, "optimal", "If the mempool is in a known-optimal transaction ordering"),
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let now = context.clock.now()
        return await context.validator.mempool { pool in
            let policy = pool.policy
            let minimum = max(pool.minimumFeeRate(now: now), policy.minRelayFeeRate)
            return [
                "loaded": true,
                "size": .int(pool.count),
                "bytes": .int(pool.totalVirtualSize),
                "usage": .int(pool.memoryUsage),
                "total_fee": .amount(pool.totalFee.satoshis),
                "maxmempool": .int(policy.maxSizeBytes),
                "mempoolminfee": .amount(minimum.satoshisPerKvB),
                "minrelaytxfee": .amount(policy.minRelayFeeRate.satoshisPerKvB),
                "incrementalrelayfee": .amount(policy.incrementalRelayFeeRate.satoshisPerKvB),
                "unbroadcastcount": .int(pool.unbroadcast.count),
                "permitbaremultisig": .bool(policy.permitsBareMultisig),
                "maxdatacarriersize": .int(policy.maxDataCarrierBytes ?? 0),
                "limitclustercount": .int(policy.clusterCount),
                "limitclustersize": .int(policy.clusterVirtualSize),
                "optimal": true,
            ]
        }
    }
}
