import Notation
import Wallets

struct GetWalletInfo: RPCMethod {
    let name = "getwalletinfo"
    let summary =
        "Returns an object containing various wallet state info.\n"
    let parameters: [Parameter] = [

    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let info = try await wallet.information()
        var flags: [JSON] = []
        if info.avoidsReuse { flags.append("avoid_reuse") }
        flags.append("last_hardened_xpub_cached")
        if info.hasPrivateKeysDisabled { flags.append("disable_private_keys") }
        if info.isBlank { flags.append("blank") }
        flags.append("descriptor_wallet")
        let scanning: JSON =
            info.rescan.map { ["duration": .int($0.seconds), "progress": .double($0.share)] }
            ?? false
        var result: JSONObject = [
            "walletname": .string(wallet.name), "walletversion": 169_900, "format": "sqlite",
            "txcount": .int(info.transactionCount),
            "keypoolsize": .int(info.externalKeypoolSize),
            "keypoolsize_hd_internal": .int(info.internalKeypoolSize),
            "private_keys_enabled": .bool(!info.hasPrivateKeysDisabled),
            "avoid_reuse": .bool(info.avoidsReuse), "scanning": scanning, "descriptors": true,
            "external_signer": false, "blank": .bool(info.isBlank),
        ]
        if let birthTime = info.birthTime { result.append("birthtime", .int(birthTime)) }
        result.append("flags", .array(flags))
        result.appendLastBlock(info.lastBlock)
        return .object(result)
    }
}
