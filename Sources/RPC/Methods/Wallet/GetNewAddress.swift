import Keys
import Notation
import Wallets

struct GetNewAddress: RPCMethod {
    let name = "getnewaddress"
    let summary =
        "Returns a new Bitcoin address for receiving payments.\n"
        + "If 'label' is specified, it is added to the address book \n"
        + "so payments received with the address will be associated with 'label'.\n"
    let parameters: [Parameter] = [
        Parameter(
            "label", .string, default: "",
            "The label name for the address to be linked to. It can also be set to the empty "
                + "string \"\" to represent the default label. The label does not need to exist, "
                + "it will be created if there is no label by the given name."),
        Parameter(
            "address_type", .string, hint: "set by -addresstype",
            "The address type to use. Options are \"legacy\", \"p2sh-segwit\", \"bech32\", "
                + "\"bech32m\"."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        try await wallet.checkHasAddresses()
        let label = try context.label(request["label"])
        let type = try context.addressType(request["address_type"])
        let address = try await wallet.newAddress(type, label: label)
        return .string(address.text(on: context.definition))
    }
}
