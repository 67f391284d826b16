import Chain
import Consensus
import Cryptography
import Indexes
import Notation
import Primitives

struct GetAddressUTXOs: RPCMethod {
    let name = "getaddressutxos"
    let summary = "Returns the coins of an address, the oldest first (requires -addressindex).\n"
    let parameters = [
        AddressQuery.parameter,
        Parameter(
            "include_mempool", .bool, default: true,
            "Whether coins that unconfirmed transactions spend are left out, and those that they make follow"
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
                        ResultText(.number, "vout", "The output number"),
                        ResultText(.hex, "scriptPubKey", "The output script"),
                        ResultText(.amount, "amount", "The value of the coin in BTC"),
                        ResultText(.bool, "coinbase", "Whether a coinbase made it"),
                        ResultText(
                            .number, "height", "The height of its block (omitted if unconfirmed)",
                            optional: true),
                        ResultText(
                            .number, "confirmations",
                            "The number of confirmations, 0 if unconfirmed"
                        ),
                    ])
            ])
    ]
    let examples = [Example(["\"bc1q02ad21edsxd23d32dfgqqsz4vv4nmtfzuklhy3\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let includesPool = try request.bool("include_mempool")
        let tip = context.validator.tip.height
        let query = try await AddressQuery(request, context)
        let pending = includesPool ? try await query.pending(context) : []
        let spent = Set(pending.flatMap(\.spentPoints))
        var found: [(coin: AddressCoin, script: Script)] = []
        for script in query.scripts {
            for coin in try await query.index.coins(of: script) where !spent.contains(coin.point) {
                found.append((coin, script))
            }
        }
        // Stable within a block: the order of the points.
        let ordered = found.enumerated().sorted {
            ($0.element.coin.height, $0.offset) < ($1.element.coin.height, $1.offset)
        }
        var answers = ordered.map { _, element in
            let coin = element.coin
            var object = Self.start(coin.point, element.script, coin.value, coin.isCoinbase)
            object.append("height", .int(coin.height))
            object.append("confirmations", .int(max(tip - coin.height + 1, 0)))
            return JSON.object(object)
        }
        for pending in pending {
            for (index, output) in pending.made {
                let point = OutPoint(
                    txid: pending.transaction.txid, index: UInt32(truncatingIfNeeded: index))
                guard !spent.contains(point) else { continue }
                var object = Self.start(point, output.script, output.value, false)
                object.append("confirmations", 0)
                answers.append(.object(object))
            }
        }
        return .array(answers)
    }

    private static func start(
        _ point: OutPoint, _ script: Script, _ value: Amount, _ isCoinbase: Bool
    ) -> JSONObject {
        [
            "txid": .string(point.txid.displayHex), "vout": .int(point.index),
            "scriptPubKey": .hex(script.bytes), "amount": .amount(value.satoshis),
            "coinbase": .bool(isCoinbase),
        ]
    }
}
