public import Keys
public import Primitives

/// A transaction as a wallet sees it.
public struct TransactionView: Sendable {
    public let transaction: Transaction
    /// Confirmations; 0 without, negative when in conflict with a block.
    public let depth: Int
    public let confirmation: ConfirmationPlace?
    public let isTrusted: Bool
    public let isInMempool: Bool
    public let isAbandoned: Bool
    public let isImmature: Bool
    /// What it takes from, and gives to, the wallet.
    public let debit: Amount
    public let credit: Amount
    public let time: Int64
    public let timeReceived: Int64
    public let comment: String?
    public let commentTo: String?
    public let replaces: Txid?
    public let replacedBy: Txid?
    public let conflicts: [Txid]
    public let mempoolConflicts: [Txid]
    public let outputs: [OutputView]

    /// Whether coins of the wallet are spent.
    public var isFromMe: Bool { debit > .zero }
    /// The sum of the outputs.
    public var outputValue: Amount { outputs.reduce(.zero) { $0 + $1.amount } }
}

/// An output of a transaction as a wallet sees it.
public struct OutputView: Sendable {
    public let index: Int
    public let script: Script
    public let address: Address?
    public let amount: Amount
    public let isMine: Bool
    public let isChange: Bool
    /// The label of the address; nil when it has none, not even an empty one.
    public let label: String?
    /// The descriptors it comes from, with checksum.
    public let parentDescriptors: [String]
}

/// An unspent coin as a wallet sees it.
public struct CoinView: Sendable {
    public let point: OutPoint
    public let output: TransactionOutput
    public let depth: Int
    public let isSpendable: Bool
    public let isSolvable: Bool
    public let isSafe: Bool
    public let label: String?
    public let address: Address?
    /// The descriptor inferred for its script.
    public let descriptor: String?
    public let parentDescriptors: [String]
    public let provider: SigningProvider
    /// Unconfirmed coins: transactions of ours they build on.
    public let ancestors: Int
}

extension Wallet {
    /// What the wallet holds.
    public func balance(minimumDepth: Int = 0) async throws -> WalletBalance {
        try await catchUp()
        return ledger.balance(minimumDepth: minimumDepth)
    }

    /// What the wallet holds, coins in transactions that the mempool refuses told apart.
    public func fullBalance() async throws -> WalletBalance {
        try await catchUp()
        return ledger.balance(countsNonMempool: true)
    }

    /// The last block that was taken in.
    public var lastBlock: ChainPoint? { ledger.tip }

    /// How many transactions the wallet knows.
    public var transactionCount: Int { ledger.transactions.count }

    /// One transaction.
    public func transaction(_ txid: Txid) async throws -> TransactionView? {
        try await catchUp()
        return ledger.transactions[txid].map(view)
    }

    /// All transactions, in the order the wallet met them.
    public func transactions() async throws -> [TransactionView] {
        try await catchUp()
        return ledger.transactions.values.sorted { $0.order < $1.order }.map(view)
    }

    /// A page of the transactions, newest first, so that a long history need not be shown in full.
    public func newestTransactions(skipping: Int, limit: Int) async throws -> [TransactionView] {
        try await catchUp()
        return ledger.transactions.values.sorted { $0.order > $1.order }
            .dropFirst(skipping).prefix(limit).map(view)
    }

    private func view(_ transaction: WalletTransaction) -> TransactionView {
        var known: Set<Txid> = []
        return TransactionView(
            transaction: transaction.transaction, depth: ledger.depth(of: transaction),
            confirmation: transaction.confirmation,
            isTrusted: ledger.isTrusted(transaction, known: &known),
            isInMempool: ledger.pooled.contains(transaction.txid),
            isAbandoned: transaction.isAbandoned,
            isImmature: ledger.isImmature(transaction),
            debit: ledger.debit(of: transaction.transaction),
            credit: ledger.credit(of: transaction.transaction), time: transaction.time,
            timeReceived: transaction.timeReceived, comment: transaction.comment,
            commentTo: transaction.commentTo, replaces: transaction.replaces,
            replacedBy: transaction.replacedBy, conflicts: ledger.conflicts(of: transaction),
            mempoolConflicts: (ledger.poolConflicts[transaction.txid] ?? []).sorted(),
            outputs: transaction.transaction.outputs.enumerated().map { view($1, at: $0) })
    }

