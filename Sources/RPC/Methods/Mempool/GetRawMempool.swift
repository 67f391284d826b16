import Chain
import Cryptography
import MemoryPool
import Notation
import Primitives

struct GetRawMempool: RPCMethod {
    let name = "getrawmempool"
    let summary = """
        Returns all transaction ids in memory pool as a json array of string transaction ids.

        Hint: use getmempoolentry to fetch a specific transaction from the mempool.

        """
    let parameters = [
        Parameter(
            "verbose", .bool, default: false,
            "True for a json object, false for array of transaction ids"),
        Parameter(
            "mempool_sequence", .bool, default: false,
            "If verbose=false, returns a json object with transaction list and mempool sequence number attached."
        ),
    ]
    let results = [
        ResultText(
            .array, "", "", [ResultText(.hex, "", "The transaction id")],
            when: "for verbose = false"),
        ResultText(
            .dynamicObject, "", "",
            [ResultText(.object, "transactionid", "", MempoolJSON.entryResults)],
            when: "for verbose = true"),
        ResultText(
            .object, "", "",
            [
                ResultText(.array, "txids", "", [ResultText(.hex, "", "The transaction id")]),
                ResultText(.number, "mempool_sequence", "The mempool sequence value."),
            ], when: "for verbose = false and mempool_sequence = true"),
    ]
    let examples = [Example(["true"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let withSequence = try request.bool("mempool_sequence")
        guard try request.bool("verbose") else {
            let (txids, sequence) = await context.validator.mempool {
                ($0.txidsByScore, $0.sequence)
            }
            let list = MempoolJSON.list(txids)
            return withSequence
                ? ["txids": list, "mempool_sequence": .int(sequence)] : list
        }
        guard !withSequence else {
            throw RPCError.invalidParameter(
                "Verbose results cannot contain mempool sequence values.")
        }
        let summaries = await context.validator.mempool { pool in
            pool.txidsByScore.compactMap { pool.summary(of: $0) }
        }
        return MempoolJSON.entries(summaries)
    }
}
