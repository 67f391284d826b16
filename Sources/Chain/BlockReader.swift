import Cryptography
import Primitives
import Storage

/// What reads blocks and undo data in their files, on any thread.
struct BlockReader: Sendable {
    let blocks: FlatFileReader
    let undo: FlatFileReader
    let magic: [UInt8]

    /// The magic bytes and the size before each block.
    static let headerSize = 8

    /// The bytes of the block at a position; nil if there is no block of ours.
    func block(at position: FilePosition) throws(StorageError) -> [UInt8]? {
        guard let size = try size(at: position, in: blocks) else { return nil }
        return try blocks.read(position, count: size)
    }

    /// Where the block at a position ends; nil if there is none.
    func end(ofBlockAt position: FilePosition) throws(StorageError) -> Int? {
        try size(at: position, in: blocks).map { position.offset + $0 }
    }

    /// The undo data at a position; nil if it is not there or damaged.
    func undo(at position: FilePosition, of previous: BlockHash) throws(StorageError) -> [UInt8]? {
        guard let size = try size(at: position, in: undo),
            let record = try undo.read(position, count: size + 32)
        else { return nil }
        let bytes = Array(record.prefix(size))
        guard UndoRecord.checksum(bytes, previous).bytes.elementsEqual(record.suffix(32)) else {
            return nil
        }
        return bytes
    }

    /// Goes through the blocks in a file, in the order they stand.
    ///
    /// - Parameters:
    ///   - start: where to begin, in bytes.
    ///   - body: is handed each block with its place, and answers whether to go on.
    func scan(
        file: Int, from start: Int = 0, _ body: (FilePosition, Block) -> Bool
    ) throws(StorageError) {
        guard let blocks = try blocks.open(file) else { return }
        let size = try blocks.size()
        var offset = start
        while let frame = try nextFrame(in: blocks, from: offset, size: size) {
            let position = FilePosition(file: file, offset: frame.start)
            guard let bytes = try blocks.read(at: frame.start, count: frame.count) else { return }
            if let block = try? Block(decoding: bytes) {
                guard body(position, block) else { return }
                offset = frame.start + frame.count
            } else {
                // A size that is damaged must not hide the blocks it would leap over.
                offset = frame.start
            }
        }
    }

    /// Goes through the headers of the blocks in a file, in the order they stand, and leaves their
    /// transactions unread. Whether the blocks are whole is not looked at.
    ///
    /// - Parameter body: is handed each header, and answers whether to go on.
    func scanHeaders(file: Int, _ body: (BlockHeader) -> Bool) throws(StorageError) {
        guard let blocks = try blocks.open(file) else { return }
        let size = try blocks.size()
        var offset = 0
        while let frame = try nextFrame(in: blocks, from: offset, size: size) {
            guard let bytes = try blocks.read(at: frame.start, count: BlockHeader.encodedSize),
                let header = try? BlockHeader(decoding: bytes), body(header)
            else { return }
            offset = frame.start + frame.count
        }
    }

    /// Refuses files written for another network, in which no block would be found.
    func checkNetwork(_ name: String) throws(StorageError) {
        guard let first = try blocks.numbers().first, let file = try blocks.open(first) else {
            return
        }
        let size = try file.size()
        guard size > 0, try nextFrame(in: file, from: 0, size: size) == nil else { return }
        throw StorageError(
            path: blocks.path(first),
            reason: "This file holds no block of the network \(name): it is of another, or xor.dat "
                + "beside it is not the one it was written with. Name another -datadir or -blocksdir"
        )
    }

    /// Looks for the magic bytes with a size that fits in the file.
    private func nextFrame(
        in blocks: borrowing FlatFile, from start: Int, size: Int
    ) throws(StorageError) -> (start: Int, count: Int)? {
        // Mostly it is there at once.
        var windowSize = 1 << 10
        var offset = start
        while offset + Self.headerSize <= size {
            let count = min(windowSize, size - offset)
            guard let window = try blocks.read(at: offset, count: count) else { return nil }
            var start = 0
            while let place = ByteSearch.first(magic, in: window.span, from: start),
                place + Self.headerSize <= count
            {
                let length = Self.littleEndian(window[place + 4..<place + 8])
                let begin = offset + place + Self.headerSize
                if length >= 80, begin + length <= size { return (begin, length) }
                start = place + 1
            }
            windowSize = 1 << 16
            // The last seven bytes may be the beginning of a frame: they are seen again.
            offset += max(1, count - Self.headerSize + 1)
        }
        return nil
    }

    private func size(
        at position: FilePosition, in files: FlatFileReader
    ) throws(StorageError) -> Int? {
        guard position.offset >= Self.headerSize else { return nil }
        let start = FilePosition(
            file: position.file, offset: position.offset - Self.headerSize)
        guard let header = try files.read(start, count: Self.headerSize),
            header[..<4].elementsEqual(magic)
        else { return nil }
        return Self.littleEndian(header[4...])
    }

    private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// Magic bytes and size, which stand before a payload.
    static func head(of payload: [UInt8], magic: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: headerSize)
        writer.write(magic)
        writer.write(UInt32(payload.count))
        return writer.bytes
    }

    /// Magic bytes, size and payload.
    static func framed(_ payload: [UInt8], magic: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: payload.count + headerSize + 32)
        writer.write(head(of: payload, magic: magic))
        writer.write(payload)
        return writer.bytes
    }
}
