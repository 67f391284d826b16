import Chain
import Consensus
import Cryptography
import Notation
import Primitives

struct GetTxOutProof: RPCMethod {
    let name = "gettxoutproof"
    let summary = """
        Returns a hex-encoded proof that "txid" was included in a block.

        NOTE: By default this function only works sometimes. This is when there is an
        unspent output in the utxo for this transaction. To make it always work,
        you need to maintain a transaction index, using the -txindex command line option or
        specify the block in which the transaction is included manually (by blockhash).
        """
    let parameters = [
        Parameter(
            "txids", .array, "The txids to filter",
            inner: [Parameter("txid", .hex, .omitted, "A transaction hash")]),
        Parameter(
            "blockhash", .hex, .omitted,
            "If specified, looks for txid in the block with this hash"),
    ]
    let results = [
        ResultText(
            .string, "data", "A string that is a serialized, hex-encoded data for the proof.")
    ]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        let texts = try request.array("txids")
        guard !texts.isEmpty else {
            throw RPCError.invalidParameter("Parameter 'txids' cannot be empty")
        }
        var wanted: Set<Txid> = []
        for text in texts {
            guard wanted.insert(try text.asHash("txid")).inserted else {
                throw RPCError.invalidParameter(
                    "Invalid parameter, duplicated txid: \(text.stringValue ?? "")")
            }
        }
        let info =
            request.has("blockhash")
            ? try await context.knownBlock(try request.hash("blockhash"))
            : try await home(of: wanted, context)
        let block = try await context.storedBlock(
            info,
            unreadable: RPCError(code: .internal, "Can't read block from disk"))
        let txids = block.transactions.indices.map { block.transactions.txid(at: $0) }
        let matches = txids.map(wanted.contains)
        guard matches.count(where: \.self) == wanted.count else {
            throw RPCError.invalidAddressOrKey(
                "Not all transactions found in specified or retrieved block")
        }
        var writer = ByteWriter()
        block.header.encode(to: &writer)
        PartialMerkleTree(txids, matching: matches).encode(to: &writer)
        return .hex(writer.bytes)
    }

    /// More outputs than fit in a block: each takes nine bytes at least.
    private static let mostOutputs = UInt32(
        ConsensusLimits.maximumBlockWeight / ConsensusLimits.witnessScaleFactor / 9)

    /// The block that one of the transactions is in: told by a coin of it, else by the index.
    private func home(of txids: Set<Txid>, _ context: RPCContext) async throws -> BlockInfo {
        let validator = context.validator
        // As Core's set of them has it.
        let txids = txids.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        for txid in txids {
            // Most have few outputs, so the pieces grow.
            var (index, count) = (UInt32(0), UInt32(64))
            while index < Self.mostOutputs {
                let points = (index..<index + count).map { OutPoint(txid: txid, index: $0) }
                index += count
                count = min(2 * count, 4096)
                let coins = try await validator.coins(points)
                guard let coin = coins.compactMap(\.self).first else { continue }
                if let info = await validator.blockInfo(height: coin.height) { return info }
            }
        }
        guard let first = txids.first,
            let found = try await context.indexedTransaction(first),
            let info = await validator.blockInfo(found.block)
        else { throw RPCError.invalidAddressOrKey("Transaction not yet in block") }
        return info
    }
}
