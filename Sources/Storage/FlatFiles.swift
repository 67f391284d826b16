/// A sequence of files that only grow: `blk00000.dat`, `blk00001.dat`, …
///
/// What is read and written here is plain; on the disk each byte is combined with the key by
/// exclusive or, at its position, as Core does to keep virus scanners from finding what they seek.
public struct FlatFiles: ~Copyable {
    public let reader: FlatFileReader
    private let fault: WriteFault
    /// Files written to since they were last synchronised.
    private var unsynchronised: Set<Int> = []
    /// The sizes of the files we know, so that an append costs no question.
    private var sizes: [Int: Int] = [:]
    /// The file last appended to, which stays open.
    private var growing: Growing?
    /// What is about to be written, as it stands on the disk.
    private var piece: [UInt8] = []

    private struct Growing: ~Copyable {
        let number: Int
        let file: File
    }

    public init(folder: String, prefix: String, key: [UInt8], fault: WriteFault = .none) {
        reader = FlatFileReader(folder: folder, prefix: prefix, key: key)
        self.fault = fault
    }

    public func path(_ file: Int) -> String { reader.path(file) }

    /// The numbers of the files there are, in order.
    public func numbers() throws(StorageError) -> [Int] { try reader.numbers() }

    /// Reads exactly `count` bytes; nil if the file is not that long.
    public func read(_ position: FilePosition, count: Int) throws(StorageError) -> [UInt8]? {
        try reader.read(position, count: count)
    }

    /// The size of a file in bytes, 0 if there is none.
    public mutating func size(_ file: Int) -> Int {
        if let known = sizes[file] { return known }
        let size = System.size(path(file)) ?? 0
        sizes[file] = size
        return size
    }

    /// The number of the last file there is, 0 if there is none.
    public func last() throws(StorageError) -> Int {
        try numbers().last ?? 0
    }

    /// What the disk is given to write at once, in bytes.
    private static let stretch = 8 << 20

    /// What is written at once, in bytes.
    private static let pieceSize = 64 << 10

    /// Appends to a file, made if need be, what begins with `head` and goes on with `bytes`; returns
    /// where that begins. After a failure the file is as long as before, if the disk still allows
    /// that much.
    public mutating func append(
        head: [UInt8] = [], _ bytes: Span<UInt8>, to file: Int
    ) throws(StorageError) -> Int {
        let offset = size(file)
        let isNew = offset == 0
        try open(file)
        do throws(StorageError) {
            try write(head, bytes, at: offset)
        } catch {
            try? growing?.file.truncate(to: offset)
            throw error
        }
        let end = offset + head.count + bytes.count
        // Each stretch as soon as it is full.
        let stretch = offset / Self.stretch
        if end / Self.stretch > stretch {
            let start = stretch * Self.stretch
            growing?.file.beginSynchronising(at: start, count: end - start)
        }
        sizes[file] = end
        unsynchronised.insert(file)
        if isNew { try System.synchroniseFolder(reader.folder) }
        return offset
    }

    private mutating func open(_ file: Int) throws(StorageError) {
        if growing?.number == file { return }
        growing = Growing(number: file, file: try File(path(file), .creating, fault: fault))
    }

    /// Writes through a piece of memory that stays in the processor's caches.
    private mutating func write(
        _ head: [UInt8], _ bytes: Span<UInt8>, at offset: Int
    ) throws(StorageError) {
        var written = 0
        piece.append(contentsOf: head)
        defer { piece.removeAll(keepingCapacity: true) }
        repeat {
            let start = offset + head.count + written - piece.count
            let count = min(bytes.count - written, Self.pieceSize - piece.count)
            bytes.extracting(written..<written + count).withUnsafeBufferPointer {
                piece.append(contentsOf: $0)
            }
            written += count
            reader.combine(&piece, at: start)
            try growing?.file.write(piece.span, at: start)
            piece.removeAll(keepingCapacity: true)
        } while written < bytes.count
    }

    /// Notes that a file may have been written to by a process that ended before it was
    /// synchronised.
    public mutating func doubt(_ file: Int) {
        if System.exists(path(file)) { unsynchronised.insert(file) }
    }

    /// Returns when all that was appended is on the disk.
    public mutating func synchronise() throws(StorageError) {
        for file in unsynchronised.sorted() {
            // A file that may only be read may still have been written to before.
            try File(path(file), .reading, fault: fault).synchronise()
            unsynchronised.remove(file)
        }
    }

    /// The bytes of all files together.
    public mutating func totalSize() throws(StorageError) -> Int {
        var total = 0
        for number in try numbers() { total += size(number) }
        return total
    }

    public mutating func remove(_ file: Int) throws(StorageError) {
        if growing?.number == file { growing = nil }
        try System.remove(path(file))
        sizes[file] = nil
        unsynchronised.remove(file)
    }
}

extension FlatFiles {
    /// The key of a block folder, kept in `xor.dat`: random when the folder is new and `isHidden`
    /// is asked for, zero otherwise.
    public static func key(folder: String, isHidden: Bool, fault: WriteFault = .none)
        throws(StorageError) -> [UInt8]
    {
        let path = "\(folder)/xor.dat"
        if let stored = try File.contents(of: path, limit: 4096) {
            guard stored.count >= 8 else {
                throw StorageError(path: path, reason: "The XOR key file is too short")
            }
            let key = Array(stored.prefix(8))
            guard isHidden || key.allSatisfy({ $0 == 0 }) else {
                let digits = key.map { byte in
                    String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
                }.joined()
                throw StorageError(
                    path: "",
                    reason: "The blocksdir XOR-key can not be disabled when a random key was "
                        + "already stored! Stored key: '\(digits)', stored path: '\(path)'.")
            }
            return key
        }
        let isFirstRun = try System.names(in: folder).isEmpty
        let key: [UInt8] = (0..<8).map { _ in isHidden && isFirstRun ? .random(in: 0...255) : 0 }
        try File.replace(path, with: key.span, fault: fault)
        return key
    }
}
