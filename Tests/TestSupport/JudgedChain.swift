public import Consensus
import Cryptography
public import Genesis
public import Primitives
import Scripting

/// A chain in memory that judges blocks by every rule, and makes valid ones to begin with.
public struct JudgedChain: Sendable {
    public let network: Network
    public private(set) var index: BlockIndex
    /// The coins that may be spent after the active tip.
    public private(set) var coins: [OutPoint: Coin] = [:]
    /// The clock by which headers are judged.
    public var now: Int64

    public init(network: Network = .regtest) {
        self.network = network
        index = BlockIndex(network: network)
        now = Int64(network.genesis.header.time) + 10_000_000
        index.received(index.genesis, transactionCount: 1, file: 0, dataPosition: 8, in: network)
        index.raiseValidity(index.genesis, to: .scripts)
        index.setActive(index.genesis)
    }

    public var tip: BlockID { index.tip ?? index.genesis }
    public var height: Int { index.height(of: tip) }

    // MARK: Making blocks

    /// What a coinbase may have otherwise than usual.
    public struct Plan: Sendable {
        public var transactions: [Transaction] = []
        public var version: Int32 = 0x2000_0000
        /// Seconds since 1970; nil: one after the median time past.
        public var time: UInt32?
        public var bits: UInt32?
        /// What the coinbase's script begins with; nil: the height, as BIP34 has it.
        public var coinbaseScript: Script?
        public var coinbaseOutput: Script = [Opcode.op1.rawValue]
        /// What the coinbase takes; nil: the subsidy and `fees`.
        public var reward: Amount?
        public var fees = Amount.zero
        public var extraOutputs: [TransactionOutput] = []
        /// Whether there is an output that commits to the witnesses; nil: where one is needed.
        public var commitsToWitness: Bool?
        public var witnessNonce = Witness([[UInt8](repeating: 0, count: 32)])

        public init() {}
    }

    /// A mined block onto the tip, or onto another.
    public func makeBlock(onto parent: BlockID? = nil, _ plan: Plan = Plan()) -> Block {
        let parent = parent ?? tip
        let time = plan.time ?? UInt32(index.medianTimePast(of: parent) + 1)
        let transactions = [makeCoinbase(onto: parent, plan)] + plan.transactions
        let header = BlockHeader(
            version: plan.version, previous: index.hash(of: parent),
            merkleRoot: MerkleTree.root(transactions.map(\.txid)), time: time,
            bits: plan.bits ?? index.nextBits(onto: parent, time: time, in: network), nonce: 0)
        return Block(header: Self.solve(header), transactions: transactions)
    }

    private func makeCoinbase(onto parent: BlockID, _ plan: Plan) -> Transaction {
        let height = index.height(of: parent) + 1
        var outputs = [
            TransactionOutput(
                value: plan.reward ?? network.consensus.subsidy(at: height) + plan.fees,
                script: plan.coinbaseOutput)
        ]
        outputs += plan.extraOutputs
        let commits = plan.commitsToWitness ?? plan.transactions.contains { $0.hasWitness }
        if commits {
            let root = MerkleTree.root([.zero] + plan.transactions.map(\.wtxid))
            let nonce = plan.witnessNonce.first.flatMap { Hash256(bytes: $0) } ?? .zero
            outputs.append(
                TransactionOutput(
                    value: .zero,
                    script: Block.witnessCommitmentScript(
                        Block.witnessCommitment(root: root, nonce: nonce))))
        }
        let script =
            plan.coinbaseScript
            ?? ScriptBuilder().adding(number: Int64(height)).adding(.op0).script
        return Transaction(
            inputs: [
                TransactionInput(
                    outPoint: .null, script: script,
                    witness: commits ? plan.witnessNonce : .empty)
            ],
            outputs: outputs)
    }

    /// Tries nonces until the header meets the target of its own bits.
    public static func solve(_ header: BlockHeader) -> BlockHeader {
        var header = header
        let target = UInt256.decodeCompact(header.bits).value
        while UInt256(header.hash) > target { header.nonce &+= 1 }
        return header
    }

    /// Tries nonces until the header misses the target of its own bits.
    public static func spoil(_ header: BlockHeader) -> BlockHeader {
        var header = header
        let target = UInt256.decodeCompact(header.bits).value
        while UInt256(header.hash) <= target { header.nonce &+= 1 }
        return header
    }

    // MARK: Judging blocks

    /// Judges a block onto its parent by all rules but those of coins, and keeps its header.
    public mutating func accept(_ block: Block) throws(BlockError) -> BlockID {
        try block.check(in: network)
        let id: BlockID
        do throws(HeaderError) {
            id = try index.accept(block.header, in: network, at: now).id
        } catch {
            throw .header(error)
        }
        try block.accept(
            onto: index.parent(of: id) ?? index.genesis, of: index, in: network)
        return id
    }

    /// Judges a block onto the tip by all rules, scripts included, and makes it the tip.
    @discardableResult
    public mutating func connect(_ block: Block) throws(BlockError) -> BlockConnection {
        let id = try accept(block)
        let connection = try judge(block, onto: tip)
        let height = index.height(of: id)
        for (number, transaction) in block.transactions.enumerated() {
            if number > 0 {
                for input in transaction.inputs { coins[input.outPoint] = nil }
            }
            for (place, output) in transaction.outputs.enumerated()
            where !output.script.isUnspendable {
                let point = OutPoint(txid: transaction.txid, index: UInt32(place))
                coins[point] = Coin(output: output, height: height, isCoinbase: number == 0)
            }
        }
        index.received(
            id, transactionCount: block.transactions.count, file: 0, dataPosition: 0, in: network)
        index.raiseValidity(id, to: .scripts)
        index.setActive(id)
        index.pruneCandidates()
        return connection
    }

    /// Judges a block's coins and scripts, and changes nothing.
    public func judge(
        _ block: Block, onto parent: BlockID
    ) throws(BlockError) -> BlockConnection {
        var overwrites = false
        if index.enforcesBIP30(block.hash, onto: parent, in: network) {
            overwrites = block.transactions.contains { transaction in
                transaction.outputs.indices.contains { place in
                    coins[OutPoint(txid: transaction.txid, index: UInt32(place))] != nil
                }
            }
        }
        let connection = try block.connect(
            onto: parent, of: index, in: network,
            spending: block.spentOutPoints.map { coins[$0] }, overwritesCoin: overwrites)
        for check in connection.checks {
            do throws(ScriptFailure) {
                try check.run()
            } catch {
                throw .script(error)
            }
        }
        return connection
    }

    /// Mines so many empty blocks onto the tip.
    public mutating func mine(_ count: Int) throws(BlockError) {
        for _ in 0..<count { try connect(makeBlock()) }
    }

    /// The coin that the coinbase at a height of the active chain made, if it is unspent.
    public func coinbasePoint(at height: Int) -> OutPoint? {
        coins.first { $0.value.isCoinbase && $0.value.height == height }?.key
    }

    /// Changes the index by hand, as a test of it wants.
    public mutating func withIndex<T>(_ change: (inout BlockIndex) -> T) -> T {
        change(&index)
    }
}
