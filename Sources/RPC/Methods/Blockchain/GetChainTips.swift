import Chain
import Cryptography
import Notation

struct GetChainTips: RPCMethod {
    let name = "getchaintips"
    let summary = """
        Return information about all known tips in the block tree, including the main chain as well as orphaned branches.
        """
    let results = [
        ResultText(
            .array, "", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(.number, "height", "height of the chain tip"),
                        ResultText(.hex, "hash", "block hash of the tip"),
                        ResultText(
                            .number, "branchlen",
                            "zero for main chain, otherwise length of branch connecting the tip to the main chain"
                        ),
                        ResultText(
                            .string, "status",
                            """
                            status of the chain, "active" for the main chain
                            Possible values for status:
                            1.  "invalid"               This branch contains at least one invalid block
                            2.  "headers-only"          Not all blocks for this branch are available, but the headers are valid
                            3.  "valid-headers"         All blocks are available for this branch, but they were never fully validated
                            4.  "valid-fork"            This branch is not part of the active chain, but is fully validated
                            5.  "active"                This is the tip of the active main chain, which is certainly valid
                            """),
                    ])
            ])
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let tips = await context.validator.chainTips()
        return .array(
            tips.map { tip in
                [
                    "height": .int(tip.height), "hash": .string(tip.hash.displayHex),
                    "branchlen": .int(tip.branchLength), "status": .string(tip.status),
                ]
            })
    }
}
