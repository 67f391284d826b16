import Notation

struct EstimateSmartFee: RPCMethod {
    let name = "estimatesmartfee"
    let summary = """
        Estimates the approximate fee per kilobyte needed for a transaction to begin
        confirmation within conf_target blocks if possible and return the number of blocks
        for which the estimate is valid. Uses virtual transaction size as defined
        in BIP 141 (witness data is discounted).

        This node keeps no record of how long transactions waited, so that it never has an
        estimate: the answer is always an error in "errors", and 0 blocks.
        """
    let parameters = [
        Parameter("conf_target", .number, "Confirmation target in blocks (1 - 1008)"),
        Parameter(
            "estimate_mode", .string, default: "economical",
            "The fee estimate mode: unset, economical or conservative."),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .number, "feerate",
                    "estimate fee rate in BTC/kvB (only present if no errors were encountered)",
                    optional: true),
                ResultText(
                    .array, "errors", "Errors encountered during processing (if there are any)",
                    [ResultText(.string, "", "error")], optional: true),
                ResultText(.number, "blocks", "block number where estimate was found"),
            ])
    ]
    let examples = [Example(["6"])]

    private static let modes = ["unset", "economical", "conservative"]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard (1...1008).contains(try request.int("conf_target")) else {
            throw RPCError.invalidParameter("Invalid conf_target, must be between 1 and 1008")
        }
        guard Self.modes.contains(try request.string("estimate_mode").lowercased()) else {
            throw RPCError.invalidParameter(
                "Invalid estimate_mode parameter, must be one of: \"unset\", \"economical\", "
                    + "\"conservative\"")
        }
        // The node keeps no record of how long transactions waited.
        return ["errors": ["Insufficient data or no feerate found"], "blocks": 0]
    }
}
