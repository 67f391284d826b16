/// Which parts of a transaction a signature covers.
///
/// Before taproot any number goes: all of it is hashed, but only some bits have a meaning.
public struct SignatureHashType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Taproot only: everything, and no byte for it after the signature.
    public static let `default` = SignatureHashType(rawValue: 0)
    /// Every input and output.
    public static let all = SignatureHashType(rawValue: 1)
    /// Every input, no output.
    public static let none = SignatureHashType(rawValue: 2)
    /// Every input, and the output at the signing input's place.
    public static let single = SignatureHashType(rawValue: 3)
    public static let allAnyoneCanPay = SignatureHashType(rawValue: 0x81)
    public static let noneAnyoneCanPay = SignatureHashType(rawValue: 0x82)
    public static let singleAnyoneCanPay = SignatureHashType(rawValue: 0x83)

    /// Whether only the signing input is covered, so that others may be added.
    public var isAnyoneCanPay: Bool { rawValue & 0x80 != 0 }

    /// Whether no output is covered, as read before taproot: the low five bits decide.
    var isNone: Bool { rawValue & 0x1f == 2 }

    /// Whether one output is covered, as read before taproot: the low five bits decide.
    var isSingle: Bool { rawValue & 0x1f == 3 }

    /// Whether this is one of the six types with a meaning before taproot.
    var isDefined: Bool { rawValue <= 0xff && (1...3).contains(rawValue & ~0x80) }

    /// Whether taproot accepts it.
    var isDefinedInTaproot: Bool { rawValue <= 3 || (0x81...0x83).contains(rawValue) }

    /// Core's name: `ALL|ANYONECANPAY`; nil for a type without meaning, and for the default.
    public var name: String? {
        guard isDefined else { return nil }
        let outputs = isNone ? "NONE" : isSingle ? "SINGLE" : "ALL"
        return isAnyoneCanPay ? outputs + "|ANYONECANPAY" : outputs
    }
}
