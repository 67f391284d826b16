import Chain
import Consensus
import Cryptography
import Indexes
import Genesis
import Notation
import Primitives

struct GetRawTransaction: RPCMethod {
    let name = "getrawtransaction"
    let summary = """
        By default, this call only returns a transaction if it is in the mempool. If -txindex is enabled
        and no blockhash argument is passed, it will return the transaction if it is in the mempool or any block.
        If a blockhash argument is passed, it will return the transaction if
        the specified block is available and the transaction is in that block.

        Hint: Use gettransaction for wallet transactions.

        If verbosity is 0 or omitted, returns the serialized transaction as a hex-encoded string.
        If verbosity is 1, returns a JSON Object with information about the transaction.
        If verbosity is 2, returns a JSON Object with information about the transaction, including fee and prevout information.
        """
    let parameters = [
        Parameter("txid", .hex, "The transaction id"),
        Parameter(
            "verbosity|verbose", .number, default: 0,
            "0 for hex-encoded data, 1 for a JSON object, and 2 for JSON object with fee and prevout"
        ).unchecked(),
        Parameter(
            "blockhash", .hex, .omitted, "The block in which to look for the transaction"),
    ]
    let results = [
        ResultText(
            .string, "data", "The serialized transaction as a hex-encoded string for 'txid'",
            when: "if verbosity is not set or set to 0"),
        ResultText(
            .object, "", "",
            [
                ResultText(
                    .bool, "in_active_chain",
                    "Whether specified block is in the active chain or not (only present with explicit \"blockhash\" argument)",
                    optional: true),
                ResultText(.hex, "blockhash", "the block hash", optional: true),
                ResultText(.number, "confirmations", "The confirmations", optional: true),
                ResultText(
                    .time, "blocktime", "The block time expressed in UNIX epoch time",
                    optional: true),
                ResultText(.number, "time", "Same as \"blocktime\"", optional: true),
                ResultText(.hex, "hex", "The serialized, hex-encoded data for 'txid'"),
            ] + TransactionText.fields, when: "if verbosity is set to 1"),
    ]
    let examples = [
        Example(["\"mytxid\""]), Example(["\"mytxid\"", "1"]),
        Example(["\"mytxid\"", "0", "\"myblockhash\""]),
    ]

    /// A transaction, and the block it was found in.
    private struct Found {
        var transaction: Transaction
        var block: BlockInfo?
    }

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let txid = try request["txid"].asHash("parameter 1")
        guard txid != context.definition.genesis.header.merkleRoot else {
            throw RPCError.invalidAddressOrKey(
                "The genesis block coinbase is not considered an ordinary transaction and cannot "
                    + "be retrieved")
        }
        let verbosity = try request.verbosity("verbosity")
        let found = try await find(txid, request, context)
        guard verbosity > 0 else { return .hex(found.transaction.bytes) }

        var object = JSONObject()
        if request.has("blockhash"), let block = found.block {
            object.append("in_active_chain", .bool(block.isOnActiveChain))
        }
        let spent = verbosity > 1 ? try await spent(by: found, context) : nil
        object.append(
            contentsOf: TransactionJSON.object(
                found.transaction, context.definition, spent: spent, showsSpent: true))
        if let block = found.block {
            object.append("blockhash", .string(block.hash.displayHex))
            if block.isOnActiveChain {
                let tip = context.validator.tip.height
                object.append("confirmations", .int(max(1, tip - block.height + 1)))
                object.append("time", .int(block.header.time))
                object.append("blocktime", .int(block.header.time))
            } else {
                object.append("confirmations", 0)
            }
        }
        return .object(object)
    }

    private func find(
        _ txid: Txid, _ request: RPCRequest, _ context: RPCContext
    ) async throws -> Found {
        let validator = context.validator
        let hint = ". Use gettransaction for wallet transactions."
        if request.has("blockhash") {
            let hash = try request["blockhash"].asHash("parameter 3")
            guard let info = await validator.blockInfo(hash) else {
                throw RPCError.invalidAddressOrKey("Block hash not found")
            }
            guard info.hasData else { throw RPCError.misc("Block not available") }
            let block = try await context.storedBlock(info)
            guard let transaction = block.transactions.first(where: { $0.txid == txid }) else {
                throw RPCError.invalidAddressOrKey(
                    "No such transaction found in the provided block" + hint)
            }
            return Found(transaction: transaction, block: info)
        }
        if let transaction = await validator.mempoolTransaction(txid) {
            return Found(transaction: transaction, block: nil)
        }
        if let found = try await context.indexedTransaction(txid) {
            return Found(
                transaction: found.transaction, block: await validator.blockInfo(found.block))
        }
        let reason: String
        if let index = context.transactionIndex {
            reason =
                await index.progress.isSynced
                ? "No such mempool or blockchain transaction"
                : "No such mempool transaction. Blockchain transactions are still in the process "
                    + "of being indexed"
        } else {
            reason =
                "No such mempool transaction. Use -txindex or provide a block hash to enable "
                + "blockchain transaction queries"
        }
        throw RPCError.invalidAddressOrKey(reason + hint)
    }

    /// The coins that a transaction in a block spends, where they are known.
    private func spent(by found: Found, _ context: RPCContext) async throws -> [Coin]? {
        guard let info = found.block, info.hasUndo, info.hasData, !found.transaction.isCoinbase,
            let undo = try await context.validator.undo(info.hash)
        else { return nil }
        let block = try await context.storedBlock(info)
        let txid = found.transaction.txid
        guard
            let index = block.transactions.indices.first(where: {
                block.transactions.txid(at: $0) == txid
            }), undo.indices.contains(index - 1)
        else { return nil }
        return undo[index - 1]
    }
}
