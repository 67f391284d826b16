import Chain
import Cryptography
import Keys
import MemoryPool
import Mining
import MiningService
import Notation
import Primitives

struct GenerateBlock: RPCMethod {
    let name = "generateblock"
    let summary = """
        Mine a set of ordered transactions to a specified address or descriptor and return the block hash.
        Transaction fees are not collected in the block reward.
        """
    let parameters = [
        Parameter(
            "output", .string, .required,
            "The address or descriptor to send the newly generated bitcoin to."),
        Parameter(
            "transactions", .array, .required,
            "An array of hex strings which are either txids or raw transactions.\n"
                + "Txids must reference transactions currently in the mempool.\n"
                + "All transactions must be valid and in valid order, otherwise the block will be rejected.",
            inner: [Parameter("rawtx/txid", .hex, .omitted, "")]),
        Parameter(
            "submit", .bool, default: true,
            "Whether to submit the block before the RPC call returns or to return it as hex."),
    ]
    let results = [
        ResultText(
            .object, "", "",
            [
                ResultText(.hex, "hash", "hash of generated block"),
                ResultText(
                    .hex, "hex", "hex of generated block, only present when submit=false",
                    optional: true),
            ])
    ]
    let examples = [
        Example.words("\nGenerate a block to myaddress, with txs rawtx and mempool_txid\n"),
        .shell(["\"myaddress\"", "[\"rawtx\", \"mempool_txid\"]"]),
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let script = try payee(try request.string("output"), context)
        var transactions: [TemplateTransaction] = []
        for text in try request.array("transactions") {
            let transaction = try await transaction(try text.asString(), context)
            // What they pay is left where it is.
            transactions.append(
                TemplateTransaction(transaction: transaction, fee: .zero, sigOpCost: 0))
        }
        let validator = context.validator
        let template = try BlockAssembler().assemble(
            exactly: transactions, onto: await validator.templateContext(),
            paying: .script(script))
        if let rejection = try await validator.propose(block: template.block()) {
            throw RPCError.verify("TestBlockValidity failed: \(rejection)")
        }
        guard let block = await (try context.requiredMiner()).solve(template) else {
            throw RPCError.misc("Failed to make block.")
        }
        guard try request.bool("submit") else {
            return ["hash": .string(block.hash.displayHex), "hex": .hex(block.bytes)]
        }
        switch try await validator.submit(block: block) {
        case .connected, .stored: return ["hash": .string(block.hash.displayHex)]
        default: throw RPCError(code: .internal, "ProcessNewBlock, block not accepted")
        }
    }

    private func payee(_ text: String, _ context: RPCContext) throws -> Script {
        if let script = try GeneratedBlocks.script(descriptor: text, context) { return script }
        guard let address = try? Address(text, network: context.definition) else {
            throw RPCError.invalidAddressOrKey("Error: Invalid address or descriptor")
        }
        return address.script
    }

    private func transaction(
        _ text: String, _ context: RPCContext
    ) async throws -> Transaction {
        if let txid = Hash256(displayHex: text) {
            guard let transaction = await context.validator.mempoolTransaction(txid) else {
                throw RPCError.invalidAddressOrKey("Transaction \(text) not in mempool.")
            }
            return transaction
        }
        guard let bytes = Hex.decode(text), let transaction = try? Transaction(decoding: bytes)
        else {
            throw RPCError.deserialization(
                "Transaction decode failed for \(text). Make sure the tx has at least one input.")
        }
        return transaction
    }
}
