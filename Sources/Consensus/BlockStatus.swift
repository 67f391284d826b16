/// What is known of a block: how far it was checked, and what of it is on disk.
///
/// The raw value has the bits of Bitcoin Core's `nStatus`, as its block index files have.
public struct BlockStatus: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// How far a block was checked; each includes the ones before it.
    public enum Validity: UInt32, Sendable, Comparable {
        case unknown = 0
        case reserved = 1
        /// The header fits its parents, which do too.
        case tree = 2
        /// Its transactions are well formed, and the merkle root is theirs.
        case transactions = 3
        case chain = 4
        /// It was connected: coins, scripts and all.
        case scripts = 5

        public static func < (left: Validity, right: Validity) -> Bool {
            left.rawValue < right.rawValue
        }
    }

    public var validity: Validity {
        get { Validity(rawValue: rawValue & 7) ?? .unknown }
        set { rawValue = rawValue & ~7 | newValue.rawValue }
    }

    /// The whole block is in a block file.
    public var hasData: Bool {
        get { has(8) }
        set { set(8, newValue) }
    }

    /// What undoes the block is in an undo file.
    public var hasUndo: Bool {
        get { has(16) }
        set { set(16, newValue) }
    }

    /// It, or a block it stands on, broke a rule or was condemned by the operator.
    public var isFailed: Bool {
        get { has(32) }
        set { set(32, newValue) }
    }

    /// It was received with its witnesses.
    public var hasWitness: Bool {
        get { has(128) }
        set { set(128, newValue) }
    }

    /// Whether it was checked as far as `validity` and not found invalid since.
    public func isValid(_ validity: Validity) -> Bool {
        !isFailed && self.validity >= validity
    }

    private func has(_ bit: UInt32) -> Bool { rawValue & bit != 0 }

    private mutating func set(_ bit: UInt32, _ isSet: Bool) {
        if isSet { rawValue |= bit } else { rawValue &= ~bit }
    }
}
