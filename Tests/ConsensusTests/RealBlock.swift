import Consensus
import Cryptography
import Genesis
import Notation
import Primitives
import Scripting
import TestSupport

/// A published block with as much of its surroundings as is published: the times of the blocks
/// before it, and the coins it spends.
struct RealBlock {
    let file: String
    let network: Network
    let height: Int
    let block: Block
    let row: JSON
    /// Whether the times and bits before it are the true ones.
    let hasContext: Bool
    let index: BlockIndex
    let parent: BlockID
    /// The coin of each input, in order; nil where they are not published.
    let coins: [Coin]?
    /// The median time past of the block before the one that made a coin, by that coin's height.
    private let medians: [Int: Int64]

    /// What is left out of a judgement, because a change to a block cannot make it good again.
    struct Leaving: OptionSet {
        var rawValue: Int
        static let proofOfWork = Leaving(rawValue: 1)
        /// Signatures commit to nearly all of a transaction.
        static let scripts = Leaving(rawValue: 2)
    }

    /// The greatest blocks take long in a debug build, and are left out there.
    static var sizeLimit: Int {
        #if DEBUG
            300_000
        #else
            .max
        #endif
    }

    static func all() throws -> [RealBlock] {
        try Vectors.rows("blocks/index.json")
            .filter { Int(try $0.member("size").integer()) <= sizeLimit }
            .map(RealBlock.init)
    }

    init(_ row: JSON) throws {
        self.row = row
        file = try row.member("file").text()
        guard let network = Network.named(try row.member("network").text()) else {
            throw MalformedVector(row)
        }
        self.network = network
        height = Int(try row.member("height").integer())
        block = try Block(decoding: Vectors.load("blocks/" + file))

        let given = try row["context"]?.member("prev_times_oldest_first").elements().map {
            UInt32(try $0.integer())
        }
        // Elsewhere a parent of the second before stands in.
        let times = given ?? [block.header.time - 1]
        hasContext = given != nil && height % network.consensus.adjustmentInterval != 0
        let root = BlockHeader(
            version: 4, previous: .zero, merkleRoot: .zero, time: times[0],
            bits: block.header.bits, nonce: 0)
        var index = BlockIndex(window: [root], from: height - times.count, chainWork: .zero)
        var parent = index.genesis
        for time in times.dropFirst() {
            parent = index.insertForTests(time: time, bits: block.header.bits, parent: parent)
        }
        self.index = index
        self.parent = parent

        var coins: [Coin]?
        var medians: [Int: Int64] = [:]
        if let spent = row["spent_file"]?.stringValue {
            coins = try Vectors.json("blocks/" + spent).member("spent").elements().flatMap {
                try $0.element(1).elements().map { coin in
                    let height = Int(coin[2]?.int ?? 1)
                    medians[height] = coin[4]?.int
                    return Coin(
                        output: TransactionOutput(
                            value: Amount(satoshis: try coin.element(0).integer()),
                            script: Script(try coin.element(1).bytes())),
                        height: height, isCoinbase: coin[3]?.bool ?? false)
                }
            }
        }
        self.coins = coins
        self.medians = medians
    }

    var medianTimePast: Int64 { index.medianTimePast(of: parent) }

    /// Whether a rule is in force in it.
    func isUnder(_ rule: BuriedDeployment) -> Bool {
        network.consensus.isActive(rule, at: height)
    }

    /// The published coins by what names them; those that the block made itself left out.
    var coinTable: [OutPoint: Coin] {
        let made = Set(block.transactions.map(\.txid))
        var table: [OutPoint: Coin] = [:]
        for (point, coin) in zip(block.spentOutPoints, coins ?? [])
        where !made.contains(point.txid) {
            table[point] = coin
        }
        return table
    }

    // MARK: Judging

    /// What connecting it comes to, by all rules that can be judged with what is published.
    func judge(
        _ block: Block, spending table: [OutPoint: Coin]? = nil, leaving: Leaving = []
    ) throws(BlockError) -> BlockConnection? {
        try block.check(in: network, proofOfWork: !leaving.contains(.proofOfWork))
        if hasContext {
            do throws(HeaderError) {
                try index.check(
                    block.header, onto: parent, in: network, at: Int64(self.block.header.time))
            } catch {
                throw .header(error)
            }
        }
        try block.accept(onto: parent, of: index, in: network)
        guard coins != nil else { return nil }
        let table = table ?? coinTable
        let enforcesLocks = isUnder(.csv)
        let connection = try block.connect(
            at: height, in: network, spending: block.spentOutPoints.map { table[$0] },
            checkingScripts: !leaving.contains(.scripts)
        ) { transaction, coins in
            guard enforcesLocks else { return true }
            return transaction.sequenceLock(coinHeights: coins.map(\.height)) { height in
                medians[height + 1] ?? 0
            }.isOpen(height: height, medianTimePast: medianTimePast)
        }
        for check in connection.checks {
            do throws(ScriptFailure) {
                try check.run()
            } catch {
                throw .script(error)
            }
        }
        return connection
    }

    /// Core's word for the rule that a block breaks in this one's place, or nil.
    func reason(
        _ block: Block, spending table: [OutPoint: Coin]? = nil, leaving: Leaving = []
    ) -> String? {
        do {
            _ = try judge(block, spending: table, leaving: leaving)
            return nil
        } catch {
            return error.rejectReason
        }
    }

    // MARK: Changing

    /// The block with other transactions behind the old header.
    func behindOldRoot(_ transactions: [Transaction]) -> Block {
        Block(header: block.header, transactions: transactions)
    }

    /// The block with other transactions, its commitments made good: the one to the witnesses, if
    /// it had any, and the merkle root. Proof of work is not done again.
    func repaired(_ transactions: [Transaction]) -> Block {
        var transactions = transactions
        if isUnder(.segwit), block.witnessCommitmentIndex != nil, let coinbase = transactions.first,
            coinbase.isCoinbase, let place = Self.commitment(in: coinbase),
            let item = coinbase.inputs[0].witness.first, let nonce = Hash256(bytes: item)
        {
            let root = MerkleTree.root([.zero] + transactions.dropFirst().map(\.wtxid))
            transactions[0] = coinbase.with(outputs: {
                $0[place].script = Block.witnessCommitmentScript(
                    Block.witnessCommitment(root: root, nonce: nonce))
            })
        }
        return rooted(transactions)
    }

    /// The block with other transactions and their merkle root.
    func rooted(_ transactions: [Transaction]) -> Block {
        var header = block.header
        header.merkleRoot = MerkleTree.root(transactions.map(\.txid))
        return Block(header: header, transactions: transactions)
    }

    static func commitment(in coinbase: Transaction) -> Int? {
        coinbase.outputs.lastIndex {
            $0.script.count >= 38
                && $0.script.bytes.starts(with: [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed])
        }
    }
}

extension Transaction {
    /// The transaction with something changed.
    func with(
        lockTime: UInt32? = nil, version: UInt32? = nil,
        inputs change: (inout [TransactionInput]) -> Void = { _ in },
        outputs changeOutputs: (inout [TransactionOutput]) -> Void = { _ in }
    ) -> Transaction {
        var inputs = Array(inputs)
        var outputs = Array(outputs)
        change(&inputs)
        changeOutputs(&outputs)
        return Transaction(
            version: version ?? self.version, inputs: inputs, outputs: outputs,
            lockTime: lockTime ?? self.lockTime)
    }
}
