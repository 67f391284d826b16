import Chain
import Cryptography
import MemoryPool
import Notation
import Primitives

struct GetMempoolAncestors: RPCMethod {
    let name = "getmempoolancestors"
    let summary = "If txid is in the mempool, returns all in-mempool ancestors.\n"
    let parameters = [
        Parameter("txid", .hex, .required, "The transaction id (must be in mempool)"),
        Parameter(
            "verbose", .bool, default: false,
            "True for a json object, false for array of transaction ids"),
    ]
    let results = [
        ResultText(
            .array, "", "",
            [ResultText(.hex, "", "The transaction id of an in-mempool ancestor transaction")],
            when: "for verbose = false"),
        ResultText(
            .dynamicObject, "", "",
            [ResultText(.object, "transactionid", "", MempoolJSON.entryResults)],
            when: "for verbose = true"),
    ]
    let examples = [Example(["\"mytxid\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let txid = try request.hash("txid")
        let isVerbose = try request.bool("verbose")
        let found = await context.validator.mempool { pool -> (txids: [Txid], [EntrySummary])? in
            guard let txids = pool.ancestors(of: txid) else { return nil }
            return (txids, isVerbose ? txids.compactMap { pool.summary(of: $0) } : [])
        }
        guard let (txids, summaries) = found else { throw MempoolJSON.notInMempool }
        return isVerbose ? MempoolJSON.entries(summaries) : MempoolJSON.list(txids)
    }
}
