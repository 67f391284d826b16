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
    public func connect(
        onto parent: BlockID, of index: BlockIndex, in network: Network,
        spending points: [OutPoint], _ coins: consuming [Coin], overwritesCoin: Bool = false
    ) throws(BlockError) -> BlockConnection {
        let height = index.height(of: parent) + 1
        let spending = BlockSpending(of: self, at: height, points: points, coins: coins)
        return try connect(
            at: height, in: network, spending,
            firstLocked: firstLocked(spending, onto: parent, of: index, in: network),
            overwritesCoin: overwritesCoin)
    }

    /// The first transaction, if any, whose relative lock times keep it out of a block onto `parent`
    /// (BIP68), as far as its coins are there.
    public func firstLocked(
        _ spending: BlockSpending, onto parent: BlockID, of index: BlockIndex, in network: Network
    ) -> Int? {
        let height = index.height(of: parent) + 1
        guard network.consensus.isActive(.csv, at: height) else { return nil }
        let medianTimePast = index.medianTimePast(of: parent)
        return firstLocked(spending) { transaction, coins in
            transaction.sequenceLock(
                coinHeights: coins.lazy.map { $0.height }, onto: parent, of: index
            ).isOpen(height: height, medianTimePast: medianTimePast)
        }
    }

    /// The same where the lock times are told by the caller.
    package func firstLocked(
        _ spending: BlockSpending, areOpen: (Transaction, ArraySlice<Coin>) -> Bool
    ) -> Int? {
        var position = 0
        let transactions = transactions
        for number in transactions.indices.dropFirst() {
            if number == spending.missing?.transaction { return nil }
            let end = position + transactions.inputCount(at: number)
            if transactions.hasRelativeLocks(at: number),
                !areOpen(transactions[number], spending.coins[position..<end])
            {
                return number
            }
            position = end
        }
        return nil
    }

    /// The same with the coins found, which needs nothing of the chain: any thread may do it.
    ///
    /// - Parameters:
    ///   - firstLocked: the first transaction that relative lock times keep out.
    ///   - checkingScripts: false where `BlockIndex.distrust` has no reason.
    public func connect(
        at height: Int, in network: Network, _ spending: BlockSpending, firstLocked: Int?,
        overwritesCoin: Bool = false, checkingScripts: Bool = true
    ) throws(BlockError) -> BlockConnection {
        guard !overwritesCoin else { throw .overwrites }
        var connector = BlockConnector(
            block: self, height: height, network: network,
            flags: network.scriptFlags(for: hash, at: height), spending: spending,
            checkingScripts: checkingScripts)
        var position = 0
        for (number, transaction) in transactions.enumerated() {
            if number == 0 {
                try connector.addCoinbase(transaction)
                continue
            }
            if let missing = spending.missing, missing.transaction == number {
                throw .connection(.missingCoin(missing.point), transaction.txid)
            }
            let end = position + transaction.inputs.count
            try connector.add(
                transaction, spending: position..<end, isLocked: number == firstLocked)
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
    /// Its coins are all that the block spends.
    var connection: BlockConnection

    init(
        block: Block, height: Int, network: Network, flags: ScriptFlags, spending: BlockSpending,
        checkingScripts: Bool
    ) {
        self.block = block
        self.height = height
        self.network = network
        self.checkingScripts = checkingScripts
        connection = BlockConnection(
            fees: .zero, sigOpCost: 0, spent: spending.coins, flags: flags, checks: [])
        if checkingScripts { connection.checks.reserveCapacity(block.inputCount) }
    }

    mutating func addCoinbase(_ transaction: Transaction) throws(BlockError) {
        try count(transaction.sigOpCost(spending: [], flags: connection.flags))
    }

    mutating func add(
        _ transaction: Transaction, spending range: Range<Int>, isLocked: Bool
    ) throws(BlockError) {
        do throws(TransactionError) {
            // Each fee is money, and so is the sum so far: adding cannot overflow.
            connection.fees += try transaction.fee(
                spending: connection.spent[range], at: height,
                maturity: network.consensus.coinbaseMaturity)
        } catch {
            throw .connection(error, transaction.txid)
        }
        guard connection.fees.isMoney else { throw .feesNotMoney }
        guard !isLocked else { throw .sequenceLock(transaction.txid) }
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
        checkingScripts: Bool = true,
        areLocksOpen: (Transaction, ArraySlice<Coin>) -> Bool = { _, _ in true }
    ) throws(BlockError) -> BlockConnection {
        let spending = BlockSpending(
            of: self, at: height, points: spentOutPoints, coins: coins.map { $0 ?? .absent })
        return try connect(
            at: height, in: network, spending,
            firstLocked: firstLocked(spending, areOpen: areLocksOpen),
            checkingScripts: checkingScripts)
    }
}
