import Consensus
import Cryptography
import Genesis
public import Primitives
public import Storage

/// Where a block stands in the files, and how to tell that it is the one that was kept.
struct StoredBlock: Sendable {
    var hash: BlockHash
    var position: FilePosition
    /// Whether the rules for witnesses hold at its height.
    var hasWitness: Bool

    /// Its bytes as they stand.
    func bytes(by reader: BlockReader) throws(StorageError) -> [UInt8] {
        guard let bytes = try reader.block(at: position) else {
            throw failure(reader, "cannot be read")
        }
        return bytes
    }

    func block(by reader: BlockReader) throws(StorageError) -> Block {
        let bytes = try bytes(by: reader)
        guard let block = try? Block(decoding: bytes), block.hash == hash else {
            throw failure(reader, "is damaged")
        }
        return block
    }

    /// The block, if it is the one that was kept: what the disk did to it must neither be connected
    /// nor held against the block.
    func unchanged(by reader: BlockReader) throws(StorageError) -> Block {
        let block = try block(by: reader)
        do throws(BlockError) {
            try block.checkMutation(checkingWitness: hasWitness)
        } catch {
            throw failure(reader, "was changed on the disk (\(error.rejectReason))")
        }
        return block
    }

    /// The same; nil where it is not. Throws where the disk cannot be read.
    func ifUnchanged(by reader: BlockReader) throws(StorageError) -> Block? {
        guard let bytes = try reader.block(at: position), let block = try? Block(decoding: bytes),
            block.hash == hash,
            (try? block.checkMutation(checkingWitness: hasWitness)) != nil
        else { return nil }
        return block
    }

    private func failure(_ reader: BlockReader, _ what: String) -> StorageError {
        StorageError(
            path: reader.blocks.path(position.file),
            reason: "Block \(hash.displayHex) \(what); restart with -reindex")
    }
}

/// A block on the disk, for who writes down what it says.
public struct KeptBlock: Sendable {
    let stored: StoredBlock
    let reader: BlockReader

    /// Throws where the disk has changed anything of it.
    public func read() throws(StorageError) -> Block { try stored.unchanged(by: reader) }
}

extension Chainstate {
    /// Where a block is; nil if we have only its header.
    func stored(_ id: BlockID) -> StoredBlock? {
        let node = index[id]
        guard node.status.hasData else { return nil }
        return StoredBlock(
            hash: node.hash,
            position: FilePosition(file: Int(node.file), offset: Int(node.dataPosition)),
            hasWitness: network.consensus.isActive(.segwit, at: index.height(of: id)))
    }
}

/// Blocks one after the other on a way, read back ahead of being connected.
struct BlockFeed {
    private let ahead: ReadAhead<Block>
    /// Those to come, the next one last.
    private var coming: [BlockID]

    /// How many blocks of a way one feed reads.
    private static let limit = 1024

    /// - Parameter first: the first block of the way to `target`, which is on the disk.
    init(from first: BlockID, toward target: BlockID, of chain: borrowing Chainstate) {
        let index = chain.index
        let end = min(index.height(of: target), index.height(of: first) + Self.limit - 1)
        var way: [BlockID] = []
        var next = index.ancestor(of: target, at: end)
        while let id = next {
            way.append(id)
            next = id == first ? nil : index.parent(of: id)
        }
        let blocks = way.reversed().map { chain.stored($0) }
        coming = way
        let reader = chain.files.reader
        ahead = ReadAhead(limit: ReadAhead<Block>.blockLimit, cost: \.totalSize) {
            hand throws(StorageError) in
            for block in blocks {
                guard let block = try block?.ifUnchanged(by: reader), hand(block) else { return }
            }
        }
    }

    /// The block, if it is the one whose turn it is, and unchanged as the disk has it.
    mutating func next(_ id: BlockID) throws(StorageError) -> Block? {
        guard coming.last == id else { return nil }
        coming.removeLast()
        return try ahead.next()
    }
}
