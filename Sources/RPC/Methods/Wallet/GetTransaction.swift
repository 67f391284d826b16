import Cryptography
import Notation
import Primitives
import Wallets

struct GetTransaction: RPCMethod {
    let name = "gettransaction"
    let summary =
        "Get detailed information about in-wallet transaction <txid>\n"
    let parameters: [Parameter] = [
        Parameter("txid", .string, "The transaction id"),
        Parameter(
            "include_watchonly", .bool, default: false, "(DEPRECATED) No longer used"),
        Parameter(
            "verbose", .bool, default: false,
            "Whether to include a `decoded` field containing the decoded transaction (equivalent "
                + "to RPC decoderawtransaction)"),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let txid = try request.hash("txid")
        guard let view = try await wallet.transaction(txid) else {
            throw RPCError.invalidAddressOrKey("Invalid or non-wallet transaction id")
        }
        let shown = WalletTransactionJSON(view: view, context: context)
        let credit = view.isImmature ? .zero : view.credit
        let net = credit - view.debit - shown.fee
        var result: JSONObject = ["amount": .amount(net.satoshis)]
        if view.isFromMe { result.append("fee", .amount(shown.fee.satoshis)) }
        result.append(contentsOf: shown.details())
        result.append("details", .array(shown.entries(isLong: false)))
        result.append("hex", .hex(view.transaction.bytes))
        if try request.bool("verbose") {
            result.append(
                "decoded",
                .object(
                    TransactionJSON.object(
                        view.transaction, context.definition, includesHex: false)))
        }
        result.appendLastBlock(await wallet.lastBlock)
        return .object(result)
    }
}
