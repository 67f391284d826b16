/// What it means for a block that it was refused; the cases are Bitcoin Core's
/// `BlockValidationResult`.
public enum BlockResult: Sendable, Hashable {
    /// It breaks a rule of blocks or transactions.
    case consensus
    /// It was found invalid before.
    case cachedInvalid
    /// Its header breaks a rule.
    case invalidHeader
    /// Its contents are not those its proof of work was done for.
    case mutated
    /// We do not have the block before it.
    case missingPrevious
    /// The block before it is invalid.
    case invalidPrevious
    /// It is dated too far ahead of our clock; later it may be valid.
    case timeFuture
    /// Its chain has too little work to be worth storing.
    case headerLowWork

    /// Whether a block with this hash can never be valid.
    public var marksFailed: Bool { self != .mutated }

    /// Who answers for it (Bitcoin Core's `MaybePunishNodeForBlock`).
    public var blame: Blame {
        switch self {
        case .consensus, .mutated: .senderUnlessCompact
        case .cachedInvalid: .outboundSenderUnlessCompact
        case .invalidHeader, .invalidPrevious, .missingPrevious: .sender
        case .timeFuture, .headerLowWork: .nobody
        }
    }

    public enum Blame: Sendable, Hashable {
        case sender
        /// The sender, unless it sent a compact block, which may be relayed unchecked (BIP152).
        case senderUnlessCompact
        /// As before, and only if we chose the peer.
        case outboundSenderUnlessCompact
        case nobody
    }
}

/// What it means for a transaction that it was refused; the cases are Bitcoin Core's
/// `TxValidationResult` as far as rules of consensus tell them apart.
public enum TransactionResult: Sendable, Hashable {
    case consensus
    /// A coin it spends is not there.
    case missingInputs
    /// It spends a coinbase too early, or its locks are not open yet.
    case prematureSpend
}
