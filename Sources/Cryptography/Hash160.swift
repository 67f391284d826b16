import Notation

/// Twenty bytes that name a key or a script: `RIPEMD160(SHA256(bytes))`.
public struct Hash160: Hashable, Sendable {
    private var first: UInt64
    private var second: UInt64
    private var third: UInt32

    /// All bits zero.
    public static let zero = Hash160()

    /// All bits zero.
    public init() { (first, second, third) = (0, 0, 0) }

    /// Takes 20 bytes.
    public init(_ bytes: Span<UInt8>) {
        precondition(bytes.count == 20, "a Hash160 has 20 bytes")
        let raw = bytes.bytes
        // Safe: the count was checked, and any bit pattern is an integer.
        first = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self))
        second = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self))
        third = UInt32(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt32.self))
    }

    /// Takes bytes; nil if they are not 20.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 20 else { return nil }
        self.init([UInt8](bytes).span)
    }

    /// Reads 40 digits.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 20 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20)
        append(to: &bytes)
        return bytes
    }

    /// The digits of the bytes in order.
    public var hex: String { Hex.encode(bytes) }

    /// Appends the 20 bytes.
    public func append(to bytes: inout [UInt8]) {
        withBytes { own in
            own.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        }
    }

    /// Lends the 20 bytes without allocating.
    public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let words: InlineArray<3, UInt64> = [
            first.littleEndian, second.littleEndian, UInt64(third).littleEndian,
        ]
        let span = words.span
        return try body(Span(_bytes: span.bytes).extracting(first: 20))
    }
}

extension Hash160: Comparable {
    /// Compares byte by byte, as ordered keys in a store do.
    public static func < (left: Hash160, right: Hash160) -> Bool {
        (left.first.byteSwapped, left.second.byteSwapped, left.third.byteSwapped)
            < (right.first.byteSwapped, right.second.byteSwapped, right.third.byteSwapped)
    }
}

extension Hash160: CustomStringConvertible {
    public var description: String { hex }
}
