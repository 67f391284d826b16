internal import Primitives

/// Why bytes are no partially signed transaction, in Bitcoin Core's words.
public struct PSBTError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Core's words.
    public let message: String

    init(message: String) { self.message = message }

    /// An error that Core's streams report, who add what kind they are.
    init(_ message: String) { self.message = message + ": iostream error" }

    init(_ error: DecodingError) {
        switch error {
        case .truncated: self = .endOfData
        case .trailingBytes: self = .sizeMismatch
        default: self.init(error.description)
        }
    }

    static let endOfData = PSBTError("SpanReader::read(): end of data")
    static let sizeMismatch = PSBTError("Size of value was not the stated size")
    static let invalidKey = PSBTError("Invalid pubkey")

    public var description: String { message }
}
