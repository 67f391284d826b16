import Notation
import Wallets

struct CreateWallet: RPCMethod {
    let name = "createwallet"
    let summary = "Creates and loads a new wallet.\n"
    let parameters = [
        Parameter(
            "wallet_name", .string,
            "The name for the new wallet. If this is a path, the wallet will be created at the "
                + "path location."),
        Parameter(
            "disable_private_keys", .bool, default: false,
            "Disable the possibility of private keys (only watchonlys are possible in this mode)."),
        Parameter(
            "blank", .bool, default: false,
            "Create a blank wallet. A blank wallet has no keys."),
        Parameter(
            "passphrase", .string, .omitted, "Encrypt the wallet with this passphrase."),
        Parameter(
            "avoid_reuse", .bool, default: false,
            "Keep track of coin reuse, and treat dirty and clean coins differently with privacy "
                + "considerations in mind."),
        Parameter("descriptors", .bool, default: true, "If set, must be \"true\""),
        Parameter(
            "load_on_startup", .bool, .omitted,
            "Save wallet name to persistent settings and load on startup. True to add wallet to "
                + "startup list, false to remove, null to leave unchanged."),
        Parameter(
            "external_signer", .bool, default: false,
            "Use an external signer such as a hardware wallet. Requires -signer to be configured. "
                + "Wallet creation will fail if keys cannot be fetched. Requires "
                + "disable_private_keys and descriptors set to true."),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .string, "name",
                    "The wallet name if created successfully. If the wallet was created using a "
                        + "full path, the wallet_name will be the full path."),
                ResultText(
                    .array, "warnings",
                    "Warning messages, if any, related to creating and loading the wallet.",
                    [ResultText(.string)], optional: true),
            ])
    ]
    let examples = [Example(["\"testwallet\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let store = try context.store()
        let name = try request.string("wallet_name")
        guard try request.bool("descriptors") else {
            throw RPCError.wallet(
                "descriptors argument must be set to \"true\"; it is no longer possible to create "
                    + "a legacy wallet.")
        }
        guard try !request.bool("external_signer") else {
            throw RPCError.wallet(
                "Compiled without external signing support (required for external signing)")
        }
        var creation = WalletCreation()
        creation.disablesPrivateKeys = try request.bool("disable_private_keys")
        creation.isBlank = try request.bool("blank")
        creation.avoidsReuse = try request.bool("avoid_reuse")
        let passphrase = try request.optionalString("passphrase")
        if let passphrase, !passphrase.isEmpty {
            guard !creation.disablesPrivateKeys else {
                throw RPCError.wallet(
                    "Passphrase provided but private keys are disabled. A passphrase is only used "
                        + "to encrypt private keys, so cannot be used for wallets with private "
                        + "keys disabled.")
            }
            throw RPCError.wallet("Encrypted wallets are not supported yet.")
        }
        guard !name.isEmpty else {
            throw RPCError.invalidParameter("Wallet name cannot be empty")
        }
        try await store.create(name: name, creation)
        if let loads = try request.optionalBool("load_on_startup") {
            try await store.setLoadsOnStart(name, loads)
        }
        var result: JSONObject = ["name": .string(name)]
        if passphrase == "" {
            result.append(
                "warnings",
                ["Empty string given as passphrase, wallet will not be encrypted."])
        }
        return .object(result)
    }
}
