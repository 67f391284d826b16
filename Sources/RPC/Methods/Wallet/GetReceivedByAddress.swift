import Keys
import Notation
import Primitives
import Wallets

struct GetReceivedByAddress: RPCMethod {
    let name = "getreceivedbyaddress"
    let summary =
        "Returns the total amount received by the given address in transactions with at least minconf "
        + "confirmations.\n"
    let parameters: [Parameter] = [
        Parameter("address", .string, "The bitcoin address for transactions."),
        Parameter(
            "minconf", .number, default: 1,
            "Only include transactions confirmed at least this many times."),
        Parameter(
            "include_immature_coinbase", .bool, default: false,
            "Include immature coinbase transactions."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let addresses = [
            try context.address(request.string("address"), "Invalid Bitcoin address")
        ]
        var isMine = false
        for address in addresses where await wallet.information(address).isMine { isMine = true }
        guard isMine else { throw RPCError.wallet("Address not found in wallet") }
        let tally = try await wallet.received(
            minimumDepth: request.int("minconf"),
            includingImmature: request.bool("include_immature_coinbase"))
        let amount = addresses.reduce(Int64(0)) { $0 + (tally[$1]?.amount.satoshis ?? 0) }
        return .amount(amount)
    }
}
