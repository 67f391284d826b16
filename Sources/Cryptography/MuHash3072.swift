/// A hash of a set: elements may be inserted and removed in any order, and sets combined.
///
/// Each element is a number modulo the prime 2^3072 - 1103717; inserting multiplies by it and
/// removing divides. The division is put off to the end by keeping numerator and denominator.
public struct MuHash3072: Sendable {
    private var numerator = Number3072.one
    private var denominator = Number3072.one

    /// The empty set.
    public init() {}

    /// The set of one element.
    public init(_ element: Span<UInt8>) { numerator = Number3072(hashing: element) }

    /// Reads what `serialized` wrote; nil where the bytes are not 768. Numbers at or above the
    /// modulus are taken as they are, and count as their remainders.
    public init?(serialized bytes: Span<UInt8>) {
        guard bytes.count == 2 * Number3072.byteCount else { return nil }
        numerator = Number3072(bytes.extracting(first: Number3072.byteCount))
        denominator = Number3072(bytes.extracting(last: Number3072.byteCount))
    }

    /// The 768 bytes of numerator and denominator, least significant first.
    public var serialized: [UInt8] { numerator.bytes + denominator.bytes }

    /// Adds an element.
    public mutating func insert(_ element: Span<UInt8>) {
        numerator.multiply(by: Number3072(hashing: element))
    }

    /// Takes an element out.
    public mutating func remove(_ element: Span<UInt8>) {
        denominator.multiply(by: Number3072(hashing: element))
    }

    /// Adds all elements of another set.
    public mutating func formUnion(_ other: MuHash3072) {
        numerator.multiply(by: other.numerator)
        denominator.multiply(by: other.denominator)
    }

    /// Takes all elements of another set out.
    public mutating func subtract(_ other: MuHash3072) {
        numerator.multiply(by: other.denominator)
        denominator.multiply(by: other.numerator)
    }

    /// The hash of the set: the same for every way to it.
    public func finalize() -> Hash256 {
        var quotient = numerator
        quotient.multiply(by: denominator.inverse)
        return SHA256.hash(quotient.bytes.span)
    }
}
