public import Genesis
public import Primitives
public import Scripting

/// What connecting a block comes to, once its scripts have been run.
public struct BlockConnection: Sendable {
    public var fees: Amount
    public var sigOpCost: Int
    /// The coins spent, in the order of `spentOutPoints`: what undoes the block.
    public var spent: [Coin]
    public var flags: ScriptFlags
    /// All of these must pass, in any order; one that does not makes the block invalid with
    /// `BlockError.script`. Empty where scripts are taken on trust.
    public var checks: [ScriptCheck]
}

extension Block {
    /// Checks what follows from the coins it spends (Bitcoin Core's `ConnectBlock`).
    ///
    /// The block has passed `check` and `accept`, and is not the genesis block.
    ///
    /// - Parameters:
    ///   - points: `spentOutPoints`.
    ///   - coins: the coin of each as it is before the block; absent where there is none, because it
    ///     is missing or because the block itself makes it.
    ///   - overwritesCoin: whether any output of the block is an unspent coin already; need be
    ///     found out only where `BlockIndex.enforcesBIP30` says so.
    ///   - checkingScripts: false where `BlockIndex.needsScriptChecks` says so.
    public func connect(
        onto parent: BlockID, of index: BlockIndex, in network: Network,
        spending points: [OutPoint], _ coins: consuming [Coin], overwritesCoin: Bool = false,
        checkingScripts: Bool = true
    ) throws(BlockError) -> BlockConnection {
        let height = index.height(of: parent) + 1
        let enforcesLocks = network.consensus.isActive(.csv, at: height)
        let medianTimePast = index.medianTimePast(of: parent)
        return try connect(
            at: height, in: network, spending: points, coins, overwritesCoin: overwritesCoin,
            checkingScripts: checkingScripts
        ) { transaction, coins in
            guard enforcesLocks else { return true }
            return transaction.sequenceLock(
                coinHeights: coins.lazy.map { $0.height }, onto: parent, of: index
            ).isOpen(height: height, medianTimePast: medianTimePast)
        }
    }

    /// The same where the relative lock times are told by the caller.
    ///
    /// - Parameter areLocksOpen: whether they let a transaction spend its coins in this block.
    package func connect(
        at height: Int, in network: Network, spending points: [OutPoint],
        _ coins: consuming [Coin], overwritesCoin: Bool = false, checkingScripts: Bool = true,
        areLocksOpen: (Transaction, ArraySlice<Coin>) -> Bool
    ) throws(BlockError) -> BlockConnection {
        precondition(coins.count == points.count, "one coin for each input")
        guard !overwritesCoin else { throw .overwrites }
        var connector = BlockConnector(
            block: self, height: height, network: network,
            flags: network.scriptFlags(for: hash, at: height), spending: points, coins,
            checkingScripts: checkingScripts)
        var position = 0
        for (number, transaction) in transactions.enumerated() {
            if number == 0 {
                try connector.addCoinbase(transaction)
                continue
            }
            let end = position + transaction.inputs.count
            try connector.add(transaction, number: number, spending: position..<end) {
                areLocksOpen(transaction, $0)
            }
            position = end
        }
        try connector.checkCoinbaseAmount()
        return connector.connection
    }
}

/// A block half connected.
private struct BlockConnector {
    let block: Block
    let height: Int
    let network: Network
    let checkingScripts: Bool
    private let points: [OutPoint]
    /// Its coins come to be those spent, the absent ones as the block makes them.
    var connection: BlockConnection

    /// Where the block's transactions stand, those not reached yet included. Most blocks spend
    /// little or nothing of their own.
    private lazy var numbers: [Txid: Int] = {
        let transactions = block.transactions
        var numbers = [Txid: Int](minimumCapacity: transactions.count)
        for number in transactions.indices {
            numbers.updateValue(number, forKey: transactions.txid(at: number))
        }
        return numbers
    }()
    private var spentPoints: OutPointSet

    init(
        block: Block, height: Int, network: Network, flags: ScriptFlags,
        spending points: [OutPoint], _ coins: consuming [Coin], checkingScripts: Bool
    ) {
        self.block = block
        self.height = height
        self.network = network
        self.checkingScripts = checkingScripts
        self.points = points
        spentPoints = OutPointSet(capacity: points.count)
        connection = BlockConnection(
            fees: .zero, sigOpCost: 0, spent: coins, flags: flags, checks: [])
        if checkingScripts { connection.checks.reserveCapacity(block.inputCount) }
    }

