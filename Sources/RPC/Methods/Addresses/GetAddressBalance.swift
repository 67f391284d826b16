import Chain
import Consensus
import Genesis
import Indexes
import Notation
import Primitives

struct GetAddressBalance: RPCMethod {
    let name = "getaddressbalance"
    let summary = "Returns what an address has and had (requires -addressindex).\n"
    let parameters = [AddressQuery.parameter]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.amount, "balance", "The worth of its confirmed coins in BTC"),
                ResultText(
                    .amount, "immature",
                    "The part of it that coinbases made which may not be spent yet, in BTC"),
                ResultText(
                    .amount, "unconfirmed", "What unconfirmed transactions would change, in BTC"),
                ResultText(.number, "utxos", "How many confirmed coins there are"),
                ResultText(.amount, "received", "What it ever received, in BTC"),
                ResultText(.amount, "spent", "What it ever spent, in BTC"),
                ResultText(
                    .number, "txcount",
                    "How many confirmed transactions concern it, counted for each script"),
            ])
    ]
    let examples = [Example(["\"bc1q02ad21edsxd23d32dfgqqsz4vv4nmtfzuklhy3\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let query = try await AddressQuery(request, context)
        let maturity = context.definition.consensus.coinbaseMaturity
        let next = context.validator.tip.height + 1
        var (balance, immature) = (Int64(0), Int64(0))
        var coins = 0
        var (count, received, spent) = (0, UInt64(0), UInt64(0))
        for script in query.scripts {
            for coin in try await query.index.coins(of: script) {
                coins += 1
                balance &+= coin.value.satoshis
                if coin.isCoinbase, next - coin.height < maturity {
                    immature &+= coin.value.satoshis
                }
            }
            let totals = try await query.index.totals(of: script)
            count += totals.count
            received &+= totals.received
            spent &+= totals.spent
        }
        let pending = try await query.pending(context).reduce(Int64(0)) { sum, pending in
            sum &+ pending.received.satoshis &- pending.spent.satoshis
        }
        return [
            "balance": .amount(balance), "immature": .amount(immature),
            "unconfirmed": .amount(pending), "utxos": .int(coins),
            "received": .amount(Int64(clamping: received)),
            "spent": .amount(Int64(clamping: spent)), "txcount": .int(count),
        ]
    }
}
