import Mining
import Primitives

/// Why the ledger did not follow a block whose coinbase commits to a split. The block is valid.
public enum PayoutFlaw: Sendable, Hashable {
    /// By no roster, share log or ledger that this node knows.
    case unrecognised
    /// By one that it knows, and the outputs are others than that one's: what is other.
    case violated(String)

    /// As it is shown.
    public var name: String {
        switch self {
        case .unrecognised: "unrecognised"
        case .violated: "violated"
        }
    }

    public var reason: String? {
        switch self {
        case .unrecognised: nil
        case .violated(let reason): reason
        }
    }

    /// The longest reason that is kept, in bytes.
    private static let longest = 4096

    /// Nil for a judgement that is no fault.
    init?(_ judgement: PayoutJudgement) {
        switch judgement {
        case .none, .applied: return nil
        case .unrecognised: self = .unrecognised
        case .violated(let reason): self = .violated(reason)
        }
    }

    package var encoded: [UInt8] {
        switch self {
        case .unrecognised: [0]
        case .violated(let reason): [1] + reason.utf8.prefix(Self.longest)
        }
    }

    /// Nil for bytes that are none.
    package init?(decoding bytes: [UInt8]) {
        switch bytes.first {
        case 0 where bytes.count == 1: self = .unrecognised
        case 1: self = .violated(String(decoding: bytes.dropFirst(), as: UTF8.self))
        default: return nil
        }
    }
}
