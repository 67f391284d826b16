import Notation
import Wallets

struct ListTransactions: RPCMethod {
    let name = "listtransactions"
    let summary =
        "If a label name is provided, this will return only incoming transactions paying to addresses "
        + "with the specified label.\nReturns up to 'count' most recent transactions ordered from "
        + "oldest to newest while skipping the first number of \ntransactions specified in the 'skip' "
        + "argument. A transaction can have multiple entries in this RPC response. \nFor instance, a "
        + "wallet transaction that pays three addresses — one wallet-owned and two external — will "
        + "produce \nfour entries. The payment to the wallet-owned address appears both as a send "
        + "entry and as a receive entry. \nAs a result, the RPC response will contain one entry in "
        + "the receive category and three entries in the send category.\n"
    private static let page = 200
    let parameters: [Parameter] = [
        Parameter(
            "label", .string, .omitted,
            "If set, should be a valid label name to return only incoming transactions\n"
                + "with the specified label, or \"*\" to disable filtering and return all "
                + "transactions."),
        Parameter("count", .number, default: 10, "The number of transactions to return"),
        Parameter("skip", .number, default: 0, "The number of transactions to skip"),
        Parameter(
            "include_watchonly", .bool, default: false, "(DEPRECATED) No longer used"),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        var label = try request.optionalString("label")
        if label == "*" { label = nil }
        guard label != "" else {
            throw RPCError.invalidParameter(
                "Label argument must be a valid label name or \"*\".")
        }
        let (count, skip) = (try request.int("count"), try request.int("skip"))
        guard count >= 0 else { throw RPCError.invalidParameter("Negative count") }
        guard skip >= 0 else { throw RPCError.invalidParameter("Negative from") }

        var entries: [JSON] = []
        var seen = 0
        while entries.count < count + skip {
            let page = try await wallet.newestTransactions(skipping: seen, limit: Self.page)
            guard !page.isEmpty else { break }
            for view in page where entries.count < count + skip {
                entries += WalletTransactionJSON(view: view, context: context)
                    .entries(isLong: true, label: label)
            }
            seen += page.count
        }
        return .array(entries.dropFirst(skip).prefix(count).reversed())
    }
}
