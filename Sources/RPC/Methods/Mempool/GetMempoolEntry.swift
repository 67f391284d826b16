import Chain
import MemoryPool
import Notation

struct GetMempoolEntry: RPCMethod {
    let name = "getmempoolentry"
    let summary = "Returns mempool data for given transaction\n"
    let parameters = [
        Parameter("txid", .hex, .required, "The transaction id (must be in mempool)")
    ]
    let results = [ResultText(.object, "", "", MempoolJSON.entryResults)]
    let examples = [Example(["\"mytxid\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let txid = try request.hash("txid")
        guard let summary = await context.validator.mempool({ $0.summary(of: txid) }) else {
            throw MempoolJSON.notInMempool
        }
        return MempoolJSON.entry(summary)
    }
}
