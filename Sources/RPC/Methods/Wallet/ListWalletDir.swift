import Notation
import Wallets

struct ListWalletDir: RPCMethod {
    let name = "listwalletdir"
    let summary =
        "Returns a list of wallets in the wallet directory.\n"
    let parameters: [Parameter] = [

    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let names = try await context.store().directoryNames()
        return ["wallets": .array(names.map { ["name": .string($0), "warnings": []] })]
    }
}
