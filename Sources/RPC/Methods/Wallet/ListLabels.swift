import Notation
import Wallets

struct ListLabels: RPCMethod {
    let name = "listlabels"
    let summary =
        "Returns the list of all labels, or labels that are assigned to addresses with a specific "
        + "purpose.\n"
    let parameters: [Parameter] = [
        Parameter(
            "purpose", .string, .omitted,
            "Address purpose to list labels for ('send','receive'). An empty string is the same as "
                + "not providing this argument.")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let purpose = try request.optionalString("purpose") ?? ""
        guard ["", "send", "receive"].contains(purpose) else {
            throw RPCError.invalidParameter(
                "Invalid 'purpose' argument, must be a known purpose string, typically 'send', or "
                    + "'receive'.")
        }
        let labels = await wallet.labels(purpose: purpose.isEmpty ? nil : purpose)
        return .array(labels.map(JSON.string))
    }
}
