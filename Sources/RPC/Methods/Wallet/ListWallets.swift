import Notation
import Wallets

struct ListWallets: RPCMethod {
    let name = "listwallets"
    let summary =
        "Returns a list of currently loaded wallets.\n"
        + "For full information on the wallet, use \"getwalletinfo\"\n"
    let parameters: [Parameter] = [

    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        .array(try await context.store().names.map(JSON.string))
    }
}
