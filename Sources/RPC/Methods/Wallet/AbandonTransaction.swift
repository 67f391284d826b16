import Notation
import Wallets

struct AbandonTransaction: RPCMethod {
    let name = "abandontransaction"
    let summary =
        "Mark in-wallet transaction <txid> as abandoned\n"
        + "This will mark this transaction and all its in-wallet descendants as abandoned which will "
        + "allow\nfor their inputs to be respent.  It can be used to replace \"stuck\" or evicted "
        + "transactions.\nIt only works on transactions which are not included in a block and are not "
        + "currently in the mempool.\nIt has no effect on transactions which are already abandoned.\n"
    let parameters: [Parameter] = [
        Parameter("txid", .hex, "The transaction id")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        try await wallet.abandon(request.hash("txid"))
        return .null
    }
}
