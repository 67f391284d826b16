import Chain
import Cryptography
import Notation
import Primitives

struct GetChainStates: RPCMethod {
    let name = "getchainstates"
    let summary = "Return information about chainstates.\n"
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let tip = context.validator.tip
        let state: JSON = [
            "blocks": .int(tip.height), "bestblockhash": .string(tip.hash.displayHex),
            "bits": BlockJSON.hex32(tip.bits),
            "target": BlockJSON.target(tip.bits, context.definition),
            "difficulty": BlockJSON.difficulty(tip.bits),
            "verificationprogress": .double(await context.verificationProgress()),
            "validated": true,
        ]
        return [
            "headers": .int(await context.validator.bestHeader.height), "chainstates": [state],
        ]
    }
}
