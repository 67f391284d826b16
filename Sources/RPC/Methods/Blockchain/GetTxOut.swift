import Chain
import Consensus
import Cryptography
import Notation
import Primitives

struct GetTxOut: RPCMethod {
    let name = "gettxout"
    let summary = "Returns details about an unspent transaction output.\n"
    let parameters = [
        Parameter("txid", .string, "The transaction id"),
        Parameter("n", .number, "vout number"),
        Parameter(
            "include_mempool", .bool, default: true,
            "Whether to include the mempool. Note that an unspent output that is spent in the mempool won't appear."
        ),
    ]
    let results = [
        ResultText(.null, when: "If the UTXO was not found"),
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .hex, "bestblock", "The hash of the block at the tip of the chain"),
                ResultText(.number, "confirmations", "The number of confirmations"),
                ResultText(.amount, "value", "The transaction value in BTC"),
                ResultText(.object, "scriptPubKey", "", ScriptText.output),
                ResultText(.bool, "coinbase", "Coinbase or not"),
            ], when: "Otherwise"),
    ]
    let examples = [Example(["\"txid\"", "1"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let point = OutPoint(txid: try request.hash("txid"), index: try request.uint32("n"))
        let includesPool = try request.bool("include_mempool")
        let validator = context.validator
        guard let coin = try await validator.coin(point, includingMempool: includesPool) else {
            return .null
        }
        let tip = validator.tip
        let confirmations =
            coin.height == Coin.mempoolHeight ? 0 : tip.height - coin.height + 1
        return [
            "bestblock": .string(tip.hash.displayHex), "confirmations": .int(confirmations),
            "value": .amount(coin.output.value.satoshis),
            "scriptPubKey": .object(ScriptJSON.output(coin.output.script, context.definition)),
            "coinbase": .bool(coin.isCoinbase),
        ]
    }
}

/// What the help says of scripts.
enum ScriptText {
    static let output = [
        ResultText(.string, "asm", "Disassembly of the output script"),
        ResultText(.string, "desc", "Inferred descriptor for the output"),
        ResultText(.hex, "hex", "The raw output script bytes, hex-encoded"),
        ResultText(
            .string, "address",
            "The Bitcoin address (only if a well-defined address exists)", optional: true),
        ResultText(.string, "type", "The type, eg pubkeyhash"),
    ]
}
