import Notation

/// The bytes of a script. What they mean is told by `Scripting`.
///
/// A script that was read from a transaction is a window on that transaction's bytes: no copy.
public struct Script: Hashable, Sendable {
    public var bytes: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8> = []) { self.bytes = bytes }
    public init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// From hex text; nil where it is none.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }

    /// The size in bytes.
    public var count: Int { bytes.count }
    public var isEmpty: Bool { bytes.isEmpty }

    /// The bytes, borrowed.
    public var span: Span<UInt8> {
        @_lifetime(borrow self) get { bytes.span }
    }

    public var hex: String { Hex.encode(bytes) }
}

extension Script: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: UInt8...) { self.init(elements) }
}

extension Script: CustomStringConvertible {
    public var description: String { hex }
}
