import Notation

/// Thirty-two bytes that name something: a transaction, a block, a merkle node.
///
/// Bitcoin shows them byte-reversed (`displayHex`), and compares them as a little-endian number
/// when it judges proof of work; so does `<`.
public struct Hash256: Sendable, BitwiseCopyable {
    /// The bytes as a little-endian number, least significant word first.
    @usableFromInline var word0: UInt64
    @usableFromInline var word1: UInt64
    @usableFromInline var word2: UInt64
    @usableFromInline var word3: UInt64

    /// All bits zero.
    public static let zero = Hash256()

    /// All bits one: the largest number.
    public static let max = Hash256(words: (.max, .max, .max, .max))

    /// All bits zero.
    @inlinable public init() {
        (word0, word1, word2, word3) = (0, 0, 0, 0)
    }

    /// The words of the little-endian number, least significant first.
    @inlinable public init(words: (UInt64, UInt64, UInt64, UInt64)) {
        (word0, word1, word2, word3) = words
    }

    /// Takes 32 bytes in the order they are hashed and sent.
    @inlinable public init(_ bytes: Span<UInt8>) {
        precondition(bytes.count == 32, "a Hash256 has 32 bytes")
        let raw = bytes.bytes
        // Safe: the count was checked, and any bit pattern is an integer.
        word0 = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self))
        word1 = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self))
        word2 = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self))
        word3 = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: 24, as: UInt64.self))
    }

    /// Takes bytes in the order they are hashed and sent; nil if they are not 32.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self.init([UInt8](bytes).span)
    }

    /// Reads 64 digits in the order the bytes are hashed and sent.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// Reads 64 digits in the order people are shown: byte-reversed.
    public init?(displayHex: some StringProtocol) {
        guard let bytes = Hex.decode(displayHex) else { return nil }
        self.init(bytes: bytes.reversed())
    }

    /// The words of the little-endian number, least significant first.
    @inlinable public var words: (UInt64, UInt64, UInt64, UInt64) { (word0, word1, word2, word3) }

    /// Whether all bits are zero.
    @inlinable public var isZero: Bool { word0 | word1 | word2 | word3 == 0 }

    /// The 32 bytes in the order they are hashed and sent.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            withBytes { bytes in
                for index in bytes.indices { buffer.initializeElement(at: index, to: bytes[index]) }
            }
            count = 32
        }
    }

    /// The digits in the order the bytes are hashed and sent.
    public var hex: String { withBytes { Hex.encode($0) } }

    /// The digits in the order people are shown: byte-reversed.
    public var displayHex: String {
        Hash256(
            words: (word3.byteSwapped, word2.byteSwapped, word1.byteSwapped, word0.byteSwapped)
        ).hex
    }

    /// One byte, in the order they are hashed and sent.
    @inlinable public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < 32, "a Hash256 has 32 bytes")
        let word = index < 16 ? (index < 8 ? word0 : word1) : (index < 24 ? word2 : word3)
        return UInt8(truncatingIfNeeded: word >> UInt64(8 * (index & 7)))
    }

    /// Appends the 32 bytes in the order they are hashed and sent.
    @inlinable public func append(to bytes: inout [UInt8]) {
        withBytes { own in
            own.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
        }
    }

    /// Lends the 32 bytes, in the order they are hashed and sent, without allocating.
    @inlinable public func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let words: InlineArray<4, UInt64> = [
            word0.littleEndian, word1.littleEndian, word2.littleEndian, word3.littleEndian,
        ]
        let span = words.span
        return try body(Span(_bytes: span.bytes))
    }
}

extension Hash256: Hashable {
    @inlinable public static func == (left: Hash256, right: Hash256) -> Bool {
        (left.word0 ^ right.word0) | (left.word1 ^ right.word1) | (left.word2 ^ right.word2)
            | (left.word3 ^ right.word3) == 0
    }

    /// Eight bytes suffice: they are the end of a hash that proof of work leaves random, and to
    /// make many values agree in them costs more than the collisions could do harm.
    @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(word0) }
}

extension Hash256: Comparable {
    /// Compares as little-endian numbers, as proof of work does.
    @inlinable public static func < (left: Hash256, right: Hash256) -> Bool {
        if left.word3 != right.word3 { return left.word3 < right.word3 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        return left.word0 < right.word0
    }
}

extension Hash256: CustomStringConvertible {
    /// The digits in the order people are shown.
    public var description: String { displayHex }
}
