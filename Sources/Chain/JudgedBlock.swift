import Consensus
import Genesis
import Primitives
import Storage

/// A block with what can be said of it alone.
struct JudgedBlock: Sendable {
    var block: Block
    /// The rule of `Block.check` that it breaks, or nil.
    var error: BlockError?

    init(_ block: Block, in network: Network) {
        self.block = block
        do throws(BlockError) {
            try block.check(in: network)
        } catch {
            self.error = error
        }
    }
}

/// A block in a file, and its place.
struct PlacedBlock: Sendable {
    var position: FilePosition
    var judged: JudgedBlock
}

extension ReadAhead<PlacedBlock> {
    /// Reads the blocks of a file that others wrote, and judges them by themselves.
    ///
    /// - Parameter isOver: ends it where nothing is found for long.
    static func blocks(
        of file: String, in network: Network, until isOver: @escaping @Sendable () -> Bool
    ) -> ReadAhead {
        ReadAhead(limit: blockLimit, cost: \.judged.block.totalSize) { hand throws(StorageError) in
            guard let source = ImportFile(path: file, magic: network.magic) else { return }
            try source.forEach(until: isOver) { offset, block in
                let position = FilePosition(file: 0, offset: offset)
                return hand(
                    PlacedBlock(position: position, judged: JudgedBlock(block, in: network)))
            }
        }
    }

    /// Reads the blocks in one of our files from an offset on, and judges them by themselves.
    static func blocks(
        ofFile file: Int, from start: Int, by reader: BlockReader, in network: Network
    ) -> ReadAhead {
        ReadAhead(limit: blockLimit, cost: \.judged.block.totalSize) { hand throws(StorageError) in
            try reader.scan(file: file, from: start) { position, block in
                hand(PlacedBlock(position: position, judged: JudgedBlock(block, in: network)))
            }
        }
    }
}
