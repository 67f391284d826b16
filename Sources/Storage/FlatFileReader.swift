/// A place in a sequence of flat files.
public struct FilePosition: Hashable, Sendable {
    public var file: Int
    /// Bytes from the start of the file.
    public var offset: Int

    public init(file: Int, offset: Int) {
        self.file = file
        self.offset = offset
    }
}

/// What reads a sequence of flat files, on any thread. It holds none of them open.
public struct FlatFileReader: Sendable {
    public let folder: String
    public let prefix: String
    private let key: [UInt8]

    /// - Parameter key: what each byte on the disk is combined with; empty for nothing.
    public init(folder: String, prefix: String, key: [UInt8]) {
        self.folder = folder
        self.prefix = prefix
        self.key = key.contains { $0 != 0 } ? key : []
    }

    public func path(_ file: Int) -> String {
        let digits = String(file)
        let zeros = String(repeating: "0", count: max(0, 5 - digits.utf8.count))
        return "\(folder)/\(prefix)\(zeros)\(digits).dat"
    }

    /// The numbers of the files there are, in order.
    public func numbers() throws(StorageError) -> [Int] {
        try System.names(in: folder).compactMap { name -> Int? in
            guard name.hasPrefix(prefix), name.hasSuffix(".dat") else { return nil }
            let digits = name.dropFirst(prefix.utf8.count).dropLast(4)
            guard digits.utf8.count >= 5, digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
                return nil
            }
            // Core's limit as well: the number is kept in 31 bits.
            return Int32(digits).map(Int.init)
        }.sorted()
    }

    /// Reads exactly `count` bytes; nil if the file is not that long.
    public func read(_ position: FilePosition, count: Int) throws(StorageError) -> [UInt8]? {
        try open(position.file)?.read(at: position.offset, count: count)
    }

    /// Opens a file to be read at many places; nil if there is none.
    public func open(_ file: Int) throws(StorageError) -> FlatFile? {
        let path = path(file)
        guard System.exists(path) else { return nil }
        return FlatFile(file: try File(path, .reading), reader: self)
    }

    /// Turns bytes at an offset of a file into what stands on the disk for them, and back.
    func combine(_ bytes: inout [UInt8], at offset: Int) {
        guard !key.isEmpty else { return }
        var word: UInt64 = 0
        for index in 0..<8 {
            word |= UInt64(key[(offset + index) % key.count]) << (8 * UInt64(index))
        }
        bytes.withUnsafeMutableBytes { bytes in
            var index = 0
            while index + 8 <= bytes.count {
                let plain = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                bytes.storeBytes(
                    of: plain ^ word.littleEndian, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < bytes.count {
                bytes[index] ^= UInt8(truncatingIfNeeded: word >> (8 * UInt64(index % 8)))
                index += 1
            }
        }
    }
}

/// One of the flat files, open for reading.
public struct FlatFile: ~Copyable {
    private let file: File
    private let reader: FlatFileReader

    fileprivate init(file: consuming File, reader: FlatFileReader) {
        self.file = file
        self.reader = reader
    }

    /// The size in bytes.
    public func size() throws(StorageError) -> Int { try file.size() }

    /// Reads exactly `count` bytes; nil if the file is not that long.
    public func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8]? {
        var bytes = try file.read(at: offset, count: count)
        guard bytes.count == count else { return nil }
        reader.combine(&bytes, at: offset)
        return bytes
    }
}
