import Chain
import Notation

struct ImportMempool: RPCMethod {
    let name = "importmempool"
    let summary = """
        Import a mempool.dat file and attempt to add its contents to the mempool.
        Warning: Importing untrusted files is dangerous, especially if metadata from the file is taken over.
        """
    let parameters = [
        Parameter("filepath", .string, "The mempool file"),
        Parameter(
            "options", .namedOptions, .omitted, "",
            inner: [
                Parameter(
                    "use_current_time", .bool, default: true,
                    "Whether to use the current system time or use the entry time metadata from the mempool file.\nWarning: Importing untrusted metadata may lead to unexpected issues and undesirable behavior."
                ),
                Parameter(
                    "apply_fee_delta_priority", .bool, default: false,
                    "Whether to apply the fee delta metadata from the mempool file.\nIt will be added to any existing fee deltas.\nThe fee delta can be set by the prioritisetransaction RPC.\nWarning: Importing untrusted metadata may lead to unexpected issues and undesirable behavior.\nOnly set this bool if you understand what it does."
                ),
                Parameter(
                    "apply_unbroadcast_set", .bool, default: false,
                    "Whether to apply the unbroadcast set metadata from the mempool file.\nWarning: Importing untrusted metadata may lead to unexpected issues and undesirable behavior."
                ),
            ]
        ).shown(as: "options"),
    ]
    let results = [ResultText(.object, "", "")]
    let examples = [Example(["/path/to/mempool.dat"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let validator = context.validator
        if await validator.isInitialBlockDownload {
            throw RPCError(
                code: .inInitialDownload,
                "Can only import the mempool after the block download and sync is done.")
        }
        let options = try request.optionalObject("options") ?? [:]
        let taken = MempoolImport(
            usesCurrentTime: try options["use_current_time"]?.asBool() ?? true,
            appliesDeltas: try options["apply_fee_delta_priority"]?.asBool() ?? false,
            appliesUnbroadcast: try options["apply_unbroadcast_set"]?.asBool() ?? false)
        do {
            try await validator.importMempool(from: request.string("filepath"), taken)
        } catch let error as MempoolImportError {
            context.report("Mempool file not imported: \(error)")
            throw RPCError.misc("Unable to import mempool file, see debug log for details.")
        }
        return [:]
    }
}
