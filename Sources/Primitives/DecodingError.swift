/// Why bytes are not the value they were read as.
public enum DecodingError: Error, Hashable, Sendable {
    /// More bytes were called for than there are.
    case truncated(needed: Int, remaining: Int)
    /// A compact size was not written in its shortest form.
    case nonCanonicalSize
    /// A compact size names more than `ByteReader.maximumSize`.
    case sizeTooLarge(UInt64)
    /// A transaction carries a witness section in which no input has a witness.
    case superfluousWitness
    /// A transaction sets a bit of the extension byte that nothing defines.
    case unknownOptionalData
    /// Bytes follow the value.
    case trailingBytes(Int)
    /// A value within is not one that its field may take.
    case invalid(String)
}

extension DecodingError: CustomStringConvertible {
    /// The error in Bitcoin Core's words where it has any.
    public var description: String {
        switch self {
        case .truncated: "DataStream::read(): end of data"
        case .nonCanonicalSize: "non-canonical ReadCompactSize()"
        case .sizeTooLarge: "ReadCompactSize(): size too large"
        case .superfluousWitness: "Superfluous witness record"
        case .unknownOptionalData: "Unknown transaction optional data"
        case .trailingBytes(let count): "\(count) bytes follow the value"
        case .invalid(let what): what
        }
    }
}
