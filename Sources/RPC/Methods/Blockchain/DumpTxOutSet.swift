import Chain
import Cryptography
import Genesis
import Notation
import Primitives
import Storage

struct DumpTxOutSet: RPCMethod {
    let name = "dumptxoutset"
    let summary = """
        Write the serialized UTXO set to a file. This can be used in loadtxoutset afterwards if this snapshot height is supported in the chainparams as well.
        This creates a temporary UTXO database when rolling back, keeping the main chain intact. Should the node experience an unclean shutdown the temporary database may need to be removed from the datadir manually.
        For deep rollbacks, make sure to use no RPC timeout (bitcoin-cli -rpcclienttimeout=0) as it may take several minutes.
        """
    let parameters = [
        Parameter(
            "path", .string,
            "Path to the output file. If relative, will be prefixed by datadir."),
        Parameter(
            "type", .string, default: "",
            "The type of snapshot to create. Can be \"latest\" to create a snapshot of the current UTXO set or \"rollback\" to temporarily roll back the state of the node to a historical block before creating the snapshot of a historical UTXO set. This parameter can be omitted if a separate \"rollback\" named parameter is specified indicating the height or hash of a specific historical block. If \"rollback\" is specified and separate \"rollback\" named parameter is not specified, this will roll back to the latest valid snapshot block that can currently be loaded with loadtxoutset."
        ),
        Parameter(
            "options", .namedOptions, .omitted, "",
            inner: [
                Parameter(
                    "rollback", .number, .omitted,
                    "Height or hash of the block to roll back to before creating the snapshot. Note: The further this number is from the tip, the longer this process will take. Consider setting a higher -rpcclienttimeout value in this case."
                ).unchecked().typed("", "string or numeric"),
                Parameter(
                    "in_memory", .bool, default: false,
                    "If true, the temporary UTXO-set database used during rollback is kept entirely in memory. This can significantly speed up the process but requires sufficient free RAM (over 10 GB on mainnet)."
                ),
            ]),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .number, "coins_written", "the number of coins written in the snapshot"),
                ResultText(.hex, "base_hash", "the hash of the base of the snapshot"),
                ResultText(.number, "base_height", "the height of the base of the snapshot"),
                ResultText(
                    .string, "path", "the absolute path that the snapshot was written to"),
                ResultText(.hex, "txoutset_hash", "the hash of the UTXO set contents"),
                ResultText(
                    .number, "nchaintx",
                    "the number of transactions in the chain up to and including the base block"),
                ResultText(
                    .string, "payouts",
                    "the file of the payout ledger as of the base (only where one is kept)",
                    optional: true),
            ])
    ]
    let examples: [Example] = [
        .shell(["utxo.dat", "latest"], method: "-rpcclienttimeout=0 dumptxoutset"),
        .shell(["utxo.dat", "rollback"], method: "-rpcclienttimeout=0 dumptxoutset"),
        .shell(["utxo.dat", "rollback=853456"], method: "-rpcclienttimeout=0 -named dumptxoutset"),
        .shell(
            ["utxo.dat", "rollback=853456", "in_memory=true"],
            method: "-rpcclienttimeout=0 -named dumptxoutset"),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let options = try request.optionalObject("options") ?? [:]
        let target = try await target(request.string("type"), options, context)
        let given = try request.string("path")
        let path = given.hasPrefix("/") ? given : "\(context.dataDirectory)/\(given)"
        let inMemory = try options["in_memory"]?.asBool() ?? false
        let validator = context.validator
        let dump: CoinDump
        do {
            dump = try await context.endingAtStop {
                try await validator.dumpCoins(to: path, at: target, inMemory: inMemory)
            }
        } catch let error as CoinDumpError {
            throw answer(to: error)
        }
        var object: JSONObject = [
            "coins_written": .int(Int(clamping: dump.coinCount)),
            "base_hash": .string(dump.base.displayHex), "base_height": .int(dump.height),
            "path": .string(dump.path), "txoutset_hash": .string(dump.coinsHash.displayHex),
            "nchaintx": .int(dump.transactionCount),
        ]
        if let ledger = dump.ledgerPath { object.append("payouts", .string(ledger)) }
        return .object(object)
    }

    /// The block whose coins are wanted; nil for the tip.
    private func target(
        _ type: String, _ options: JSONObject, _ context: RPCContext
    ) async throws -> BlockHash? {
        if let rollback = options["rollback"], !rollback.isNull {
            guard type.isEmpty || type == "rollback" else {
                throw RPCError.invalidParameter(
                    "Invalid snapshot type \"\(type)\" specified with rollback option")
            }
            return try await context.block(hashOrHeight: rollback).hash
        }
        switch type {
        case "latest": return nil
        case "rollback":
            guard let highest = context.definition.snapshots.last else {
                throw RPCError.invalidParameter(
                    "This network pins no snapshot; name a block with the rollback option")
            }
            return try await context.block(hashOrHeight: .int(highest.height)).hash
        default:
            throw RPCError.invalidParameter(
                "Invalid snapshot type \"\(type)\" specified. Please specify \"rollback\" or \"latest\""
            )
        }
    }

    private func answer(to error: CoinDumpError) -> RPCError {
        switch error {
        case .unknownBlock: .invalidAddressOrKey("Block not found")
        case .notOnActiveChain: .invalidParameter("Block is not in main chain")
        case .pruned:
            .misc(
                "Could not roll back to requested height since necessary block data is already "
                    + "pruned.")
        case .exists(let path):
            .invalidParameter(
                "\(path) already exists. If you are sure this is what you want, move it out of the way first"
            )
        case .cannotOpen(let path): .invalidParameter("Couldn't open file \(path) for writing.")
        case .storage(let error): .misc(error.description)
        }
    }
}
