/// The witness of one input (BIP141): a stack of byte strings, the last on top.
public struct Witness: Sendable {
    private let bytes: [UInt8]
    private let items: ArraySlice<ByteRange>

    /// A window on the bytes of a transaction.
    init(bytes: [UInt8], items: ArraySlice<ByteRange>) {
        self.bytes = bytes
        self.items = items
    }

    public init(_ stack: some Sequence<some Collection<UInt8>>) {
        var bytes: [UInt8] = []
        var items: [ByteRange] = []
        for item in stack {
            items.append(ByteRange(start: UInt32(bytes.count), count: UInt32(item.count)))
            bytes.append(contentsOf: item)
        }
        self.bytes = bytes
        self.items = items[...]
    }

    public static let empty = Witness([[UInt8]]())

    /// The items, each copied.
    public var stack: [[UInt8]] { map([UInt8].init) }

    /// The size of the stack as serialised in a transaction, in bytes.
    public var serializedSize: Int {
        items.reduce(ByteWriter.compactSizeLength(items.count)) { size, item in
            size + ByteWriter.compactSizeLength(Int(item.count)) + Int(item.count)
        }
    }

    /// Writes the count and each item with its length.
    public func encode(to writer: inout ByteWriter) {
        writer.writeCompactSize(items.count)
        for item in self { writer.writeSized(item) }
    }
}

extension Witness: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { items.count }

    /// The item at a depth counted from the bottom of the stack.
    public subscript(position: Int) -> ArraySlice<UInt8> {
        bytes[items[items.startIndex + position].range]
    }
}

extension Witness: Hashable {
    public static func == (left: Witness, right: Witness) -> Bool {
        left.elementsEqual(right) { $0.elementsEqual($1) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for item in self { hasher.combine(item) }
    }
}

/// A stretch of a byte buffer below 4 GiB.
struct ByteRange: Hashable, Sendable {
    var start: UInt32
    var count: UInt32

    init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }

    init(_ range: Range<Int>) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        count = UInt32(truncatingIfNeeded: range.count)
    }

    var range: Range<Int> { Int(start)..<Int(start) &+ Int(count) }
}
