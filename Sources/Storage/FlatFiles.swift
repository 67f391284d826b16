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

/// A sequence of files that only grow: `blk00000.dat`, `blk00001.dat`, …
///
/// What is read and written here is plain; on the disk each byte is combined with the key by
/// exclusive or, at its position, as Core does to keep virus scanners from finding what they seek.
public struct FlatFiles: ~Copyable {
    public let folder: String
    public let prefix: String
    private let key: [UInt8]
    private let fault: WriteFault
    /// Files written to since they were last synchronised.
    private var unsynchronised: Set<Int> = []
    /// The sizes of the files we know, so that an append costs no question.
    private var sizes: [Int: Int] = [:]

    public init(folder: String, prefix: String, key: [UInt8], fault: WriteFault = .none) {
        self.folder = folder
        self.prefix = prefix
        self.key = key.contains { $0 != 0 } ? key : []
        self.fault = fault
    }

    public func path(_ file: Int) -> String {
        let digits = String(file)
        let zeros = String(repeating: "0", count: max(0, 5 - digits.utf8.count))
        return "\(folder)/\(prefix)\(zeros)\(digits).dat"
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

    /// Appends to a file, made if need be; returns where the bytes begin. After a failure the file
    /// is as long as before, if the disk still allows that much.
    public mutating func append(_ bytes: Span<UInt8>, to file: Int) throws(StorageError) -> Int {
        let offset = size(file)
        let isNew = offset == 0
        let handle = try File(path(file), .creating, fault: fault)
        do {
            if key.isEmpty {
                try handle.write(bytes, at: offset)
            } else {
                let hidden = combine(bytes, at: offset)
                try handle.write(hidden.span, at: offset)
            }
        } catch {
            try? handle.truncate(to: offset)
            throw error
        }
        sizes[file] = offset + bytes.count
        unsynchronised.insert(file)
        if isNew { try System.synchroniseFolder(folder) }
        return offset
    }

    /// Reads exactly `count` bytes; nil if the file is not that long.
    public func read(_ position: FilePosition, count: Int) throws(StorageError) -> [UInt8]? {
        let path = path(position.file)
        guard System.exists(path) else { return nil }
        let file = try File(path, .reading)
        let bytes = try file.read(at: position.offset, count: count)
        guard bytes.count == count else { return nil }
        return key.isEmpty ? bytes : combine(bytes.span, at: position.offset)
    }

    /// Notes that a file may have been written to by a process that ended before it was
    /// synchronised.
    public mutating func doubt(_ file: Int) {
        if System.exists(path(file)) { unsynchronised.insert(file) }
    }

    /// Returns when all that was appended is on the disk.
    public mutating func synchronise() throws(StorageError) {
        for file in unsynchronised.sorted() {
            try File(path(file), .writing, fault: fault).synchronise()
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
        try System.remove(path(file))
        sizes[file] = nil
        unsynchronised.remove(file)
    }

    private func combine(_ bytes: Span<UInt8>, at offset: Int) -> [UInt8] {
        let key = key
        var word: UInt64 = 0
        for index in 0..<8 {
            word |= UInt64(key[(offset + index) % key.count]) << (8 * UInt64(index))
        }
        return [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, filled in
            let target = UnsafeMutableRawBufferPointer(buffer)
            bytes.withUnsafeBytes { source in
                var index = 0
                while index + 8 <= source.count {
                    let plain = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    target.storeBytes(
                        of: plain ^ word.littleEndian, toByteOffset: index, as: UInt64.self)
                    index += 8
                }
                while index < source.count {
                    target[index] =
                        source[index] ^ UInt8(truncatingIfNeeded: word >> (8 * UInt64(index % 8)))
                    index += 1
                }
            }
            filled = bytes.count
        }
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
