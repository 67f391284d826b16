import Consensus
public import Cryptography
public import Genesis
public import Primitives
public import Storage

/// The filters of all blocks, by which light wallets learn which of them concern them (BIP157).
public typealias BlockFilterIndex = ChainIndex<BlockFilterTable>

extension ChainIndex where Table == BlockFilterTable {
    /// The filter of a block and the header that commits to it and all before it; nil if the index
    /// has never seen the block.
    public func filter(
        of block: BlockHash
    ) throws(StorageError) -> (filter: [UInt8], header: Hash256)? {
        guard let row = try value(BlockFilterTable.key(block)), row.count >= 32 else { return nil }
        let header = Hash256(row.span.extracting(first: 32))
        return (Array(row.dropFirst(32)), header)
    }

    /// The filters of some blocks; nil if the index has never seen one of them.
    public func filters(of blocks: [BlockHash]) throws(StorageError) -> [[UInt8]]? {
        try rows(of: blocks) { Array($0.dropFirst(32)) }
    }

    /// The hashes of the filters of some blocks; nil if the index has never seen one of them.
    public func hashes(of blocks: [BlockHash]) throws(StorageError) -> [Hash256]? {
        try rows(of: blocks) { SHA256.doubleHash($0.span.extracting(droppingFirst: 32)) }
    }

    /// The filter headers of some blocks; nil if the index has never seen one of them.
    public func headers(of blocks: [BlockHash]) throws(StorageError) -> [Hash256]? {
        try rows(of: blocks) { Hash256($0.span.extracting(first: 32)) }
    }

    private func rows<Value>(
        of blocks: [BlockHash], _ read: ([UInt8]) -> Value
    ) throws(StorageError) -> [Value]? {
        var values: [Value] = []
        values.reserveCapacity(blocks.count)
        for block in blocks {
            guard let row = try value(BlockFilterTable.key(block)), row.count >= 32 else {
                return nil
            }
            values.append(read(row))
        }
        return values
    }

    /// Those of the blocks whose filters match any of the scripts, in their order. Blocks that the
    /// index has never seen are left out.
    public func blocks(
        among blocks: [BlockHash], thatMayConcern scripts: Set<Script>
    ) throws(StorageError) -> [BlockHash] {
        var found: [BlockHash] = []
        for block in blocks {
            guard let (bytes, _) = try filter(of: block) else { continue }
            if BlockFilter.Encoded(bytes, of: block).matchesAny(scripts) { found.append(block) }
        }
        return found
    }
}

/// A row for each block: its filter header, then its filter.
public struct BlockFilterTable: IndexTable {
    public static let name = "basic block filter index"
    public static let folder = "blockfilter/basic"

    /// The filter header of the last block.
    private var header = Hash256.zero

    public init(network: Network) {}

    static func key(_ block: BlockHash) -> [UInt8] {
        var key = [UInt8(ascii: "f")]
        block.append(to: &key)
        return key
    }

    public mutating func load(
        _ block: BlockHash, from store: borrowing Database
    ) throws(StorageError) -> Bool {
        guard let row = try store.get(Self.key(block)), row.count >= 32 else { return false }
        header = Hash256(row.span.extracting(first: 32))
        return true
    }

    public mutating func connect(_ block: IndexedBlock, _ batch: inout WriteBatch) {
        let filter = BlockFilter(
            of: block.block, spentScripts: block.spent.lazy.joined().map(\.output.script))
        header = filter.header(after: header)
        batch.put(Self.key(block.hash), header.bytes + filter.bytes)
    }

    public mutating func disconnect(
        _ block: IndexedBlock, _ store: borrowing Database, _ batch: inout WriteBatch
    ) throws(StorageError) -> Bool {
        try load(block.block.header.previous, from: store)
    }

    public func save(_ batch: inout WriteBatch) {}
}
