import Chain
import Cryptography
import Notation
import Primitives

struct GetTxOutSetInfo: RPCMethod {
    let name = "gettxoutsetinfo"
    let summary = """
        Returns statistics about the unspent transaction output set.
        Note this call may take some time if you are not using coinstatsindex.
        """
    let parameters = [
        Parameter(
            "hash_type", .string, default: "hash_serialized_3",
            "Which UTXO set hash should be calculated. Options: 'hash_serialized_3' (the legacy algorithm), 'muhash', 'none'."
        ),
        Parameter.hashOrHeight(
            .hint("the current best block"),
            "The block hash or height of the target height (only available with coinstatsindex)."),
        Parameter("use_index", .bool, default: true, "Use coinstatsindex, if available."),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .number, "height", "The block height (index) of the returned statistics"),
                ResultText(
                    .hex, "bestblock",
                    "The hash of the block at which these statistics are calculated"),
                ResultText(.number, "txouts", "The number of unspent transaction outputs"),
                ResultText(
                    .number, "bogosize",
                    "Database-independent, meaningless metric indicating the UTXO set size"),
                ResultText(
                    .hex, "hash_serialized_3",
                    "The serialized hash (only present if 'hash_serialized_3' hash_type is chosen)",
                    optional: true),
                ResultText(
                    .hex, "muhash",
                    "The serialized hash (only present if 'muhash' hash_type is chosen)",
                    optional: true),
                ResultText(
                    .amount, "total_amount", "The total amount of coins in the UTXO set"),
                ResultText(
                    .number, "transactions",
                    "The number of transactions with unspent outputs (not available when coinstatsindex is used)",
                    optional: true),
                ResultText(
                    .number, "disk_size",
                    "The estimated size of the chainstate on disk (not available when coinstatsindex is used)",
                    optional: true),
            ])
    ]
    let examples = [Example(), Example(["\"none\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let name = try request.string("hash_type")
        let kind: UTXOHashKind
        switch name {
        case "hash_serialized_3": kind = .serialized3
        case "muhash": kind = .muhash
        case "none": kind = .none
        default:
            throw RPCError.invalidParameter("'\(name)' is not a valid hash_type")
        }
        guard !request.has("hash_or_height") else {
            throw RPCError.invalidParameter(
                "Querying specific block heights requires coinstatsindex")
        }
        let info = try await context.validator.utxoSetInfo(kind)
        var object: JSONObject = [
            "height": .int(info.height), "bestblock": .string(info.bestBlock.displayHex),
            "txouts": .int(info.outputs), "bogosize": .int(info.bogoSize),
        ]
        if let hash = info.hash { object.append(name, .string(hash.displayHex)) }
        object.append("total_amount", .amount(info.totalAmount.satoshis))
        object.append("transactions", .int(info.transactions))
        object.append("disk_size", .int(info.diskSize))
        return .object(object)
    }
}
