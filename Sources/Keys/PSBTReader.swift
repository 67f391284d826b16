internal import Cryptography
internal import Notation
internal import Primitives

/// A cursor over the bytes of a partially signed transaction, or of a key or value in it.
struct PSBTReader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }
    var remaining: Int { bytes.count - position }

    mutating func read(_ count: Int) throws(PSBTError) -> [UInt8] {
        guard count <= remaining else { throw .endOfData }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func integer<I: FixedWidthInteger>(_: I.Type = I.self) throws(PSBTError) -> I {
        try read(MemoryLayout<I>.size).reversed().reduce(0) { $0 << 8 | I(truncatingIfNeeded: $1) }
    }

    mutating func hash() throws(PSBTError) -> Hash256 {
        let bytes = try read(32)
        return Hash256(bytes.span)
    }

    /// A count or length in its shortest form and within the bounds of all of them.
    mutating func compactSize() throws(PSBTError) -> UInt64 {
        let first = try integer(UInt8.self)
        let (value, least): (UInt64, UInt64)
        switch first {
        case 253: (value, least) = (UInt64(try integer(UInt16.self)), 253)
        case 254: (value, least) = (UInt64(try integer(UInt32.self)), 0x1_0000)
        case 255: (value, least) = (try integer(UInt64.self), 0x1_0000_0000)
        default: (value, least) = (UInt64(first), 0)
        }
        guard value >= least else { throw PSBTError(.nonCanonicalSize) }
        guard value <= ByteReader.maximumSize else { throw PSBTError(.sizeTooLarge(value)) }
        return value
    }

    /// A length and as many bytes.
    mutating func sizedBytes() throws(PSBTError) -> [UInt8] {
        try read(Int(try compactSize()))
    }

    /// A length, and a value that must take up just as many bytes.
    mutating func sized<Value>(
        _ value: (inout PSBTReader) throws(PSBTError) -> Value
    ) throws(PSBTError) -> Value {
        let size = Int(try compactSize())
        let start = position
        let result = try value(&self)
        guard position - start == size else { throw .sizeMismatch }
        return result
    }

    mutating func sizedInteger<I: FixedWidthInteger>(_: I.Type = I.self) throws(PSBTError) -> I {
        try sized { (reader) throws(PSBTError) in try reader.integer(I.self) }
    }

    /// A length, and a transaction that must take up just as many bytes.
    mutating func sizedTransaction(allowWitness: Bool) throws(PSBTError) -> Transaction {
        let size = Int(try compactSize())
        let value = Array(bytes[position..<position + min(size, remaining)])
        do {
            let transaction = try Transaction(decoding: value, allowWitness: allowWitness)
            guard value.count == size else { throw DecodingError.trailingBytes(0) }
            position += size
            return transaction
        } catch DecodingError.truncated(let needed, let remaining) {
            // Core reads on past the end that was stated: an end of data is one of all data.
            guard size < self.remaining else {
                throw PSBTError(DecodingError.truncated(needed: needed, remaining: remaining))
            }
            throw try misjudgedSize(allowWitness: allowWitness)
        } catch {
            throw PSBTError(error as? DecodingError ?? .invalid("\(error)"))
        }
    }

    private func misjudgedSize(allowWitness: Bool) throws(PSBTError) -> PSBTError {
        do {
            _ = try Transaction(decoding: Array(bytes[position...]), allowWitness: allowWitness)
            return .sizeMismatch
        } catch {
            return PSBTError(error)
        }
    }
}

/// One map of a partially signed transaction, read pair by pair.
struct PSBTMapReader {
    /// `global`, `input` or `output`, as Core's words have it.
    let name: String
    private var seen: Set<[UInt8]> = []

    init(_ name: String) { self.name = name }

    /// The key of the next pair, and the type that begins it; nil at the separator.
    mutating func nextKey(
        _ reader: inout PSBTReader
    ) throws(PSBTError) -> (type: UInt64, key: [UInt8], data: PSBTReader)? {
        guard !reader.isAtEnd else {
            let article = name == "global" ? "the" : name == "input" ? "an" : "an"
            throw PSBTError("Separator is missing at the end of \(article) \(name) map")
        }
        let key = try reader.sizedBytes()
        guard !key.isEmpty else { return nil }
        guard seen.insert(key).inserted else {
            throw PSBTError("Duplicate Key, \(name) key \"\(Hex.encode(key))\" already provided")
        }
        var data = PSBTReader(key)
        let type = try data.compactSize()
        return (type, key, data)
    }

    /// Throws unless the key has this size.
    static func expect(_ size: Int, _ key: [UInt8], _ name: String) throws(PSBTError) {
        guard key.count == size else {
            throw PSBTError("Size of key was not \(size) for the type \(name)")
        }
    }
}
