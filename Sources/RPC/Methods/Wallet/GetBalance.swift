import Notation
import Primitives
import Wallets

struct GetBalance: RPCMethod {
    let name = "getbalance"
    let summary =
        "Returns the total available balance.\n"
        + "The available balance is what the wallet considers currently spendable, and is\n"
        + "thus affected by options which limit spendability such as -spendzeroconfchange.\n"
    let parameters: [Parameter] = [
        Parameter(
            "dummy", .string, .omitted,
            "Remains for backward compatibility. Must be excluded or set to \"*\"."),
        Parameter(
            "minconf", .number, default: 0,
            "Only include transactions confirmed at least this many times."),
        Parameter("include_watchonly", .bool, default: false, "No longer used"),
        Parameter(
            "avoid_reuse", .bool, default: true,
            "(only available if avoid_reuse wallet flag is set) Do not include balance in dirty "
                + "outputs; addresses are considered dirty if they have previously been used in a "
                + "transaction."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        guard try request.optionalString("dummy") ?? "*" == "*" else {
            throw RPCError(
                code: .deprecated, "dummy first argument must be excluded or set to \"*\".")
        }
        let depth = try request.int("minconf")
        return .amount(try await wallet.balance(minimumDepth: depth).trusted.satoshis)
    }
}
