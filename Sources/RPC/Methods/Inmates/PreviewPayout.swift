import Chain
import Cryptography
import Mining
import MiningService
import Notation
import Primitives

struct PreviewPayout: RPCMethod {
    let name = "previewpayout"
    let summary = "Returns how the reward of the next block would be split among the inmates.\n"
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let (template, split) = try await context.mining { try await $0.previewPayout() }
        return [
            "height": .int(template.context.height),
            "previousblockhash": .string(template.context.previous.displayHex),
            "reward": .amount(template.coinbaseValue.satoshis),
            "fees": .amount(template.fees.satoshis),
            "payouts": .array(
                split.payouts.map { InmateJSON.payout($0, context.definition) }),
            "commitment": .string(split.commitment.hex),
            "ledgerbefore": InmateJSON.ledger(split.ledgerBefore),
            "ledgerafter": InmateJSON.ledger(split.ledgerAfter),
        ]
    }
}

struct GetPayoutLedger: RPCMethod {
    let name = "getpayoutledger"
    let summary =
        "Returns what inmates are owed as of a block, in thousandths of a satoshi; below zero they owe.\n"
    let parameters = [
        Parameter("blockhash", .hex, hint: "the tip", "The block the ledger is as of")
    ]
    let examples = [Example()]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let hash = request.has("blockhash") ? try request.hash("blockhash") : nil
        guard let ledger = try await context.validator.ledger(at: hash) else {
            if let hash, await context.validator.blockInfo(hash) != nil {
                throw RPCError.misc(
                    "The block was never part of the active chain: what is owed as of it was not "
                        + "worked out")
            }
            throw RPCError.invalidAddressOrKey("Block not found")
        }
        return InmateJSON.ledger(ledger)
    }
}
