import Cryptography
import Keys
import Notation
import Primitives
import Wallets

/// The arguments of sending calls that say what fee is to be paid.
enum FeeArguments {
    static let modesText =
        "unset, economical, conservative \n"
        + "unset means no mode set (economical mode is used if the transaction is replaceable;\n"
        + "otherwise, conservative mode is used). \n"
        + "economical estimates use a shorter time horizon, making them more\n"
        + "responsive to short-term drops in the prevailing fee market. This mode\n"
        + "potentially returns a lower fee rate estimate.\n"
        + "conservative estimates use a longer time horizon, making them\n"
        + "less responsive to short-term drops in the prevailing fee market. This mode\n"
        + "potentially returns a higher fee rate estimate.\n"

    /// Targets beyond a week are not estimated.
    private static let maximumTarget = 1008

    /// Checks `conf_target`, `estimate_mode` and `fee_rate`, and puts them into the options.
    static func read(_ request: RPCRequest, into options: inout SendOptions) throws {
        options.signalsReplacement = try request.optionalBool("replaceable")
        let target = try request.optionalInt("conf_target")
        let mode = try request.optionalString("estimate_mode") ?? "unset"
        if request.has("fee_rate") {
            guard target == nil else {
                throw RPCError.invalidParameter(
                    "Cannot specify both conf_target and fee_rate. Please provide either a "
                        + "confirmation target in blocks for automatic fee estimation, or an "
                        + "explicit fee rate.")
            }
            guard mode == "unset" else {
                throw RPCError.invalidParameter("Cannot specify both estimate_mode and fee_rate")
            }
            // Satoshis per virtual byte with three decimals are satoshis per thousand.
            options.feeRate = FeeRate(
                satoshisPerKvB: try request["fee_rate"].asAmount(decimals: 3))
            options.signalsReplacement = options.signalsReplacement ?? true
            return
        }
        guard ["unset", "economical", "conservative"].contains(mode.lowercased()) else {
            throw RPCError.invalidParameter(
                "Invalid estimate_mode parameter, must be one of: \"unset\", \"economical\", "
                    + "\"conservative\"")
        }
        if let target, !(1...maximumTarget).contains(target) {
            throw RPCError.invalidParameter(
                "Invalid conf_target, must be between 1 and \(maximumTarget)")
        }
    }

    /// What a sending call answers.
    static func answer(_ draft: Draft, _ request: RPCRequest) throws -> JSON {
        let txid = JSON.string(draft.transaction.txid.displayHex)
        guard try request.bool("verbose") else { return txid }
        return ["txid": txid, "fee_reason": request.has("fee_rate") ? "None" : "Fallback fee"]
    }

    /// The payments of an object from addresses to amounts.
    static func payments(_ object: JSONObject, _ context: RPCContext) throws -> [Payment] {
        var seen: Set<Address> = []
        return try object.members.map { member in
            let amount = Amount(satoshis: try member.value.asAmount())
            let address = try context.address(
                member.key, "Invalid Bitcoin address: \(member.key)")
            guard seen.insert(address).inserted else {
                throw RPCError.invalidParameter(
                    "Invalid parameter, duplicated address: \(member.key)")
            }
            return Payment(to: address, amount: amount)
        }
    }
}
