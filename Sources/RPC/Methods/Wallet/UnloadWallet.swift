import Notation
import Wallets

struct UnloadWallet: RPCMethod {
    let name = "unloadwallet"
    let summary =
        "Unloads the wallet referenced by the request endpoint or the wallet_name argument.\n"
        + "If both are specified, they must be identical."
    let parameters: [Parameter] = [
        Parameter(
            "wallet_name", .string, hint: "the wallet name from the RPC endpoint",
            "The name of the wallet to unload. If provided both here and in the RPC endpoint, the "
                + "two must be identical."),
        Parameter(
            "load_on_startup", .bool, .omitted,
            "Save wallet name to persistent settings and load on startup. True to add wallet to "
                + "startup list, false to remove, null to leave unchanged."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let store = try context.store()
        let name = try context.walletName(for: request)
        try await store.unload(name: name)
        if let loads = try request.optionalBool("load_on_startup") {
            try await store.setLoadsOnStart(name, loads)
        }
        return [:]
    }
}
