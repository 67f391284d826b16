import Primitives
import Storage

/// A file of blocks, each after the magic bytes and its size, as `linearize` makes them.
struct ImportFile: ~Copyable {
    private let file: File
    private let magic: [UInt8]
    private static let largestBlock = 4_000_000
    private static let headerSize = 8
    private static let windowSize = 1 << 20

    /// Nil if there is no such file.
    init?(path: String, magic: [UInt8]) {
        guard let file = try? File(path, .reading) else { return nil }
        self.file = file
        self.magic = magic
    }

    /// Goes through the blocks in the order they stand, each with its place, until the body returns
    /// false. What is no block is passed over.
    ///
    /// - Parameter isOver: is asked now and then where there is no block for long, and ends it.
    func forEach(
        until isOver: () -> Bool, _ body: (_ offset: Int, Block) -> Bool
    ) throws(StorageError) {
        let size = try file.size()
        var offset = 0
        while let start = try nextMagic(from: offset, size: size, until: isOver) {
            if let block = try block(at: start) {
                guard body(start, block) else { return }
                offset = start + Self.headerSize + block.totalSize
            } else {
                // A size that is damaged must not hide the blocks it would leap over.
                offset = start + magic.count
            }
        }
    }

    /// The block whose magic bytes stand at a place; nil if there is none.
    func block(at offset: Int) throws(StorageError) -> Block? {
        let header = try file.read(at: offset, count: Self.headerSize)
        guard header.count == Self.headerSize, header.starts(with: magic) else { return nil }
        let count = header[4...].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count >= 80, count <= Self.largestBlock else { return nil }
        return try? Block(decoding: try file.read(at: offset + Self.headerSize, count: count))
    }

    /// The first place from which on the magic bytes stand.
    private func nextMagic(
        from start: Int, size: Int, until isOver: () -> Bool
    ) throws(StorageError) -> Int? {
        // One block follows another, as a rule.
        if try file.read(at: start, count: magic.count) == magic { return start }
        var offset = start
        while offset + Self.headerSize <= size, !isOver() {
            let window = try file.read(at: offset, count: Self.windowSize)
            if let place = ByteSearch.first(magic, in: window.span) { return offset + place }
            // The last bytes may be the beginning of the magic: they are seen again.
            offset += max(1, window.count - magic.count + 1)
        }
        return nil
    }
}
