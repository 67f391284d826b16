import Storage
import TestSupport
import Testing

@Suite("Walks through a store") struct StoreCursorTests {
    private let folder = TemporaryFolder()
    private static let prefix = UInt8(ascii: "k")

    private typealias Pair = [[UInt8]]

    private func bytes(_ span: Span<UInt8>) -> [UInt8] {
        span.withUnsafeBytes { [UInt8]($0) }
    }

    /// What RocksDB's own iterator finds.
    private func expected(
        _ database: borrowing Database, _ second: Range<Int> = 0..<256
    ) throws -> [Pair] {
        var found: [Pair] = []
        let snapshot = database.snapshot()
        try database.iterate([Self.prefix].span, snapshot: snapshot) { key, value in
            let pair = [bytes(key), bytes(value)]
            let isMeant = pair[0].count < 2 ? second.lowerBound == 0 : second ~= Int(pair[0][1])
            if isMeant { found.append(pair) }
            return true
        }
        return found
    }

    private func found(_ cursor: inout StoreCursor, _ limit: Int = .max) throws -> [Pair] {
        var found: [Pair] = []
        while try cursor.next(limit, { found.append([bytes($0), bytes($1)]) }) {}
        return found
    }

    /// A key of few bytes that differ, so that keys come again and share what they begin with.
    private func key(_ random: inout SeededGenerator) -> [UInt8] {
        let first = UInt8.random(in: Self.prefix - 1...Self.prefix + 1, using: &random)
        let count = Int.random(in: 0...3, using: &random)
        let tail = (0..<count).map { _ in UInt8.random(in: 0...40, using: &random) &* 6 }
        return [first] + tail + [UInt8](repeating: 7, count: Bool.random(using: &random) ? 30 : 0)
    }

    private func write(_ database: borrowing Database, _ random: inout SeededGenerator) throws {
        var batch = WriteBatch()
        for _ in 0..<300 {
            let key = key(&random)
            let count = Int.random(in: 0...200, using: &random)
            let value = [UInt8](repeating: UInt8(count), count: count)
            if count < 60 { batch.delete(key) } else { batch.put(key, value) }
        }
        try database.write(batch, sync: false)
    }

    private func ingest(_ database: borrowing Database, _ random: inout SeededGenerator) throws {
        let keys = Set((0..<300).map { _ in key(&random) })
        var file = try database.makeSortedFile()
        for key in keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            if Bool.random(using: &random) { file.delete(key) } else { file.put(key, [1, 2, 3]) }
        }
        try database.ingest(file)
    }

    @Test("A walk finds what RocksDB's iterator finds, wherever the entries stand")
    func likeIterator() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
        for round in 0..<30 {
            if round % 3 == 1 {
                try ingest(database, &random)
            } else {
                try write(database, &random)
            }
            // An old state that is still looked at keeps old entries in the tables.
            let old = database.snapshot()
            try write(database, &random)
            var cursor = try database.cursor(Self.prefix)
            let readsTables = cursor.readsTables
            #expect(readsTables)
            var walked = try found(&cursor)
            #expect(try walked == expected(database), "seed \(seed)")
            for _ in 0..<8 {
                let lower = Int.random(in: 0..<256, using: &random)
                let second = lower..<Int.random(in: lower + 1...256, using: &random)
                cursor.seek(second)
                let limit = Int.random(in: 1...50, using: &random)
                walked = try found(&cursor, limit)
                #expect(try walked == expected(database, second), "seed \(seed)")
            }
            _ = consume old
        }
    }

    @Test("A walk goes on over the store as it was, whatever is written")
    func steady() throws {
        var random = SeededGenerator(seed: 8)
        let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
        try write(database, &random)
        try ingest(database, &random)
        let before = try expected(database)
        var cursor = try database.cursor(Self.prefix)
        for _ in 0..<20 {
            try ingest(database, &random)
            var other = try database.cursor(Self.prefix)
            _ = try other.next(1) { _, _ in }
        }
        let walked = try found(&cursor)
        #expect(walked == before)
    }

    @Test("A store in memory is walked through as well")
    func inMemory() throws {
        var random = SeededGenerator(seed: 9)
        let database = try Database(
            path: folder.path + "/memory", cacheBytes: 1 << 20, inMemory: true)
        try write(database, &random)
        var cursor = try database.cursor(Self.prefix)
        let readsTables = cursor.readsTables
        #expect(!readsTables)
        var walked = try found(&cursor)
        #expect(try walked == expected(database))
        cursor.seek(12..<60)
        walked = try found(&cursor)
        #expect(try walked == expected(database, 12..<60))
    }

    @Test("A flipped byte of a table is found by a walk, or changes nothing")
    func damage() throws {
        var random = SeededGenerator(seed: 10)
        let path = folder.path + "/db"
        do {
            let database = try Database(path: path, cacheBytes: 1 << 20)
            try ingest(database, &random)
        }
        let name = try #require(System.names(in: path).first { $0.hasSuffix(".sst") })
        let table = "\(path)/\(name)"
        let whole = try #require(try File.contents(of: table, limit: 1 << 20))
        let expected = try {
            let database = try Database(path: path, cacheBytes: 1 << 20)
            return try self.expected(database)
        }()
        var caught = 0
        for place in stride(from: 0, to: whole.count, by: 37) {
            var bytes = whole
            bytes[place] ^= 0x10
            try File.replace(table, with: bytes.span)
            do {
                let database = try Database(path: path, cacheBytes: 1 << 20)
                var cursor = try database.cursor(Self.prefix)
                let walked = try found(&cursor)
                #expect(walked == expected, "byte \(place)")
            } catch is StorageError {
                caught += 1
            }
        }
        #expect(caught > 0)
    }
}
