import Cryptography
import MemoryPool
import Notation
import Primitives

/// How entries of the mempool are shown.
enum MempoolJSON {
    static func entry(_ summary: EntrySummary) -> JSON {
        let entry = summary.entry
        return [
            "vsize": .int(entry.virtualSize),
            "weight": .int(entry.weight),
            "time": .int(entry.time),
            "height": .int(entry.height),
            "descendantcount": .int(summary.descendants.count),
            "descendantsize": .int(summary.descendants.virtualSize),
            "ancestorcount": .int(summary.ancestors.count),
            "ancestorsize": .int(summary.ancestors.virtualSize),
            "wtxid": .string(entry.wtxid.displayHex),
            "chunkweight": .int(summary.chunk.size),
            "fees": [
                "base": .amount(entry.fee.satoshis),
                "modified": .amount(entry.modifiedFee),
                "ancestor": .amount(summary.ancestors.fees),
                "descendant": .amount(summary.descendants.fees),
                "chunk": .amount(summary.chunk.fee),
            ],
            "depends": list(summary.depends),
            "spentby": list(summary.spentBy),
            "unbroadcast": .bool(summary.isUnbroadcast),
        ]
    }

    static func list(_ txids: [Txid]) -> JSON { .array(txids.map { .string($0.displayHex) }) }

    /// Entries by txid.
    static func entries(_ summaries: [EntrySummary]) -> JSON {
        var object = JSONObject()
        for summary in summaries {
            object.append(summary.entry.txid.displayHex, entry(summary))
        }
        return .object(object)
    }

    static func chunk(_ chunk: ClusterSummary.Chunk) -> JSON {
        [
            "chunkfee": .amount(chunk.rate.fee),
            "chunkweight": .int(chunk.rate.size),
            "txs": list(chunk.txids),
        ]
    }

    /// What the help says of an entry.
    static let entryResults = [
        ResultText(
            .number, "vsize",
            "virtual transaction size as defined in BIP 141. This is different from actual serialized size for witness transactions as witness data is discounted."
        ),
        ResultText(.number, "weight", "transaction weight as defined in BIP 141."),
        ResultText(
            .time, "time", "local time transaction entered pool in seconds since 1 Jan 1970 GMT"),
        ResultText(.number, "height", "block height when transaction entered pool"),
        ResultText(
            .number, "descendantcount",
            "number of in-mempool descendant transactions (including this one)"),
        ResultText(
            .number, "descendantsize",
            "virtual transaction size of in-mempool descendants (including this one)"),
        ResultText(
            .number, "ancestorcount",
            "number of in-mempool ancestor transactions (including this one)"),
        ResultText(
            .number, "ancestorsize",
            "virtual transaction size of in-mempool ancestors (including this one)"),
        ResultText(
            .number, "chunkweight",
            "sigops-adjusted weight (as defined in BIP 141 and modified by '-bytespersigop') of this transaction's chunk"
        ),
        ResultText(.hex, "wtxid", "hash of serialized transaction, including witness data"),
        ResultText(
            .object, "fees", "",
            [
                ResultText(.amount, "base", "transaction fee, denominated in BTC"),
                ResultText(
                    .amount, "modified",
                    "transaction fee with fee deltas used for mining priority, denominated in BTC"),
                ResultText(
                    .amount, "ancestor",
                    "transaction fees of in-mempool ancestors (including this one) with fee deltas used for mining priority, denominated in BTC"
                ),
                ResultText(
                    .amount, "descendant",
                    "transaction fees of in-mempool descendants (including this one) with fee deltas used for mining priority, denominated in BTC"
                ),
                ResultText(.amount, "chunk", "transaction fees of chunk, denominated in BTC"),
            ]),
        ResultText(
            .array, "depends", "unconfirmed transactions used as inputs for this transaction",
            [
                ResultText(.hex, "transactionid", "parent transaction id")
            ]),
        ResultText(
            .array, "spentby", "unconfirmed transactions spending outputs from this transaction",
            [
                ResultText(.hex, "transactionid", "child transaction id")
            ]),
        ResultText(
            .bool, "unbroadcast",
            "Whether this transaction is currently unbroadcast (initial broadcast not yet acknowledged by any peers)"
        ),
    ]

    static let notInMempool = RPCError.invalidAddressOrKey("Transaction not in mempool")
}
