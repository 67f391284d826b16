import Keys
import Notation
import Wallets

struct GetAddressesByLabel: RPCMethod {
    let name = "getaddressesbylabel"
    let summary =
        "Returns the list of addresses assigned the specified label.\n"
    let parameters: [Parameter] = [
        Parameter("label", .string, "The label.")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let label = try context.label(request["label"])
        let addresses = await wallet.addresses(label: label)
        guard !addresses.isEmpty else {
            throw WalletError.invalidLabel("No addresses with label \(label)")
        }
        var result = JSONObject()
        for (address, purpose) in addresses {
            result.append(
                address.text(on: context.definition), ["purpose": .string(purpose)])
        }
        return .object(result)
    }
}
