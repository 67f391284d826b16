import Consensus
import Cryptography
import Primitives
import Storage

/// Writes coins, which come in the order of their keys, to a file in Core's form: after the head,
/// for each transaction its id, how many coins are left of it, and each coin after its number.
struct SnapshotWriter: ~Copyable {
    private let file: File
    private var buffer: [UInt8]
    private var offset = 0
    private(set) var coinCount: UInt64 = 0

    private var txid: Txid?
    private var group: [UInt8] = []
    private var groupCount = 0

    private static let bufferSize = 1 << 20

    /// - Parameter file: an empty one.
    init(_ file: consuming File, base: BlockHash, networkMagic: [UInt8]) {
        self.file = file
        // The count is known at the end alone.
        buffer = SnapshotMetadata(base: base, coinCount: 0).encoded(networkMagic: networkMagic)
    }

    /// Adds a coin as it stands in the store.
    mutating func append(_ point: OutPoint, _ stored: Span<UInt8>) throws(StorageError) {
        if txid != point.txid {
            endGroup()
            txid = point.txid
        }
        var number = ByteWriter(capacity: 5)
        number.writeCompactSize(Int(point.index))
        group += number.bytes
        stored.withUnsafeBytes { group.append(contentsOf: $0) }
        groupCount += 1
        coinCount += 1
        if buffer.count >= Self.bufferSize { try write() }
    }

    /// Ends the file; it is on the disk on return.
    mutating func finish() throws(StorageError) {
        endGroup()
        try write()
        var count = ByteWriter(capacity: 8)
        count.write(coinCount)
        let bytes = count.bytes
        try file.write(bytes.span, at: SnapshotMetadata.countOffset)
        try file.synchronise()
    }

    private mutating func endGroup() {
        guard let txid, groupCount > 0 else { return }
        var head = ByteWriter(capacity: 41)
        head.write(txid)
        head.writeCompactSize(groupCount)
        buffer += head.bytes
        buffer += group
        group.removeAll(keepingCapacity: true)
        groupCount = 0
    }

    private mutating func write() throws(StorageError) {
        try file.write(buffer.span, at: offset)
        offset += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }
}
