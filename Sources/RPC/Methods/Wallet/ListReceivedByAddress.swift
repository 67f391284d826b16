import Cryptography
import Keys
import Notation
import Primitives
import Wallets

struct ListReceivedByAddress: RPCMethod {
    let name = "listreceivedbyaddress"
    let summary =
        "List balances by receiving address.\n"
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
            "address_filter", .string, .omitted,
            "If present and non-empty, only return information on this address."),
        Parameter(
            "include_immature_coinbase", .bool, default: false,
            "Include immature coinbase transactions."),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let filter = try Self.filter(request, context)
        let tally = try await wallet.received(
            minimumDepth: request.int("minconf"),
            includingImmature: request.bool("include_immature_coinbase"))
        let includesEmpty = try request.bool("include_empty")
        var entries: [(text: String, entry: JSON)] = []
        for (address, label) in await wallet.labelledAddresses() {
            guard filter == nil || filter == address else { continue }
            let received = tally[address]
            guard received != nil || includesEmpty else { continue }
            let text = address.text(on: context.definition)
            entries.append(
                (
                    text,
                    [
                        "address": .string(text),
                        "amount": .amount(received?.amount.satoshis ?? 0),
                        "confirmations": .int(received?.depth ?? 0), "label": .string(label),
                        "txids": .array(
                            (received?.txids ?? []).map { .string($0.displayHex) }),
                    ]
                ))
        }
        return .array(entries.sorted { $0.text < $1.text }.map(\.entry))
    }

    private static func filter(
        _ request: RPCRequest, _ context: RPCContext
    ) throws -> Address? {
        guard let text = try request.optionalString("address_filter"), !text.isEmpty else {
            return nil
        }
        guard let address = try? Address(text, network: context.definition) else {
            throw RPCError.wallet("address_filter parameter was invalid")
        }
        return address
    }
}
