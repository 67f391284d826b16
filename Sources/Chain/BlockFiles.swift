import Cryptography
import Primitives
import Storage

/// The blocks and their undo data in flat files of Core's layout: `blkNNNNN.dat` holds
/// (magic, size, block), `revNNNNN.dat` holds (magic, size, undo data, checksum).
struct BlockFiles: ~Copyable {
    private var blocks: FlatFiles
    private var undo: FlatFiles
    private let magic: [UInt8]
    private let maximumFileSize: Int
    /// The file that grows.
    private var current: Int

    /// Whether a file has grown beyond a multiple of its chunk since this was last asked.
    private(set) var hasGrown = false

    private static let headerSize = 8

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
        self.blocks = blocks
        self.undo = undo
        self.magic = magic
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
        let offset = try blocks.append(framed(block).span, to: current)
        noteGrowth(from: size, to: blocks.size(current), chunk: Self.blockChunk)
        return FilePosition(file: current, offset: offset + Self.headerSize)
    }

    /// Appends undo data beside the block file `file`; returns where its first byte stands.
    mutating func append(
        undo bytes: [UInt8], of previous: BlockHash, besideFile file: Int
    ) throws(StorageError) -> FilePosition {
        var record = framed(bytes)
        Self.checksum(bytes, previous).append(to: &record)
        let offset = try undo.append(record.span, to: file)
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

    /// The bytes of the block at a position; nil if there is no block of ours.
    func block(at position: FilePosition) throws(StorageError) -> [UInt8]? {
        guard let size = try size(at: position, in: blocks) else { return nil }
        return try blocks.read(position, count: size)
    }

    /// The undo data at a position; nil if it is not there or damaged.
    func undo(at position: FilePosition, of previous: BlockHash) throws(StorageError) -> [UInt8]? {
        guard let size = try size(at: position, in: undo),
            let record = try undo.read(position, count: size + 32)
        else { return nil }
        let bytes = Array(record.prefix(size))
        guard Self.checksum(bytes, previous).bytes.elementsEqual(record.suffix(32)) else {
            return nil
        }
        return bytes
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

    /// Goes through the blocks in a file, in the order they stand.
    ///
    /// - Parameter start: where to begin, in bytes.
    func scan(
        file: Int, from start: Int = 0, _ body: (FilePosition, Block) throws(StorageError) -> Void
    ) throws(StorageError) {
        let size = blockFileSize(file) ?? 0
        var offset = start
        while let frame = try nextFrame(file: file, from: offset, size: size) {
            let position = FilePosition(file: file, offset: frame.start)
            guard let bytes = try blocks.read(position, count: frame.count) else { return }
            if let block = try? Block(decoding: bytes) {
                try body(position, block)
                offset = frame.start + frame.count
            } else {
                // A size that is damaged must not hide the blocks it would leap over.
                offset = frame.start
            }
        }
    }

    /// Refuses files written for another network, in which no block would be found.
    func checkNetwork(_ name: String) throws(StorageError) {
        guard let first = try numbers().first, let size = blockFileSize(first), size > 0,
            try nextFrame(file: first, from: 0, size: size) == nil
        else { return }
        throw StorageError(
            path: blockPath(first),
            reason: "This file holds no block of the network \(name): it is of another, or xor.dat "
                + "beside it is not the one it was written with. Name another -datadir or -blocksdir"
        )
    }

    /// Where the block at a position ends; nil if there is none.
    func end(ofBlockAt position: FilePosition) throws(StorageError) -> Int? {
        try size(at: position, in: blocks).map { position.offset + $0 }
    }

    /// Looks for the magic bytes with a size that fits in the file.
    private func nextFrame(
        file: Int, from start: Int, size: Int
    ) throws(StorageError) -> (start: Int, count: Int)? {
        let windowSize = 1 << 16
        var offset = start
        while offset + Self.headerSize <= size {
            let count = min(windowSize, size - offset)
            guard
                let window = try blocks.read(
                    FilePosition(file: file, offset: offset), count: count)
            else { return nil }
            var place = 0
            while place + Self.headerSize <= count {
                if window[place] == magic[0], window[place..<place + 4].elementsEqual(magic) {
                    let length = Self.littleEndian(window[place + 4..<place + 8])
                    let begin = offset + place + Self.headerSize
                    if length >= 80, begin + length <= size { return (begin, length) }
                }
                place += 1
            }
            // The last seven bytes may be the beginning of a frame: they are seen again.
            offset += max(1, count - Self.headerSize + 1)
        }
        return nil
    }

    private func size(
        at position: FilePosition, in files: borrowing FlatFiles
    ) throws(StorageError) -> Int? {
        guard position.offset >= Self.headerSize else { return nil }
        let start = FilePosition(
            file: position.file, offset: position.offset - Self.headerSize)
        guard let header = try files.read(start, count: Self.headerSize),
            header[..<4].elementsEqual(magic)
        else { return nil }
        return Self.littleEndian(header[4...])
    }

    private func framed(_ payload: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: payload.count + Self.headerSize + 32)
        writer.write(magic)
        writer.write(UInt32(payload.count))
        writer.write(payload)
        return writer.bytes
    }

    private static func checksum(_ undo: [UInt8], _ previous: BlockHash) -> Hash256 {
        var stream = SHA256Stream()
        stream.update(previous)
        stream.update(undo.span)
        return stream.finalizeDouble()
    }

    private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
