import Cryptography
import Primitives
import Storage

/// The blocks and their undo data in flat files of Core's layout: `blkNNNNN.dat` holds
/// (magic, size, block), `revNNNNN.dat` holds (magic, size, undo data, checksum).
struct BlockFiles: ~Copyable {
    private var blocks: FlatFiles
    private var undo: FlatFiles
    /// What reads these files.
    let reader: BlockReader
    private let maximumFileSize: Int
    /// The file that grows.
    private var current: Int

    /// Whether a file has grown beyond a multiple of its chunk since this was last asked.
    private(set) var hasGrown = false

    private static let headerSize = BlockReader.headerSize

    /// The last files, which an earlier process may have written to just before it was killed.
    private static let doubtfulFiles = 16

    /// The pieces in which Core makes room for blocks and for undo data, in bytes. Here they tell
    /// when to look whether there is too much.
    static let blockChunk = 16 << 20
    static let undoChunk = 1 << 20

    init(
        folder: String, magic: [UInt8], isHidden: Bool, maximumFileSize: Int, fault: WriteFault
    ) throws(StorageError) {
        let key = try FlatFiles.key(folder: folder, isHidden: isHidden, fault: fault)
        var blocks = FlatFiles(folder: folder, prefix: "blk", key: key, fault: fault)
        var undo = FlatFiles(folder: folder, prefix: "rev", key: key, fault: fault)
        let numbers = try blocks.numbers()
        // What a killed process wrote is read again, and may not be on the disk yet.
        for file in numbers.suffix(Self.doubtfulFiles) {
            blocks.doubt(file)
            undo.doubt(file)
        }
        current = numbers.last ?? 0
        reader = BlockReader(blocks: blocks.reader, undo: undo.reader, magic: magic)
        self.blocks = blocks
        self.undo = undo
        self.maximumFileSize = maximumFileSize
    }

    /// Appends a block; returns where its first byte stands.
    mutating func append(block: [UInt8]) throws(StorageError) -> FilePosition {
        var size = blocks.size(current)
        if size > 0, size + Self.headerSize + block.count >= maximumFileSize {
            current += 1
            size = 0
        }
        // Every block file has an undo file beside it, if only an empty one.
        if size == 0 {
            let nothing: [UInt8] = []
            _ = try undo.append(nothing.span, to: current)
        }
        let head = BlockReader.head(of: block, magic: reader.magic)
        let offset = try blocks.append(head: head, block.span, to: current)
        noteGrowth(from: size, to: blocks.size(current), chunk: Self.blockChunk)
        return FilePosition(file: current, offset: offset + Self.headerSize)
    }

    /// Appends undo data beside the block file `file`; returns where its first byte stands.
    mutating func append(
        undo record: UndoRecord, besideFile file: Int
    ) throws(StorageError) -> FilePosition {
        let offset = try undo.append(record.bytes.span, to: file)
        noteGrowth(from: offset, to: undo.size(file), chunk: Self.undoChunk)
        return FilePosition(file: file, offset: offset + Self.headerSize)
    }

    private mutating func noteGrowth(from old: Int, to new: Int, chunk: Int) {
        if old == 0 || old / chunk != new / chunk { hasGrown = true }
    }

    /// Whether files have grown by a piece since this was last asked.
    mutating func takeGrowth() -> Bool {
        defer { hasGrown = false }
        return hasGrown
    }

    /// The size of a block file in bytes; nil if it is not there.
    func blockFileSize(_ file: Int) -> Int? { System.size(blocks.path(file)) }

    func blockPath(_ file: Int) -> String { blocks.path(file) }
    func undoPath(_ file: Int) -> String { undo.path(file) }

    /// The bytes of all the files together.
    mutating func totalSize() throws(StorageError) -> Int {
        try blocks.totalSize() + undo.totalSize()
    }

    mutating func synchronise() throws(StorageError) {
        try blocks.synchronise()
        try undo.synchronise()
    }

    /// Removes all undo files, which a reindex makes anew.
    mutating func removeUndo() throws(StorageError) {
        for number in try undo.numbers() { try undo.remove(number) }
    }

    /// Removes the block files that a reindex of a pruned chain cannot use: those after the first
    /// gap.
    mutating func removeUnusable() throws(StorageError) {
        var count = 0
        for number in try blocks.numbers() {
            if number == count {
                count += 1
            } else {
                try blocks.remove(number)
            }
        }
        current = max(0, count - 1)
    }

    /// Removes a block file and the undo file beside it.
    mutating func remove(_ file: Int) throws(StorageError) {
        try blocks.remove(file)
        try undo.remove(file)
    }

    /// The number of the file that grows.
    var last: Int { current }

    /// The bytes of a block file and the undo file beside it.
    mutating func size(_ file: Int) -> Int { blocks.size(file) + undo.size(file) }

    /// The numbers of the files there are of either kind.
    func allNumbers() throws(StorageError) -> Set<Int> {
        Set(try blocks.numbers()).union(try undo.numbers())
    }

    /// The numbers of the block files there are.
    func numbers() throws(StorageError) -> [Int] { try blocks.numbers() }

}
