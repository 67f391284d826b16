import Chain
import MemoryPool
import Notation

struct GetMempoolCluster: RPCMethod {
    let name = "getmempoolcluster"
    let summary = "Returns mempool data for given cluster\n"
    let parameters = [
        Parameter("txid", .hex, .required, "The txid of a transaction in the cluster")
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .number, "clusterweight",
                    "total sigops-adjusted weight (as defined in BIP 141 and modified by '-bytespersigop')"
                ),
                ResultText(.number, "txcount", "number of transactions"),
                ResultText(
                    .array, "chunks", "chunks in this cluster (in mining order)",
                    [
                        ResultText(
                            .object, "chunk", "",
                            [
                                ResultText(
                                    .number, "chunkfee",
                                    "fees of the transactions in this chunk"),
                                ResultText(
                                    .number, "chunkweight",
                                    "sigops-adjusted weight of all transactions in this chunk"),
                                ResultText(
                                    .array, "txs", "transactions in this chunk in mining order",
                                    [ResultText(.hex, "txid", "transaction id")]),
                            ])
                    ]),
            ])
    ]
    let examples = [Example(["txid"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let txid = try request.hash("txid")
        guard let cluster = await context.validator.mempool({ $0.cluster(of: txid) }) else {
            throw MempoolJSON.notInMempool
        }
        return [
            "clusterweight": .int(cluster.weight),
            "txcount": .int(cluster.chunks.reduce(0) { $0 + $1.txids.count }),
            "chunks": .array(cluster.chunks.map(MempoolJSON.chunk)),
        ]
    }
}
