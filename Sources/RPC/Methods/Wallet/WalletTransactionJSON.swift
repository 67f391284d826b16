import Cryptography
import Keys
import Notation
import Primitives
import Wallets

/// Transactions of a wallet as answers show them.
struct WalletTransactionJSON {
    let view: TransactionView
    let context: RPCContext

    /// One entry for each output that was sent or received.
    ///
    /// - Parameters:
    ///   - minimumDepth: the confirmations that received outputs must have.
    ///   - isLong: whether each entry tells of the whole transaction.
    ///   - label: shows only what was received under it.
    func entries(
        minimumDepth: Int = 0, isLong: Bool, label: String? = nil, showsChange: Bool = false
    ) -> [JSON] {
        let listed = view.outputs.filter { output in
            view.isFromMe ? showsChange || !output.isChange : output.isMine
        }
        let sent = view.isFromMe && label == nil ? listed.map { sentEntry($0, isLong: isLong) } : []
        guard view.depth >= minimumDepth else { return sent }
        let received = listed.filter { $0.isMine && (label == nil || ($0.label ?? "") == label) }
        return sent + received.map { receivedEntry($0, isLong: isLong) }
    }

    private func sentEntry(_ output: OutputView, isLong: Bool) -> JSON {
        var entry = start(output)
        entry.append("category", "send")
        entry.append("amount", .amount(-output.amount.satoshis))
        if let label = output.label { entry.append("label", .string(label)) }
        entry.append("vout", .int(output.index))
        entry.append("fee", .amount(fee.satoshis))
        if isLong { entry.append(contentsOf: details()) }
        entry.append("abandoned", .bool(view.isAbandoned))
        return .object(entry)
    }

    private func receivedEntry(_ output: OutputView, isLong: Bool) -> JSON {
        var entry = start(output)
        entry.append("parent_descs", .array(output.parentDescriptors.map(JSON.string)))
        entry.append("category", .string(category))
        entry.append("amount", .amount(output.amount.satoshis))
        if let label = output.label { entry.append("label", .string(label)) }
        entry.append("vout", .int(output.index))
        entry.append("abandoned", .bool(view.isAbandoned))
        if isLong { entry.append(contentsOf: details()) }
        return .object(entry)
    }

    private func start(_ output: OutputView) -> JSONObject {
        guard let address = output.address else { return JSONObject() }
        return ["address": .string(address.text(on: context.definition))]
    }

    private var category: String {
        guard view.transaction.isCoinbase else { return "receive" }
        return view.depth < 1 ? "orphan" : view.isImmature ? "immature" : "generate"
    }

    /// What we paid beyond the outputs, as a negative amount; zero for what others sent.
    var fee: Amount { view.isFromMe ? view.outputValue - view.debit : .zero }

    /// What is told of the whole transaction.
    func details() -> JSONObject {
        var object: JSONObject = ["confirmations": .int(view.depth)]
        if view.transaction.isCoinbase { object.append("generated", true) }
        if let place = view.confirmation {
            object.append("blockhash", .string(place.block.hash.displayHex))
            object.append("blockheight", .int(place.block.height))
            object.append("blockindex", .int(place.position))
            object.append("blocktime", .int(place.time))
        } else {
            object.append("trusted", .bool(view.isTrusted))
        }
        object.append("txid", .string(view.transaction.txid.displayHex))
        object.append("wtxid", .string(view.transaction.wtxid.displayHex))
        object.append(
            "walletconflicts", .array(view.conflicts.map { .string($0.displayHex) }))
        object.append(
            "mempoolconflicts", .array(view.mempoolConflicts.map { .string($0.displayHex) }))
        object.append("time", .int(view.time))
        object.append("timereceived", .int(view.timeReceived))
        if let comment = view.comment { object.append("comment", .string(comment)) }
        if let to = view.commentTo { object.append("to", .string(to)) }
        if let other = view.replaces { object.append("replaces_txid", .string(other.displayHex)) }
        if let other = view.replacedBy {
            object.append("replaced_by_txid", .string(other.displayHex))
        }
        return object
    }
}
