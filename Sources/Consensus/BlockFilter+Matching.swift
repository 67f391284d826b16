public import Cryptography
public import Primitives

extension BlockFilter {
    /// A filter as `cfilter` carries it, of the block that its key comes from.
    public struct Encoded: Sendable {
        private let bytes: [UInt8]
        private let key: BlockHash

        public init(_ bytes: [UInt8], of block: BlockHash) {
            self.bytes = bytes
            key = block
        }

        /// Whether the block may concern any of the scripts. What cannot be read matches none.
        public func matchesAny(_ scripts: some Collection<Script>) -> Bool {
            var reader = ByteReader(bytes.span)
            guard let count = try? reader.readCompactSize(), count > 0,
                count <= UInt64(bytes.count) * 8
            else { return false }
            let words = key.words
            let range = count &* BlockFilter.inverseRate
            let wanted = scripts.map { script in
                SipHash24.hash(words.0, words.1, script.span).multipliedFullWidth(by: range).high
            }.sorted()
            var bits = BitReader(bytes, at: bytes.count - reader.remaining)
            var value: UInt64 = 0
            var next = 0
            for _ in 0..<count {
                guard let difference = bits.readDifference(remainder: BlockFilter.remainderBits)
                else { return false }
                value &+= difference
                while next < wanted.count, wanted[next] < value { next += 1 }
                guard next < wanted.count else { return false }
                if wanted[next] == value { return true }
            }
            return false
        }
    }
}

/// Bits taken from the most significant of each byte on.
private struct BitReader {
    private let bytes: [UInt8]
    /// The next bit, counted from the first byte.
    private var position: Int

    init(_ bytes: [UInt8], at start: Int) {
        self.bytes = bytes
        position = start * 8
    }

    private mutating func next() -> Bool? {
        guard position >> 3 < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position >> 3] >> UInt8(7 - position & 7) & 1 == 1
    }

    /// A number in Golomb-Rice code: the quotient in unary, the remainder in so many bits.
    mutating func readDifference(remainder count: Int) -> UInt64? {
        var value: UInt64 = 0
        while true {
            guard let bit = next() else { return nil }
            guard bit else { break }
            value &+= 1
        }
        for _ in 0..<count {
            guard let bit = next() else { return nil }
            value = value << 1 | (bit ? 1 : 0)
        }
        return value
    }
}
