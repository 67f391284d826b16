import Chain
import Cryptography
import Notation
import Primitives
import Wallets

struct ListSinceBlock: RPCMethod {
    let name = "listsinceblock"
    let summary =
        "Get all transactions in blocks since block [blockhash], or all transactions if omitted.\n"
        + "If \"blockhash\" is no longer a part of the main chain, transactions from the fork point "
        + "onward are included.\nIf \"blockhash\" is no longer a part of the main chain, "
        + "transactions from the fork point onward are included.\nAdditionally, if include_removed "
        + "is set, transactions affecting the wallet which were removed are returned in the "
        + "\"removed\" array.\n"
    let parameters: [Parameter] = [
        Parameter(
            "blockhash", .string, .omitted,
            "If set, the block hash to list transactions since, otherwise list all transactions."),
        Parameter(
            "target_confirmations", .number, default: 1,
            "Return the nth block hash from the main chain. e.g. 1 would mean the best block hash. "
                + "Note: this is not used as a filter, but only affects [lastblock] in the return "
                + "value"),
        Parameter(
            "include_watchonly", .bool, default: false, "(DEPRECATED) No longer used"),
        Parameter(
            "include_removed", .bool, default: true,
            "Show transactions that were removed due to a reorg in the \"removed\" array\n"
                + "(not guaranteed to work on pruned nodes)"),
        Parameter(
            "include_change", .bool, default: false, "Also add entries for change outputs.\n"),
        Parameter(
            "label", .string, .omitted,
            "Return only incoming transactions paying to addresses with the specified label.\n"),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let wallet = try await context.wallet(for: request)
        let views = try await wallet.transactions()
        let last = await wallet.lastBlock
        let (height, removed) = try await start(request, context)
        let confirmations = try request.int("target_confirmations")
        guard confirmations >= 1 else { throw RPCError.invalidParameter("Invalid parameter") }
        let showsChange = try request.bool("include_change")
        let label = try request.has("label") ? context.label(request["label"]) : nil

        func entries(_ view: TransactionView, minimumDepth: Int = 0) -> [JSON] {
            WalletTransactionJSON(view: view, context: context).entries(
                minimumDepth: minimumDepth, isLong: true, label: label, showsChange: showsChange)
        }
        let depth = height.map { (last?.height ?? -1) + 1 - $0 }
        let listed = views.filter { view in depth.map { abs(view.depth) < $0 } ?? true }
        var result: JSONObject = ["transactions": .array(listed.flatMap { entries($0) })]
        if try request.bool("include_removed") {
            let gone = views.filter { removed.contains($0.transaction.txid) }
            // All of them, however deep the conflict that removed them.
            result.append("removed", .array(gone.flatMap { entries($0, minimumDepth: .min) }))
        }
        let target = max(0, (last?.height ?? 0) + 1 - confirmations)
        let hash = await context.validator.hash(height: target)
        result.append("lastblock", .string((hash ?? .zero).displayHex))
        return .object(result)
    }

    /// The height from which on to list, and what the blocks of an abandoned branch held.
    private func start(
        _ request: RPCRequest, _ context: RPCContext
    ) async throws -> (height: Int?, removed: Set<Txid>) {
        guard try request.optionalString("blockhash") ?? "" != "" else { return (nil, []) }
        let hash = try request.hash("blockhash")
        guard var block = await context.validator.blockInfo(hash),
            let fork = await context.validator.fork(of: hash)
        else { throw RPCError.invalidAddressOrKey("Block not found") }
        var removed: Set<Txid> = []
        while block.height > fork.height, try request.bool("include_removed") {
            guard let whole = try await context.validator.block(block.hash),
                let parent = await context.validator.blockInfo(block.header.previous)
            else { throw RPCError(code: .internal, "Can't read block from disk") }
            removed.formUnion(whole.transactions.map(\.txid))
            block = parent
        }
        return (fork.height, removed)
    }
}
