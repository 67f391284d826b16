import Notation
import Wallets

struct LoadWallet: RPCMethod {
    let name = "loadwallet"
    let summary =
        "Loads a wallet from a wallet file or directory.\n"
        + "Note that all wallet command-line options used when starting bitcoind will be\n"
        + "applied to the new wallet.\n"
    let parameters: [Parameter] = [
        Parameter(
            "filename", .string,
            "The path to the directory of the wallet to be loaded, either absolute or relative to "
                + "the \"wallets\" directory. The \"wallets\" directory is set by the -walletdir "
                + "option and defaults to the \"wallets\" folder within the data directory."),
        Parameter(
            "load_on_startup", .bool, .omitted,
            "Save wallet name to persistent settings and load on startup. True to add wallet to "
                + "startup list, false to remove, null to leave unchanged."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let store = try context.store()
        let name = try request.string("filename")
        try await store.load(name: name)
        if let loads = try request.optionalBool("load_on_startup") {
            try await store.setLoadsOnStart(name, loads)
        }
        return ["name": .string(name)]
    }
}
