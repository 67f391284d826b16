import Chain
import MemoryPool
import Notation

struct GetMempoolFeerateDiagram: RPCMethod {
    let name = "getmempoolfeeratediagram"
    let summary = "Returns the feerate diagram for the whole mempool."
    let results = [
        ResultText(
            .array, "", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(.number, "weight", "cumulative sigops-adjusted weight"),
                        ResultText(.number, "fee", "cumulative fee"),
                    ])
            ], when: "mempool chunks")
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let rates = await context.validator.mempool { pool in
            var order = MiningOrder(pool)
            var rates: [FeeFraction] = []
            while let chunk = order.next() { rates.append(chunk.rate) }
            return rates
        }
        var points: [JSON] = [["weight": 0, "fee": .amount(0)]]
        var weight: Int64 = 0
        var fee: Int64 = 0
        for rate in rates {
            weight &+= rate.size
            fee &+= rate.fee
            points.append(["weight": .int(weight), "fee": .amount(fee)])
        }
        return .array(points)
    }
}
