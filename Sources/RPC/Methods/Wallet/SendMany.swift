import Notation
import Wallets

struct SendMany: RPCMethod {
    let name = "sendmany"
    let summary =
        "Send multiple times. Amounts are double-precision floating point numbers."
    let parameters: [Parameter] = [
        Parameter(
            "dummy", .string, default: "", "Must be set to \"\" for backwards compatibility."
        ).shown(as: "\"\""),
        Parameter(
            "amounts", .userKeys, "The addresses and amounts",
            inner: [
                Parameter(
                    "address", .amount,
                    "The bitcoin address is the key, the numeric amount (can be string) in BTC is "
                        + "the value")
            ]),
        Parameter("minconf", .number, .omitted, "Ignored dummy value"),
        Parameter("comment", .string, .omitted, "A comment"),
        Parameter(
            "subtractfeefrom", .array, .omitted,
            "The addresses.\n"
                + "The fee will be equally deducted from the amount of each selected address.\n"
                + "Those recipients will receive less bitcoins than you enter in their "
                + "corresponding amount field.\n"
                + "If no addresses are specified here, the sender pays the fee.",
            inner: [Parameter("address", .string, .omitted, "Subtract fee from this address")]),
        Parameter(
            "replaceable", .bool, hint: "wallet default",
            "Signal that this transaction can be replaced by a transaction (BIP 125)"),
        Parameter(
            "conf_target", .number, hint: "wallet -txconfirmtarget",
            "Confirmation target in blocks"),
        Parameter(
            "estimate_mode", .string, default: "unset",
            "The fee estimate mode, must be one of (case insensitive):\n"
                + FeeArguments.modesText),
        Parameter(
            "fee_rate", .amount, hint: "not set, fall back to wallet fee estimation",
            "Specify a fee rate in sat/vB."),
        Parameter(
            "verbose", .bool, default: false,
            "If true, return extra information about the transaction."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        guard try request.string("dummy").isEmpty else {
            throw RPCError.invalidParameter("Dummy value must be set to \"\"")
        }
        var options = SendOptions()
        let comment = try request.optionalString("comment") ?? ""
        options.comment = comment.isEmpty ? nil : comment
        try FeeArguments.read(request, into: &options)
        let amounts = try request.object("amounts")
        var payments = try FeeArguments.payments(amounts, context)
        for place in try Self.feeBearers(request, among: amounts.keys) {
            payments[place].subtractsFee = true
        }
        let draft = try await wallet.send(payments.shuffled(), options: options)
        return try FeeArguments.answer(draft, request)
    }

    /// The places of the outputs that bear the fee, named by address or by number.
    private static func feeBearers(
        _ request: RPCRequest, among addresses: [String]
    ) throws -> Set<Int> {
        let start = "Invalid parameter 'subtract fee from output', "
        var places: Set<Int> = []
        for item in try request.optionalArray("subtractfeefrom") ?? [] {
            let place: Int
            if let address = item.stringValue {
                guard let found = addresses.firstIndex(of: address) else {
                    throw RPCError.invalidParameter(
                        start + "destination \(address) not found in tx outputs")
                }
                place = found
            } else {
                guard item.numberText != nil else {
                    throw RPCError.invalidParameter(
                        start + "invalid value type: \(item.kindName)")
                }
                place = try item.asInt()
            }
            guard !places.contains(place) else {
                throw RPCError.invalidParameter(start + "duplicated position: \(place)")
            }
            guard place >= 0 else {
                throw RPCError.invalidParameter(start + "negative position: \(place)")
            }
            guard place < addresses.count else {
                throw RPCError.invalidParameter(start + "position too large: \(place)")
            }
            places.insert(place)
        }
        return places
    }
}
