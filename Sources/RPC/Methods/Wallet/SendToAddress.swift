import Notation
import Wallets

struct SendToAddress: RPCMethod {
    let name = "sendtoaddress"
    let summary =
        "Send an amount to a given address."
    let parameters: [Parameter] = [
        Parameter("address", .string, "The bitcoin address to send to."),
        Parameter("amount", .amount, "The amount in BTC to send. eg 0.1"),
        Parameter(
            "comment", .string, .omitted,
            "A comment used to store what the transaction is for.\n"
                + "This is not part of the transaction, just kept in your wallet."),
        Parameter(
            "comment_to", .string, .omitted,
            "A comment to store the name of the person or organization\n"
                + "to which you're sending the transaction. This is not part of the \n"
                + "transaction, just kept in your wallet."),
        Parameter(
            "subtractfeefromamount", .bool, default: false,
            "The fee will be deducted from the amount being sent.\n"
                + "The recipient will receive less bitcoins than you enter in the amount field."),
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
            "avoid_reuse", .bool, default: true,
            "(only available if avoid_reuse wallet flag is set) Avoid spending from dirty "
                + "addresses; addresses are considered\n"
                + "dirty if they have previously been used in a transaction. If true, this also "
                + "activates avoidpartialspends, grouping outputs by their addresses."),
        Parameter(
            "fee_rate", .amount, hint: "not set, fall back to wallet fee estimation",
            "Specify a fee rate in sat/vB."),
        Parameter(
            "verbose", .bool, default: false,
            "If true, return extra information about the transaction."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        var options = SendOptions()
        options.comment = try Self.text(request, "comment")
        options.commentTo = try Self.text(request, "comment_to")
        try FeeArguments.read(request, into: &options)
        var payments = try FeeArguments.payments(
            [request.string("address"): request["amount"]], context)
        if try request.bool("subtractfeefromamount") { payments[0].subtractsFee = true }
        let draft = try await wallet.send(payments, options: options)
        return try FeeArguments.answer(draft, request)
    }

    private static func text(_ request: RPCRequest, _ name: String) throws -> String? {
        let text = try request.optionalString(name)
        return text == "" ? nil : text
    }
}
