import Consensus
import Cryptography
import Genesis
import Notation
import Primitives

/// Transactions as answers show them (Core's TxToUniv).
enum TransactionJSON {
    /// - Parameters:
    ///   - spent: the coins its inputs spend, in order, where they are known; they give the fee.
    ///   - showsSpent: whether each input shows the coin it spends.
    ///   - block: the hash of the block it is in, to be shown.
    static func object(
        _ transaction: Transaction, _ network: Network, spent: [Coin]? = nil,
        showsSpent: Bool = false, block: BlockHash? = nil, includesHex: Bool = true
    ) -> JSONObject {
        var object: JSONObject = [
            "txid": .string(transaction.txid.displayHex),
            "hash": .string(transaction.wtxid.displayHex),
            "version": .int(transaction.version), "size": .int(transaction.totalSize),
            "vsize": .int(transaction.virtualSize), "weight": .int(transaction.weight.units),
            "locktime": .int(transaction.lockTime),
        ]
        let spent = spent?.count == transaction.inputs.count ? spent : nil
        object.append(
            "vin",
            .array(
                transaction.inputs.enumerated().map { index, item in
                    .object(
                        input(
                            item, isCoinbase: transaction.isCoinbase,
                            coin: showsSpent ? spent?[index] : nil, network))
                }))
        object.append(
            "vout",
            .array(
                transaction.outputs.enumerated().map { index, item in
                    .object(output(item, index: index, network))
                }))
        if let spent {
            let paidIn = spent.reduce(Int64(0)) { $0 &+ $1.output.value.satoshis }
            let paidOut = transaction.outputs.reduce(Int64(0)) { $0 &+ $1.value.satoshis }
            object.append("fee", .amount(paidIn &- paidOut))
        }
        if let block { object.append("blockhash", .string(block.displayHex)) }
        if includesHex { object.append("hex", .hex(transaction.bytes)) }
        return object
    }

    private static func input(
        _ input: TransactionInput, isCoinbase: Bool, coin: Coin?, _ network: Network
    ) -> JSONObject {
        var object = JSONObject()
        if isCoinbase {
            object.append("coinbase", .hex(input.script.bytes))
        } else {
            object.append("txid", .string(input.outPoint.txid.displayHex))
            object.append("vout", .int(input.outPoint.index))
            object.append("scriptSig", ScriptJSON.input(input.script))
        }
        if !input.witness.isEmpty {
            object.append("txinwitness", .array(input.witness.map { .hex($0) }))
        }
        if let coin {
            object.append(
                "prevout",
                [
                    "generated": .bool(coin.isCoinbase), "height": .int(coin.height),
                    "value": .amount(coin.output.value.satoshis),
                    "scriptPubKey": .object(ScriptJSON.output(coin.output.script, network)),
                ])
        }
        object.append("sequence", .int(input.sequence))
        return object
    }

    private static func output(
        _ output: TransactionOutput, index: Int, _ network: Network
    ) -> JSONObject {
        [
            "value": .amount(output.value.satoshis), "n": .int(index),
            "scriptPubKey": .object(ScriptJSON.output(output.script, network)),
        ]
    }
}