    private func view(_ output: TransactionOutput, at index: Int) -> OutputView {
        let address = Address(output.script)
        return OutputView(
            index: index, script: output.script, address: address, amount: output.value,
            isMine: ledger.isMine(output.script), isChange: ledger.isChange(output),
            label: address.flatMap { ledger.labels[$0]?.label },
            parentDescriptors: parentDescriptors(of: output.script))
    }

    private func parentDescriptors(of script: Script) -> [String] {
        guard let (keychain, _) = ledger.origin(of: script) else { return [] }
        return keychain.descriptor.normalizedText(on: network).map { [$0] } ?? []
    }

    /// The coins that could be spent.
    public func unspent(
        depths: ClosedRange<Int> = 1...9_999_999, includingUnsafe: Bool = true,
        includingImmature: Bool = false
    ) async throws -> [CoinView] {
        try await catchUp()
        return ledger.spendableCoins(
            includingUnsafe: includingUnsafe, includingImmature: includingImmature,
            depths: depths
        ).map { coin in
            let address = Address(coin.output.script)
            let origin = ledger.origin(of: coin.output.script)
            let provider =
                origin.flatMap { $0.keychain.descriptor.expand(at: $0.index)?.provider }
                ?? SigningProvider()
            let inferred = Descriptor.infer(coin.output.script, provider: provider)
            return CoinView(
                point: coin.point, output: coin.output, depth: coin.depth,
                isSpendable: !header.hasPrivateKeysDisabled || inferred.isSolvable,
                isSolvable: inferred.isSolvable, isSafe: coin.isSafe,
                label: address.flatMap { ledger.labels[$0]?.label }, address: address,
                descriptor: inferred.isSolvable ? inferred.text(on: network) : nil,
                parentDescriptors: parentDescriptors(of: coin.output.script),
                provider: provider, ancestors: coin.ancestors)
        }
    }

    /// What each address received, by transactions of at least so many confirmations: Core's tally.
    public func received(
        minimumDepth: Int, includingImmature: Bool
    ) async throws -> [Address: (amount: Amount, depth: Int, txids: [Txid])] {
        try await catchUp()
        var tally: [Address: (amount: Amount, depth: Int, txids: [Txid])] = [:]
        for transaction in ledger.transactions.values.sorted(by: { $0.txid < $1.txid }) {
            let depth = ledger.depth(of: transaction)
            guard depth >= minimumDepth, !transaction.transaction.isCoinbase || depth >= 1,
                includingImmature || !ledger.isImmature(transaction)
            else { continue }
            for output in transaction.transaction.outputs where ledger.isMine(output.script) {
                guard let address = Address(output.script) else { continue }
                var entry = tally[address] ?? (.zero, .max, [])
                entry.amount += output.value
                entry.depth = min(entry.depth, depth)
                entry.txids.append(transaction.txid)
                tally[address] = entry
            }
        }
        return tally
    }

    /// Every address with a label, and its label.
    public func labelledAddresses() -> [Address: String] {
        ledger.labels.mapValues(\.label)
    }
}

// MARK: Locks

extension Wallet {
    /// Keeps a coin from being spent; remembered over restarts if asked.
    public func lock(_ points: [OutPoint], isKept: Bool) throws {
        try change { ledger in
            for point in points {
                ledger.locked[point] = isKept
                if isKept { ledger.changes.locks.insert(point) }
            }
        }
    }

    /// Lets coins be spent again; all of them if none is named.
    public func unlock(_ points: [OutPoint]?) throws {
        try change { ledger in
            for point in points ?? Array(ledger.locked.keys) {
                if ledger.locked.removeValue(forKey: point) == true {
                    ledger.changes.locks.insert(point)
                }
            }
        }
    }

    /// The coins kept from being spent.
    public var lockedCoins: [OutPoint] {
        ledger.locked.keys.sorted { ($0.txid, $0.index) < ($1.txid, $1.index) }
    }

    /// Whether a coin is kept from being spent.
    public func isLocked(_ point: OutPoint) -> Bool { ledger.locked[point] != nil }

    /// An output of one of the wallet's transactions, and whether it is spent; nil for another's.
    public func knownOutput(_ point: OutPoint) -> (exists: Bool, isSpent: Bool)? {
        guard let transaction = ledger.transactions[point.txid]?.transaction else { return nil }
        return (point.index < transaction.outputs.count, ledger.isSpent(point))
    }
}
