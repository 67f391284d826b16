public import Consensus
public import Cryptography
public import Genesis
public import Primitives
public import Storage

/// What an index writes down of each block, and what it must know to go on from there.
///
/// Rows best stand under the hash of their block: those of branches since left stay true then, and
/// need not be taken back.
public protocol IndexTable: Sendable {
    /// The name by which `getindexinfo` tells of it.
    static var name: String { get }
    /// Its folder under `indexes/`.
    static var folder: String { get }

    /// Whether blocks that were taken back are, too, before others have come in their place. Bitcoin
    /// Core's indexes wait: the branch may grow again.
    static var isRewoundAtOnce: Bool { get }

    /// Whether blocks are wanted with the coins they spent.
    static var needsSpentCoins: Bool { get }

    /// The table before any block.
    init(network: Network)

    /// Goes back to how the table stood after a block; false if that cannot be read.
    mutating func load(_ block: BlockHash, from store: borrowing Database) throws(StorageError)
        -> Bool

    /// Adds the block that follows, and puts its row.
    mutating func connect(_ block: IndexedBlock, _ batch: inout WriteBatch)

    /// Takes the last block back, and its rows where they do not stay true; false if its parent
    /// cannot be read. What was put to the batch before cannot be read back from the store.
    mutating func disconnect(
        _ block: IndexedBlock, _ store: borrowing Database, _ batch: inout WriteBatch
    ) throws(StorageError) -> Bool

    /// Puts what `load` needs beside the row of the last block.
    func save(_ batch: inout WriteBatch)
}

extension IndexTable {
    public static var isRewoundAtOnce: Bool { false }
    public static var needsSpentCoins: Bool { true }
}

/// A block with all that it did.
public struct IndexedBlock: Sendable {
    public var hash: BlockHash
    public var height: Int
    public var block: Block
    /// The coins it spent: for each transaction but the coinbase, one for each input. Empty for a
    /// table that does not need them.
    public var spent: [[Coin]]
}

extension Span where Element == UInt8 {
    /// The number of four bytes, the highest first.
    func bigEndian(at start: Int) -> Int {
        var number = 0
        for offset in start..<start + 4 { number = number << 8 | Int(self[offset]) }
        return number
    }
}

/// The last block that an index has seen.
package struct IndexCursor: Hashable {
    var hash: BlockHash
    var height: Int

    /// The key of the cursor in the store of each index. It is written in one batch with the rows.
    static let key: [UInt8] = [UInt8(ascii: "B")]

    init(hash: BlockHash, height: Int) {
        self.hash = hash
        self.height = height
    }

    package init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes.span)
        guard let hash = try? reader.readHash(), let height = try? reader.read(UInt32.self) else {
            return nil
        }
        self.init(hash: hash, height: Int(height))
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 36)
        writer.write(hash)
        writer.write(UInt32(clamping: height))
        return writer.bytes
    }
}
