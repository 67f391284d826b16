import Keys
import Notation
import Wallets

struct GetRawChangeAddress: RPCMethod {
    let name = "getrawchangeaddress"
    let summary =
        "Returns a new Bitcoin address, for receiving change.\n"
        + "This is for use with raw transactions, NOT normal use.\n"
    let parameters: [Parameter] = [
        Parameter(
            "address_type", .string, hint: "set by -changetype",
            "The address type to use. Options are \"legacy\", \"p2sh-segwit\", \"bech32\", "
                + "\"bech32m\".")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        try await wallet.checkHasAddresses()
        let type = try context.addressType(request["address_type"])
        let address = try await wallet.newChangeAddress(type)
        return .string(address.text(on: context.definition))
    }
}
