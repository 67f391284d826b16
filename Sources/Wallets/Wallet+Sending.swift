internal import Chain
public import Keys
internal import MemoryPool
public import Primitives
public import Scripting

extension Wallet {
    /// Whether the wallet was made to hold no private keys.
    public var hasPrivateKeysDisabled: Bool { header.hasPrivateKeysDisabled }

    /// Pays, records the transaction and sends it out. The wallet keeps one that the mempool refuses
    /// for now, as Core does.
    @discardableResult
    public func send(_ payments: [Payment], options: SendOptions = .init()) async throws -> Draft {
        guard !header.hasPrivateKeysDisabled else {
            throw WalletError.wallet("Error: Private keys are disabled for this wallet")
        }
        try await catchUp()
        let conditions = await conditions()
        let now = clock.now()
        let draft = try change { ledger in
            var random = SystemRandomNumberGenerator()
            let draft = try ledger.draft(
                payments, options: options, under: conditions, using: &random)
            ledger.record(draft.transaction, options: options, now: now)
            return draft
        }
        if settings.broadcasts {
            await hand(in: draft.transaction)
            try await catchUp()
        }
        return draft
    }

    /// Makes a transaction, signed as far as the wallet can, without keeping it.
    public func draft(
        _ payments: [Payment], options: SendOptions = .init()
    ) async throws -> Draft {
        try await catchUp()
        let conditions = await conditions()
        return try change { ledger in
            var random = SystemRandomNumberGenerator()
            return try ledger.draft(
                payments, options: options, under: conditions, using: &random)
        }
    }

    private func conditions() async -> DraftConditions {
        let now = clock.now()
        let rates = await validator.mempool { pool in
            (
                relay: pool.policy.minRelayFeeRate, mempool: pool.minimumFeeRate(now: now),
                dust: pool.policy.dustRelayFeeRate
            )
        }
        let isBehind = await validator.isInitialBlockDownload
        let tip = validator.tip
        // Core's limit: a tip older than eight hours tells that we are behind.
        let isRecent = Int64(tip.time) >= now - 8 * 60 * 60
        return DraftConditions(
            settings: settings, relayFeeRate: rates.relay, mempoolFeeRate: rates.mempool,
            dustFeeRate: rates.dust, isCurrent: !isBehind && isRecent)
    }

    /// Signs a transaction with the wallet's keys.
    ///
    /// - Parameter outputs: what its inputs spend, in order; nil where the caller does not know, and
    ///   then the wallet's own coins are looked at.
    public func sign(
        _ transaction: Transaction, spending outputs: [TransactionOutput?],
        hashType: SignatureHashType = .default
    ) async throws -> TransactionSigner.Outcome {
        try await catchUp()
        let known = zip(transaction.inputs, outputs).map { input, output in
            output ?? ledger.coins[input.outPoint]
        }
        return ledger.sign(transaction, spending: known, hashType: hashType)
    }

    /// Gives up a transaction that is neither confirmed nor in the mempool: its coins may be spent
    /// again. What builds on it is given up too.
    public func abandon(_ txid: Txid) async throws {
        try await catchUp()
        try change { ledger in
            guard let transaction = ledger.transactions[txid] else {
                throw WalletError.invalidAddressOrKey("Invalid or non-wallet transaction id")
            }
            guard ledger.depth(of: transaction) == 0, !ledger.pooled.contains(txid) else {
                throw WalletError.invalidAddressOrKey(
                    "Transaction not eligible for abandonment")
            }
            ledger.abandon(transaction)
        }
    }
}

extension WalletLedger {
    /// Writes down a transaction of our own making.
    mutating func record(_ transaction: Transaction, options: SendOptions, now: Int64) {
        note(transaction, state: .unconfirmed(isAbandoned: false), now: now)
        transactions[transaction.txid]?.comment = options.comment
        transactions[transaction.txid]?.commentTo = options.commentTo
    }

    mutating func abandon(_ transaction: WalletTransaction) {
        var open = [transaction]
        while let next = open.popLast() {
            guard next.state == .unconfirmed(isAbandoned: false), !pooled.contains(next.txid) else {
                continue
            }
            transactions[next.txid]?.state = .unconfirmed(isAbandoned: true)
            changes.transactions.insert(next.txid)
            open += children(of: next).compactMap { transactions[$0] }
        }
    }
}
