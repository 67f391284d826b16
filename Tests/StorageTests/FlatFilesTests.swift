import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Flat files") struct FlatFilesTests {
    private let folder = TemporaryFolder()
    private let key: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]

    private func bytes(_ count: Int, from start: UInt8 = 0) -> [UInt8] {
        (0..<count).map { start &+ UInt8(truncatingIfNeeded: $0) }
    }

    @Test("What is appended is read back, with a key and without, from any offset")
    func roundTrip() throws {
        for key in [[], key] {
            var files = FlatFiles(folder: folder.path, prefix: "a\(key.count)", key: key)
            let first = bytes(13)
            let second = bytes(1000, from: 77)
            #expect(try files.append(first.span, to: 0) == 0)
            #expect(try files.append(second.span, to: 0) == 13)
            try files.synchronise()
            #expect(try files.read(FilePosition(file: 0, offset: 0), count: 13) == first)
            #expect(try files.read(FilePosition(file: 0, offset: 13), count: 1000) == second)
            let part = try files.read(FilePosition(file: 0, offset: 20), count: 30)
            #expect(part == Array(second[7..<37]))
        }
    }

    @Test("On the disk each byte is combined with the key at its position")
    func hidden() throws {
        var files = FlatFiles(folder: folder.path, prefix: "blk", key: key)
        let plain = bytes(20)
        _ = try files.append(plain.span, to: 3)
        let stored = try #require(try File.contents(of: folder.path + "/blk00003.dat", limit: 100))
        #expect(stored == plain.enumerated().map { $1 ^ key[$0 % 8] })
    }

    @Test("Reading past the end, or where no file is, answers nothing")
    func missing() throws {
        var files = FlatFiles(folder: folder.path, prefix: "blk", key: [])
        _ = try files.append(bytes(10).span, to: 0)
        #expect(try files.read(FilePosition(file: 0, offset: 5), count: 6) == nil)
        #expect(try files.read(FilePosition(file: 1, offset: 0), count: 1) == nil)
        #expect(try files.numbers() == [0])
    }

    @Test("A write that fails leaves the file as long as it was")
    func failingWrite() throws {
        var files = FlatFiles(folder: folder.path, prefix: "blk", key: [])
        _ = try files.append(bytes(10).span, to: 0)
        let fault = WriteFault { operation, _ in operation == .append ? "no room" : nil }
        var failing = FlatFiles(folder: folder.path, prefix: "blk", key: [], fault: fault)
        #expect(throws: StorageError(path: folder.path + "/blk00000.dat", reason: "no room")) {
            _ = try failing.append(bytes(10).span, to: 0)
        }
        #expect(failing.size(0) == 10)
    }

    @Test("What is longer than a piece is read back behind its head, in turns with another file")
    func pieces() throws {
        for key in [[], key] {
            var files = FlatFiles(folder: folder.path, prefix: "p\(key.count)", key: key)
            let head = bytes(8, from: 200)
            var ends = [0: 0, 1: 0]
            for count in [1, 65_527, 65_528, 65_529, 131_073, 300_001, 0] {
                for file in [0, 1] {
                    let body = bytes(count, from: UInt8(truncatingIfNeeded: count))
                    let start = try files.append(head: head, body.span, to: file)
                    #expect(start == ends[file])
                    ends[file] = start + head.count + count
                    #expect(files.size(file) == ends[file])
                    let position = FilePosition(file: file, offset: start)
                    let stored = try files.read(position, count: head.count + count)
                    #expect(stored == head + body)
                }
            }
        }
    }

    @Test("A piece that fails after another leaves the file as long as it was")
    func failingPiece() throws {
        let writes = Mutex(0)
        let fault = WriteFault { operation, _ in
            guard operation == .append else { return nil }
            return writes.withLock { count in
                count += 1
                return count == 3 ? "no room" : nil
            }
        }
        var files = FlatFiles(folder: folder.path, prefix: "blk", key: key, fault: fault)
        let path = folder.path + "/blk00000.dat"
        #expect(try files.append(bytes(10).span, to: 0) == 0)
        #expect(throws: StorageError(path: path, reason: "no room")) {
            _ = try files.append(head: bytes(8), bytes(100_000).span, to: 0)
        }
        #expect(try File.contents(of: path, limit: 200_000)?.count == 10)
        #expect(try files.append(bytes(5).span, to: 0) == 10)
        #expect(try files.read(FilePosition(file: 0, offset: 10), count: 5) == bytes(5))
    }

    @Test("A file that was removed is made anew")
    func removed() throws {
        var files = FlatFiles(folder: folder.path, prefix: "blk", key: key)
        _ = try files.append(bytes(10).span, to: 0)
        try files.remove(0)
        #expect(try files.append(bytes(5).span, to: 0) == 0)
        #expect(try files.read(FilePosition(file: 0, offset: 0), count: 5) == bytes(5))
    }

    @Test("What is appended to is synchronised once, and what is doubted as well, if it is there")
    func synchronising() throws {
        let prefix = folder.path + "/blk"
        var earlier = FlatFiles(folder: folder.path, prefix: "blk", key: [])
        for file in 0..<4 { _ = try earlier.append(bytes(10).span, to: file) }
        // The process ends here; another begins.
        let synchronised = Mutex<[String]>([])
        let fault = WriteFault { operation, path in
            if operation == .synchronise { synchronised.withLock { $0.append(path) } }
            return nil
        }
        var files = FlatFiles(folder: folder.path, prefix: "blk", key: [], fault: fault)
        for file in [1, 2, 9] { files.doubt(file) }
        _ = try files.append(bytes(10).span, to: 3)
        try files.synchronise()
        #expect(synchronised.withLock(\.self) == [1, 2, 3].map { prefix + "0000\($0).dat" })
        try files.synchronise()
        #expect(synchronised.withLock(\.count) == 3)
    }

    @Test("A new folder gets a random key, one that holds files does not, and a key is kept")
    func keys() throws {
        let first = try FlatFiles.key(folder: folder.path, isHidden: true)
        #expect(first.count == 8 && first != [UInt8](repeating: 0, count: 8))
        #expect(try FlatFiles.key(folder: folder.path, isHidden: true) == first)
        #expect(throws: StorageError.self) {
            try FlatFiles.key(folder: folder.path, isHidden: false)
        }
        let old = TemporaryFolder()
        _ = try File(old.path + "/blk00000.dat", .creating)
        let zero = try FlatFiles.key(folder: old.path, isHidden: true)
        #expect(zero == [UInt8](repeating: 0, count: 8))
    }
}
