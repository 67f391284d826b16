import Chain
import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting

struct SubmitBlock: RPCMethod {
    let name = "submitblock"
    let summary = """
        Attempts to submit new block to network.
        See https://en.bitcoin.it/wiki/BIP_0022 for full specification.
        """
    let parameters = [
        Parameter("hexdata", .hex, "the hex-encoded block data to submit"),
        Parameter(
            "dummy", .string, hint: "ignored",
            "dummy value, for compatibility with BIP22. This value is ignored."),
    ]
    let results = [
        ResultText(.null, when: "If the block was accepted"),
        ResultText(.string, "", "According to BIP22", when: "Otherwise"),
    ]
    let examples = [Example(["\"mydata\""])]

    func call(_ request: RPCRequest, _ context: RPCContext) async throws -> JSON {
        guard let bytes = Hex.decode(try request.string("hexdata")),
            let block = try? Block(decoding: bytes, allowTrailing: true)
        else { throw RPCError.deserialization("Block decode failed") }
        let complete = await Self.addingWitnessNonce(to: block, context)
        return .optional(try await context.validator.submit(block: complete).bip22)
    }

    /// A miner may leave out the nonce of the witness commitment: it is then zero (Core's
    /// UpdateUncommittedBlockStructures).
    static func addingWitnessNonce(to block: Block, _ context: RPCContext) async -> Block {
        guard block.witnessCommitmentIndex != nil, let coinbase = block.transactions.first,
            !coinbase.hasWitness, coinbase.isCoinbase,
            let parent = await context.validator.blockInfo(block.header.previous),
            context.definition.consensus.isActive(.segwit, at: parent.height + 1)
        else { return block }
        let inputs = coinbase.inputs.map { input in
            TransactionInput(
                outPoint: input.outPoint, script: input.script, sequence: input.sequence,
                witness: Witness([[UInt8](repeating: 0, count: 32)]))
        }
        let completed = Transaction(
            version: coinbase.version, inputs: inputs, outputs: Array(coinbase.outputs),
            lockTime: coinbase.lockTime)
        return Block(
            header: block.header, transactions: [completed] + block.transactions.dropFirst())
    }
}
