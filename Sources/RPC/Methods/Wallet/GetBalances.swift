import Notation
import Primitives
import Wallets

struct GetBalances: RPCMethod {
    let name = "getbalances"
    let summary =
        "Returns an object with all balances in BTC.\n"
    let parameters: [Parameter] = [

    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let balance = try await wallet.fullBalance()
        var result: JSONObject = [
            "mine": [
                "trusted": .amount(balance.trusted.satoshis),
                "untrusted_pending": .amount(balance.pending.satoshis),
                "immature": .amount(balance.immature.satoshis),
                "nonmempool": .amount(balance.nonMempool.satoshis),
            ]
        ]
        result.appendLastBlock(balance.asOf)
        return .object(result)
    }
}
