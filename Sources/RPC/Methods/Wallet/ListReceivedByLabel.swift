import Keys
import Notation
import Primitives
import Wallets

struct ListReceivedByLabel: RPCMethod {
    let name = "listreceivedbylabel"
    let summary =
        "List received transactions by label.\n"
    let parameters: [Parameter] = [
        Parameter(
            "minconf", .number, default: 1,
            "The minimum number of confirmations before payments are included."),
        Parameter(
            "include_empty", .bool, default: false,
            "Whether to include addresses that haven't received any payments."),
        Parameter(
            "include_watchonly", .bool, default: false, "(DEPRECATED) No longer used"),
        Parameter(
            "include_immature_coinbase", .bool, default: false,
            "Include immature coinbase transactions."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let tally = try await wallet.received(
            minimumDepth: request.int("minconf"),
            includingImmature: request.bool("include_immature_coinbase"))
        let includesEmpty = try request.bool("include_empty")
        var labels: [String: (amount: Amount, depth: Int)] = [:]
        for (address, label) in await wallet.labelledAddresses() {
            let received = tally[address]
            guard received != nil || includesEmpty else { continue }
            var entry = labels[label] ?? (.zero, .max)
            entry.amount += received?.amount ?? .zero
            entry.depth = min(entry.depth, received?.depth ?? .max)
            labels[label] = entry
        }
        return .array(
            labels.sorted { $0.key < $1.key }.map { label, entry in
                [
                    "amount": .amount(entry.amount.satoshis),
                    "confirmations": .int(entry.depth == .max ? 0 : entry.depth),
                    "label": .string(label),
                ]
            })
    }
}
