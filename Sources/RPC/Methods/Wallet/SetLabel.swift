import Keys
import Notation
import Wallets

struct SetLabel: RPCMethod {
    let name = "setlabel"
    let summary =
        "Sets the label associated with the given address.\n"
    let parameters: [Parameter] = [
        Parameter(
            "address", .string, "The bitcoin address to be associated with a label."),
        Parameter("label", .string, "The label to assign to the address."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let address = try context.address(
            request.string("address"), "Invalid Bitcoin address")
        try await wallet.setLabel(try context.label(request["label"]), of: address)
        return .null
    }
}
