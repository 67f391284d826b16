import Primitives
import Storage

/// A file of blocks, each after the magic bytes and its size, as `linearize` makes them.
struct ImportFile: ~Copyable {
    private let file: File
    private let magic: [UInt8]
    private static let largestBlock = 4_000_000

    /// Nil if there is no such file.
    init?(path: String, magic: [UInt8]) {
        guard let file = try? File(path, .reading) else { return nil }
        self.file = file
        self.magic = magic
    }

    /// Goes through the blocks until `body` answers that it wants no more.
    func forEach(_ body: (Block) -> Bool) throws(StorageError) {
        let size = try file.size()
        var offset = 0
        while offset + 8 < size {
            let header = try file.read(at: offset, count: 8)
            guard header.count == 8 else { return }
            let count = header[4...].reversed().reduce(0) { $0 << 8 | Int($1) }
            guard header[..<4].elementsEqual(magic), count >= 80, count <= Self.largestBlock else {
                offset += 1
                continue
            }
            let bytes = try file.read(at: offset + 8, count: count)
            if let block = try? Block(decoding: bytes) {
                guard body(block) else { return }
                offset += 8 + count
            } else {
                offset += 1
            }
        }
    }
}
