public import Cryptography

/// Bytes as they are put together. Encoding cannot fail.
public struct ByteWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8]

    /// - Parameter capacity: the size expected, in bytes.
    public init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Writes an integer in little-endian order.
    @inlinable
    public mutating func write<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
        append(value.littleEndian)
    }

    /// Writes an integer in network order.
    @inlinable
    public mutating func writeBigEndian<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
        append(value.bigEndian)
    }

    @usableFromInline
    mutating func append<I: FixedWidthInteger & BitwiseCopyable>(_ value: I) {
        unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
    }

    /// Writes a hash as it stands.
    public mutating func write(_ hash: Hash256) {
        hash.append(to: &bytes)
    }

    /// Writes bytes as they stand.
    public mutating func write(_ part: some Collection<UInt8>) {
        bytes.append(contentsOf: part)
    }

    /// Writes a length and the bytes.
    public mutating func writeSized(_ part: some Collection<UInt8>) {
        writeCompactSize(part.count)
        bytes.append(contentsOf: part)
    }

    /// Writes a count or length in its shortest form. Negative ones do not occur.
    public mutating func writeCompactSize(_ count: Int) {
        writeCompactSize(UInt64(count))
    }

    /// Writes a number in the shortest form of a compact size.
    public mutating func writeCompactSize(_ value: UInt64) {
        switch value {
        case ..<253: bytes.append(UInt8(value))
        case ...0xFFFF:
            bytes.append(253)
            write(UInt16(value))
        case ...0xFFFF_FFFF:
            bytes.append(254)
            write(UInt32(value))
        default:
            bytes.append(255)
            write(value)
        }
    }

    /// The bytes a compact size of `value` takes.
    public static func compactSizeLength(_ value: Int) -> Int {
        value < 253 ? 1 : value <= 0xFFFF ? 3 : value <= 0xFFFF_FFFF ? 5 : 9
    }
}
