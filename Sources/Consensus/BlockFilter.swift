public import Cryptography
public import Primitives

/// The basic filter of a block (BIP158): which scripts it may concern, as a Golomb-coded set.
public struct BlockFilter: Hashable, Sendable {
    /// The count of elements and the coded set, as `cfilter` carries them.
    public let bytes: [UInt8]

    /// False positives are one in so many.
    static let inverseRate: UInt64 = 784_931

    /// The bits of a difference that are not written in unary.
    static let remainderBits = 19

    /// - Parameters:
    ///   - block: the block.
    ///   - spentScripts: the scripts of all coins that its transactions spend.
    public init(of block: Block, spentScripts: some Sequence<Script>) {
        let opReturn: UInt8 = 0x6A
        var elements = Set<Script>()
        for transaction in block.transactions {
            for output in transaction.outputs {
                guard let first = output.script.bytes.first, first != opReturn else { continue }
                elements.insert(output.script)
            }
        }
        for script in spentScripts where !script.isEmpty { elements.insert(script) }
        self.init(elements: elements, key: block.hash)
    }

    private init(elements: Set<Script>, key: BlockHash) {
        let words = key.words
        let range = UInt64(elements.count) &* Self.inverseRate
        let values = elements.map { element in
            SipHash24.hash(words.0, words.1, element.span).multipliedFullWidth(by: range).high
        }
        var writer = ByteWriter()
        writer.writeCompactSize(elements.count)
        var bits = BitWriter(writer.bytes)
        var last: UInt64 = 0
        for value in values.sorted() {
            let difference = value &- last
            last = value
            for _ in 0..<(difference >> UInt64(Self.remainderBits)) { bits.write(1, count: 1) }
            bits.write(0, count: 1)
            bits.write(difference, count: Self.remainderBits)
        }
        bytes = bits.bytes
    }

    /// The double SHA-256 of the filter.
    public var hash: Hash256 { SHA256.doubleHash(bytes.span) }

    /// The header that commits to this filter and all before it (BIP157).
    public func header(after previous: Hash256) -> Hash256 { SHA256.doubleHash(hash, previous) }
}

/// Bits put together from the most significant of each byte on.
private struct BitWriter {
    var bytes: [UInt8]
    private var free = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Writes the lowest `count` bits of a value, the highest of them first.
    mutating func write(_ value: UInt64, count: Int) {
        for place in (0..<count).reversed() {
            if free == 0 {
                bytes.append(0)
                free = 8
            }
            free -= 1
            bytes[bytes.count - 1] |=
                UInt8(truncatingIfNeeded: (value >> UInt64(place)) & 1) << free
        }
    }
}
