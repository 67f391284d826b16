import Consensus
public import Cryptography
public import Genesis
public import Primitives
import Scripting

/// Makes blocks that are valid on a network whose proof of work costs next to nothing.
public struct ChainBuilder: Sendable {
    /// A block's place: what the next one must know of it.
    public struct Position: Hashable, Sendable {
        public var hash: BlockHash
        public var height: Int
        public var time: UInt32

        public init(hash: BlockHash, height: Int, time: UInt32) {
            self.hash = hash
            self.height = height
            self.time = time
        }
    }

    public let network: Network
    /// Where coinbases pay to unless told otherwise: anyone can spend it. The filler keeps a
    /// transaction above the size under which none is relayed.
    public static let anyone = Script([20] + [UInt8](repeating: 7, count: 20) + [0x75, 0x51])

    public init(_ network: Network = .regtest) { self.network = network }

    public var genesis: Position {
        let block = network.genesis
        return Position(hash: block.hash, height: 0, time: block.header.time)
    }

    /// What a block is to be, where it is not as usual.
    public struct Plan {
        public var transactions: [Transaction] = []
        /// The fees that the coinbase takes beside the subsidy.
        public var fees: Amount = .zero
        /// Tells blocks of the same height apart.
        public var tag: UInt64 = 0
        public var script = ChainBuilder.anyone
        /// Seconds after the block before.
        public var spacing: UInt32 = 60
        /// Applied to the finished header before its proof of work is done.
        public var amendHeader: (inout BlockHeader) -> Void = { _ in }
        /// Applied to the outputs of the coinbase.
        public var amendOutputs: (inout [TransactionOutput]) -> Void = { _ in }

        public init(transactions: [Transaction] = [], fees: Amount = .zero, tag: UInt64 = 0) {
            self.transactions = transactions
            self.fees = fees
            self.tag = tag
        }
    }

    /// A block on top of another.
    public func block(onto parent: Position, _ plan: Plan = Plan()) -> Block {
        let height = parent.height + 1
        let hasWitness = plan.transactions.contains { $0.hasWitness }
        var coinbase = coinbase(height, plan, commitment: nil)
        if hasWitness {
            let root = MerkleTree.root([.zero] + plan.transactions.map(\.wtxid))
            let commitment = Block.witnessCommitment(root: root, nonce: .zero)
            coinbase = self.coinbase(height, plan, commitment: commitment)
        }
        let transactions = [coinbase] + plan.transactions
        var header = BlockHeader(
            version: 0x2000_0000, previous: parent.hash,
            merkleRoot: MerkleTree.root(transactions.map(\.txid)),
            time: parent.time + plan.spacing, bits: network.genesis.header.bits, nonce: 0)
        plan.amendHeader(&header)
        header.solve(on: network)
        return Block(header: header, transactions: transactions)
    }

    /// Where a block made by `block(onto:_:)` stands.
    public func position(_ block: Block, above parent: Position) -> Position {
        Position(hash: block.hash, height: parent.height + 1, time: block.header.time)
    }

    /// A run of blocks without transactions of their own.
    public func blocks(_ count: Int, onto parent: Position, tag: UInt64 = 0) -> [Block] {
        var blocks: [Block] = []
        var position = parent
        for _ in 0..<count {
            let block = block(onto: position, Plan(tag: tag))
            position = self.position(block, above: position)
            blocks.append(block)
        }
        return blocks
    }

    /// A transaction that spends coins anyone may spend, in equal parts less a fee.
    public func spend(
        _ points: [OutPoint], worth value: Amount, fee: Amount = Amount(satoshis: 10_000),
        into count: Int = 1, script: Script = ChainBuilder.anyone
    ) -> Transaction {
        let part = (value.satoshis - fee.satoshis) / Int64(count)
        return Transaction(
            version: 2,
            inputs: points.map { TransactionInput(outPoint: $0) },
            outputs: (0..<count).map { _ in
                TransactionOutput(value: Amount(satoshis: part), script: script)
            },
            lockTime: 0)
    }

    private func coinbase(_ height: Int, _ plan: Plan, commitment: Hash256?) -> Transaction {
        let tag = (0..<8).map { UInt8(truncatingIfNeeded: plan.tag >> (8 * UInt64($0))) }
        var script = ScriptBuilder()
        script.append(number: Int64(height))
        script.append(push: tag)
        let reward = network.consensus.subsidy(at: height) + plan.fees
        var outputs = [TransactionOutput(value: reward, script: plan.script)]
        var witness = Witness.empty
        if let commitment {
            outputs.append(
                TransactionOutput(value: .zero, script: Block.witnessCommitmentScript(commitment)))
            witness = Witness([[UInt8](repeating: 0, count: 32)])
        }
        plan.amendOutputs(&outputs)
        return Transaction(
            version: 2,
            inputs: [
                TransactionInput(
                    outPoint: .null, script: script.script, sequence: .max, witness: witness)
            ],
            outputs: outputs, lockTime: 0)
    }
}
