public import Cryptography

/// A cursor over borrowed bytes. It never copies, and never reads out of bounds.
public struct ByteReader: ~Escapable {
    /// The largest count or length that a compact size may name (Core's `MAX_SIZE`), in bytes or items.
    public static let maximumSize: UInt64 = 0x0200_0000

    private let bytes: Span<UInt8>

    /// How many bytes have been read.
    public private(set) var offset = 0

    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// How many bytes have not been read yet.
    public var remaining: Int { bytes.count &- offset }

    /// Reads an integer in little-endian order, as all but ports are on the wire.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func read<I: FixedWidthInteger & BitwiseCopyable>(
        _: I.Type = I.self
    ) throws(DecodingError) -> I {
        I(littleEndian: try load(I.self))
    }

    /// Reads an integer in network order, as ports and IP addresses are.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func readBigEndian<I: FixedWidthInteger & BitwiseCopyable>(
        _: I.Type = I.self
    ) throws(DecodingError) -> I {
        I(bigEndian: try load(I.self))
    }

    @_lifetime(self: copy self)
    @usableFromInline
    mutating func load<I: FixedWidthInteger & BitwiseCopyable>(
        _: I.Type
    ) throws(DecodingError) -> I {
        let start = try advance(by: MemoryLayout<I>.size)
        // Safe: `advance` checked the bounds, and any bit pattern is an integer.
        return unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: I.self)
    }

    /// Reads 32 bytes as they stand.
    @_lifetime(self: copy self)
    public mutating func readHash() throws(DecodingError) -> Hash256 {
        let start = try advance(by: 32)
        return Hash256(bytes.extracting(start..<start &+ 32))
    }

    /// Reads a count or length in its shortest form and within `maximumSize`.
    ///
    /// - Parameter isRangeChecked: false where the number is no length, as in service bits.
    @_lifetime(self: copy self)
    public mutating func readCompactSize(
        isRangeChecked: Bool = true
    ) throws(DecodingError) -> UInt64 {
        let first = try read(UInt8.self)
        let value: UInt64
        let least: UInt64
        switch first {
        case 253: (value, least) = (UInt64(try read(UInt16.self)), 253)
        case 254: (value, least) = (UInt64(try read(UInt32.self)), 0x1_0000)
        case 255: (value, least) = (try read(UInt64.self), 0x1_0000_0000)
        default: (value, least) = (UInt64(first), 0)
        }
        guard value >= least else { throw .nonCanonicalSize }
        guard !isRangeChecked || value <= Self.maximumSize else { throw .sizeTooLarge(value) }
        return value
    }

    /// Reads the count of a list whose items take at least `minimumSize` bytes each, so that what is
    /// reserved for it never exceeds what is there.
    @_lifetime(self: copy self)
    public mutating func readCount(minimumSize: Int = 1) throws(DecodingError) -> Int {
        let count = Int(try readCompactSize())
        guard count <= remaining / minimumSize else {
            throw .truncated(needed: count &* minimumSize, remaining: remaining)
        }
        return count
    }

    /// Reads `count` bytes and says where they stand.
    @_lifetime(self: copy self)
    public mutating func readRange(count: Int) throws(DecodingError) -> Range<Int> {
        let start = try advance(by: count)
        return start..<start &+ count
    }

    /// Reads a length and as many bytes, and says where they stand.
    @_lifetime(self: copy self)
    public mutating func readSizedRange() throws(DecodingError) -> Range<Int> {
        try readRange(count: Int(try readCompactSize()))
    }

    /// Reads and copies `count` bytes.
    @_lifetime(self: copy self)
    public mutating func readBytes(count: Int) throws(DecodingError) -> [UInt8] {
        copy(try readRange(count: count))
    }

    /// Reads `count` bytes and appends them.
    @_lifetime(self: copy self)
    public mutating func append(
        count: Int, to target: inout [UInt8]
    ) throws(DecodingError) {
        let part = bytes.extracting(try readRange(count: count))
        part.withUnsafeBufferPointer { target.append(contentsOf: $0) }
    }

    /// Reads a length and copies as many bytes.
    @_lifetime(self: copy self)
    public mutating func readSizedBytes() throws(DecodingError) -> [UInt8] {
        copy(try readSizedRange())
    }

    /// Reads a length and as many bytes of text; what is not UTF-8 is replaced.
    ///
    /// - Parameter limit: the most bytes allowed.
    @_lifetime(self: copy self)
    public mutating func readString(limit: Int) throws(DecodingError) -> String {
        let count = try readCompactSize()
        guard count <= UInt64(limit) else { throw .invalid("String length limit exceeded") }
        return String(decoding: try readBytes(count: Int(count)), as: UTF8.self)
    }

    /// Throws unless every byte has been read.
    public func finish() throws(DecodingError) {
        guard remaining == 0 else { throw .trailingBytes(remaining) }
    }

    private func copy(_ range: Range<Int>) -> [UInt8] {
        let part = bytes.extracting(range)
        return [UInt8](unsafeUninitializedCapacity: part.count) { buffer, count in
            for index in 0..<part.count { unsafe buffer[index] = part[index] }
            count = part.count
        }
    }

    @_lifetime(self: copy self)
    @usableFromInline
    mutating func advance(by count: Int) throws(DecodingError) -> Int {
        guard count >= 0, count <= remaining else {
            throw .truncated(needed: count, remaining: remaining)
        }
        defer { offset &+= count }
        return offset
    }
}
