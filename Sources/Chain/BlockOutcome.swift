public import Consensus
public import Primitives

/// The rule a header or block breaks.
public struct BlockRejection: Error, Hashable, Sendable {
    /// Core's word for it, as in `bad-cb-amount`.
    public var reason: String
    /// What else there is to say; may be empty.
    public var debug: String
    /// What kind of fault it is, which decides what becomes of the peer.
    public var kind: BlockResult

    public init(reason: String, debug: String = "", kind: BlockResult) {
        self.reason = reason
        self.debug = debug
        self.kind = kind
    }

    init(_ error: BlockError) {
        self.init(reason: error.rejectReason, debug: error.debugMessage, kind: error.result)
    }

    init(_ error: HeaderError) {
        self.init(reason: error.rejectReason, debug: error.debugMessage, kind: error.result)
    }
}

extension BlockRejection: CustomStringConvertible {
    public var description: String { debug.isEmpty ? reason : "\(reason), \(debug)" }
}

/// A block that had been kept beside the active chain, and was found invalid when its turn came.
public struct InvalidBlock: Error, Hashable, Sendable {
    public var info: BlockInfo
    public var rejection: BlockRejection

    public var hash: BlockHash { info.hash }
}

/// What became of a block that was handed in.
public enum BlockOutcome: Hashable, Sendable {
    /// It is new, valid, and was connected to the active chain.
    case connected
    /// It is new and kept, but not on the active chain: whether its spending is valid is not known.
    case stored
    /// It was here before.
    case duplicate
    /// Nobody asked for it, and it has too little work or is too far ahead to be kept.
    case ignored
    /// It breaks a rule.
    case rejected(BlockRejection)

    /// What `submitblock` answers (BIP22); nil is acceptance, a JSON null.
    public var bip22: String? {
        switch self {
        case .connected: nil
        case .stored: "inconclusive"
        case .duplicate, .ignored: "duplicate"
        case .rejected(let rejection):
            rejection.reason.isEmpty ? "rejected" : rejection.reason
        }
    }
}

/// What became of headers that were handed in.
public struct HeadersOutcome: Hashable, Sendable {
    /// How many of them were new.
    public var accepted: Int
    /// The last one that is now known.
    public var last: BlockInfo?
    /// Why the first that was refused was refused.
    public var rejection: BlockRejection?
}
