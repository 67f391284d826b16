import Chain
import Indexes
import Notation

struct GetIndexInfo: RPCMethod {
    let name = "getindexinfo"
    let summary =
        "Returns the status of one or all available indices currently running in the node.\n"
    let parameters = [
        Parameter(
            "index_name", .string, .omitted,
            "Filter results for an index with a specific name.")
    ]
    let results = [
        ResultText(
            .dynamicObject, "", "",
            [
                ResultText(
                    .object, "name", "The name of the index",
                    [
                        ResultText(.bool, "synced", "Whether the index is synced or not"),
                        ResultText(
                            .number, "best_block_height",
                            "The block height to which the index is synced"),
                    ])
            ])
    ]
    let examples: [Example] = [.shell(), .web(), .shell(["txindex"]), .web(["txindex"])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wanted = try request.optionalString("index_name") ?? ""
        var object = JSONObject()
        func add(_ name: String, _ progress: (isSynced: Bool, height: Int)) {
            guard wanted.isEmpty || wanted == name else { return }
            object.append(
                name,
                ["synced": .bool(progress.isSynced), "best_block_height": .int(progress.height)])
        }
        if let index = context.transactionIndex { add(TransactionTable.name, await index.progress) }
        if let index = context.coinStatisticsIndex {
            add(CoinStatisticsTable.name, await index.progress)
        }
        if let index = context.addressIndex { add(AddressTable.name, await index.progress) }
        if let index = context.spenderIndex { add(SpenderTable.name, await index.progress) }
        if let index = context.blockFilterIndex {
            add(BlockFilterTable.name, await index.progress)
        }
        return .object(object)
    }
}
