import Chain
import Cryptography
import Indexes
import Notation
import Primitives

struct GetAddressHistory: RPCMethod {
    let name = "getaddresshistory"
    let summary = """
        Returns the transactions that paid an address or spent from it, the oldest first (requires -addressindex).
        """
    let parameters = [
        AddressQuery.parameter,
        Parameter("start_height", .number, default: 0, "Height of the first block that counts"),
        Parameter(
            "stop_height", .number, hint: "chain tip", "Height of the last block that counts"),
        Parameter("count", .number, default: 1000, "The most transactions to be returned"),
        Parameter(
            "include_mempool", .bool, default: true,
            "Whether unconfirmed transactions follow, where none is left out and the last block counts"
        ),
    ]
    let results = [
        ResultText(
            .array, "", "",
            [
                ResultText(
                    .object, "", "",
                    [
                        ResultText(.hex, "txid", "The transaction id"),
                        ResultText(
                            .number, "height", "The height of its block (omitted if unconfirmed)",
                            optional: true),
                        ResultText(
                            .hex, "blockhash", "The hash of its block (omitted if unconfirmed)",
                            optional: true),
                        ResultText(
                            .number, "blockindex",
                            "Its place in the block (omitted if unconfirmed)", optional: true),
                        ResultText(
                            .number, "confirmations",
                            "The number of confirmations, 0 if unconfirmed"
                        ),
                        ResultText(.amount, "received", "What the address received by it, in BTC"),
                        ResultText(
                            .amount, "spent", "What it spent of the address's coins, in BTC"),
                        ResultText(.amount, "delta", "The difference, in BTC"),
                    ])
            ])
    ]
    let examples = [
        Example(["\"bc1q02ad21edsxd23d32dfgqqsz4vv4nmtfzuklhy3\""]),
        Example(["\"bc1q02ad21edsxd23d32dfgqqsz4vv4nmtfzuklhy3\"", "100", "200"]),
    ]

    private struct Place: Hashable {
        var height: Int
        var number: Int
    }

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let tip = context.validator.tip
        let start = try request.int("start_height")
        let stop = try request.optionalInt("stop_height") ?? tip.height
        let limit = try request.int("count")
        guard start >= 0, start <= stop else {
            throw RPCError.invalidParameter("stop_height must not be below start_height")
        }
        guard limit > 0 else { throw RPCError.invalidParameter("count must be positive") }
        let includesPool = try request.bool("include_mempool")
        let query = try await AddressQuery(request, context)
        // A transaction may concern several scripts of a descriptor.
        var sums: [Place: AddressEvent] = [:]
        for script in query.scripts {
            for event in try await query.index.history(
                of: script, in: start...stop, limit: limit)
            {
                let place = Place(height: event.height, number: event.number)
                guard var sum = sums[place] else {
                    sums[place] = event
                    continue
                }
                sum.received += event.received
                sum.spent += event.spent
                sums[place] = sum
            }
        }
        let events = sums.values.sorted { ($0.height, $0.number) < ($1.height, $1.number) }
            .prefix(limit)
        let hashes = await context.hashes(at: Set(events.map(\.height)), below: tip.hash)
        var answers = events.map { event in
            var object: JSONObject = [
                "txid": .string(event.txid.displayHex), "height": .int(event.height),
                "blockhash": .string(hashes[event.height]?.displayHex ?? ""),
                "blockindex": .int(event.number),
                "confirmations": .int(max(tip.height - event.height + 1, 0)),
            ]
            Self.append(event.received, event.spent, to: &object)
            return JSON.object(object)
        }
        if includesPool, stop >= tip.height {
            for pending in try await query.pending(context) where answers.count < limit {
                var object: JSONObject = [
                    "txid": .string(pending.transaction.txid.displayHex), "confirmations": 0,
                ]
                Self.append(pending.received, pending.spent, to: &object)
                answers.append(.object(object))
            }
        }
        return .array(answers)
    }

    private static func append(
        _ received: Amount, _ spent: Amount, to object: inout JSONObject
    ) {
        object.append("received", .amount(received.satoshis))
        object.append("spent", .amount(spent.satoshis))
        object.append("delta", .amount(received.satoshis &- spent.satoshis))
    }
}