    mutating func addCoinbase(_ transaction: Transaction) throws(BlockError) {
        try count(transaction.sigOpCost(spending: [], flags: connection.flags))
    }

    mutating func add(
        _ transaction: Transaction, number: Int, spending range: Range<Int>,
        areLocksOpen: (ArraySlice<Coin>) -> Bool
    ) throws(BlockError) {
        do throws(TransactionError) {
            try resolve(range, number: number)
            // Each fee is money, and so is the sum so far: adding cannot overflow.
            connection.fees += try transaction.fee(
                spending: connection.spent[range], at: height,
                maturity: network.consensus.coinbaseMaturity)
        } catch {
            throw .connection(error, transaction.txid)
        }
        guard connection.fees.isMoney else { throw .feesNotMoney }
        guard areLocksOpen(connection.spent[range]) else {
            throw .sequenceLock(transaction.txid)
        }
        let sigOpCost = transaction.sigOpCost(
            spending: connection.spent[range], flags: connection.flags)
        try count(sigOpCost)
        if checkingScripts { addChecks(of: transaction, spending: range) }
    }

    private mutating func addChecks(of transaction: Transaction, spending range: Range<Int>) {
        let precomputed = PrecomputedTransactionData(
            transaction: transaction, spentOutputs: connection.spent[range].map { $0.output })
        for input in transaction.inputs.indices {
            connection.checks.append(
                ScriptCheck(of: input, in: precomputed, flags: connection.flags))
        }
    }

    /// Makes sure that what a transaction spends is there, gathered or made earlier in the block, and
    /// is spent once.
    private mutating func resolve(_ range: Range<Int>, number: Int) throws(TransactionError) {
        for position in range {
            guard spentPoints.insert(position, of: points) else {
                throw .missingCoin(points[position])
            }
            guard connection.spent[position].isAbsent else { continue }
            guard let coin = made(points[position], before: number) else {
                throw .missingCoin(points[position])
            }
            connection.spent[position] = coin
        }
    }

    private mutating func made(_ point: OutPoint, before number: Int) -> Coin? {
        guard let maker = numbers[point.txid], maker < number else { return nil }
        let outputs = block.transactions[maker].outputs
        guard Int(point.index) < outputs.count else { return nil }
        let output = outputs[Int(point.index)]
        guard !output.script.isUnspendable else { return nil }
        return Coin(output: output, height: height, isCoinbase: maker == 0)
    }

    private mutating func count(_ sigOpCost: Int) throws(BlockError) {
        connection.sigOpCost += sigOpCost
        guard connection.sigOpCost <= ConsensusLimits.maximumSigOpCost else { throw .sigOps }
    }

    func checkCoinbaseAmount() throws(BlockError) {
        let limit = Amount(
            satoshis: connection.fees.satoshis
                + network.consensus.subsidy(at: height).satoshis)
        let actual = block.transactions.first?.outputValue ?? .zero
        guard actual <= limit else { throw .coinbaseAmount(actual: actual, limit: limit) }
    }
}

extension Block {
    /// The same with nil for a coin that there is not.
    public func connect(
        onto parent: BlockID, of index: BlockIndex, in network: Network, spending coins: [Coin?],
        overwritesCoin: Bool = false
    ) throws(BlockError) -> BlockConnection {
        try connect(
            onto: parent, of: index, in: network, spending: spentOutPoints,
            coins.map { $0 ?? .absent }, overwritesCoin: overwritesCoin)
    }

    /// The same with nil for a coin that there is not.
    package func connect(
        at height: Int, in network: Network, spending coins: [Coin?],
        checkingScripts: Bool = true, areLocksOpen: (Transaction, ArraySlice<Coin>) -> Bool
    ) throws(BlockError) -> BlockConnection {
        try connect(
            at: height, in: network, spending: spentOutPoints, coins.map { $0 ?? .absent },
            checkingScripts: checkingScripts, areLocksOpen: areLocksOpen)
    }
}
