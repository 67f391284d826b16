/// Why a transaction does not enter the pool, in Core's words.
public struct MempoolRejection: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the answer means for whoever sent the transaction; Core's `TxValidationResult`.
    public enum Kind: Sendable, Hashable {
        /// A rule of consensus is broken: it will never be valid.
        case consensus
        /// Valid perhaps, but of no kind this node relays.
        case notStandard
        case inputsNotStandard
        /// A coin it spends is not known: perhaps it is still to come.
        case missingInputs
        /// It cannot be in the next block yet.
        case prematureSpend
        /// The witness may have been changed by somebody: the txid is not to blame.
        case witnessMutated
        case witnessStripped
        /// Known already, here or in the chain.
        case conflict
        case mempoolPolicy
        /// It pays more than whoever made it can have meant.
        case maximumFee
        /// Too little is paid; in a package it might do.
        case reconsiderable
    }

    public var kind: Kind
    /// Core's word, as `testmempoolaccept` shows it: "min relay fee not met".
    public var rejectReason: String
    /// Details, or nothing.
    public var debugMessage: String

    public init(_ kind: Kind, _ rejectReason: String, _ debugMessage: String = "") {
        self.kind = kind
        self.rejectReason = rejectReason
        self.debugMessage = debugMessage
    }

    /// Reason and details in one line, as Core's `ValidationState::ToString`.
    public var description: String {
        debugMessage.isEmpty ? rejectReason : "\(rejectReason), \(debugMessage)"
    }
}

/// Why a transaction left the pool.
public enum RemovalReason: String, Sendable, Hashable {
    case expiry
    case sizeLimit = "sizelimit"
    case reorg
    case block
    case conflict
    case replaced

    /// Core's word for it.
    public var name: String { rawValue }
}
