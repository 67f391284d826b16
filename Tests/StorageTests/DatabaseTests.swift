import Storage
import TestSupport
import Testing

@Suite("The store") struct DatabaseTests {
    private let folder = TemporaryFolder()

    private func key(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func pairs(_ database: borrowing Database, _ prefix: String) throws -> [String] {
        var found: [String] = []
        let snapshot = database.snapshot()
        try database.iterate(key(prefix).span, snapshot: snapshot) { key, value in
            found.append("\(text(key))=\(text(value))")
            return true
        }
        return found
    }

    private func text(_ span: Span<UInt8>) -> String {
        span.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("A batch is written whole and outlives the store's closing")
    func batch() throws {
        do {
            let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
            var batch = WriteBatch()
            batch.put(key("a1").span, key("x").span)
            batch.put(key("a2").span, key("y").span)
            batch.put(key("b1").span, key("").span)
            batch.delete(key("a2").span)
            try database.write(batch, sync: true)
        }
        let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
        #expect(try database.get(key("a1").span) == key("x"))
        #expect(try database.get(key("a2").span) == nil)
        #expect(try database.get(key("b1").span) == [])
        #expect(try pairs(database, "a") == ["a1=x"])
    }

    @Test("A sorted file is taken in whole, over what stands there and what is in the log")
    func ingestion() throws {
        do {
            let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
            var batch = WriteBatch()
            batch.put(key("a1").span, key("old").span)
            batch.put(key("a2").span, key("old").span)
            batch.put(key("z").span, key("kept").span)
            try database.write(batch, sync: false)
            var file = try database.makeSortedFile()
            file.put(key("a1").span, key("new").span)
            file.delete(key("a2").span)
            file.put(key("a3").span, key("new").span)
            try database.ingest(file)
            #expect(try pairs(database, "a") == ["a1=new", "a3=new"])
        }
        let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
        #expect(try pairs(database, "a") == ["a1=new", "a3=new"])
        #expect(try database.get(key("z").span) == key("kept"))
    }

    @Test("A sorted file out of order is refused whole")
    func disorder() throws {
        let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
        var file = try database.makeSortedFile()
        file.put(key("b").span, key("1").span)
        file.put(key("a").span, key("2").span)
        file.put(key("c").span, key("3").span)
        do {
            try database.ingest(file)
            Issue.record("it was taken in")
        } catch {
            #expect(error.path.hasSuffix("incoming0"))
        }
        #expect(try pairs(database, "") == [])
        // What was left does not hinder the next.
        var next = try database.makeSortedFile()
        next.put(key("a").span, key("1").span)
        try database.ingest(next)
        #expect(try pairs(database, "") == ["a=1"])
    }

    @Test("Many keys are looked up at once, those missing among them")
    func multiGet() throws {
        let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
        var batch = WriteBatch()
        for number in stride(from: 0, to: 10_000, by: 2) {
            batch.put(key("k\(number)").span, key("v\(number)").span)
        }
        try database.write(batch, sync: false)
        var keys = KeyList()
        for number in 0..<10_000 { keys.append { $0 += key("k\(number)") } }
        var found: [[UInt8]?] = Array(repeating: nil, count: 10_000)
        try database.multiGet(keys) { index, value in
            if let value { found[index] = value.withUnsafeBytes { Array($0) } }
        }
        for number in 0..<10_000 {
            #expect(found[number] == (number.isMultiple(of: 2) ? key("v\(number)") : nil))
        }
    }

    @Test("A range is deleted up to its end and no further")
    func deleteRange() throws {
        let database = try Database(path: folder.path + "/db", cacheBytes: 1 << 20)
        var batch = WriteBatch()
        for name in ["a", "b1", "b2", "c"] { batch.put(key(name).span, key("1").span) }
        try database.write(batch, sync: false)
        var deletion = WriteBatch()
        deletion.delete(from: key("b").span, to: key("c").span)
        try database.write(deletion, sync: false)
        #expect(try pairs(database, "") == ["a=1", "c=1"])
    }

    @Test("A batch that the disk refuses changes nothing, and says where and why")
    func refusedBatch() throws {
        let path = folder.path + "/db"
        let fault = WriteFault { operation, _ in
            operation == .synchronousBatch ? "disk full" : nil
        }
        let database = try Database(path: path, cacheBytes: 1 << 20, fault: fault)
        var batch = WriteBatch()
        batch.put(key("a").span, key("1").span)
        let spent = batch
        do throws(StorageError) {
            try database.write(spent, sync: true)
            Issue.record("the write went through")
        } catch {
            #expect(error == StorageError(path: path, reason: "disk full"))
        }
        #expect(try database.get(key("a").span) == nil)
    }

    @Test("A store that is open cannot be opened again, and the error names it")
    func openTwice() throws {
        let path = folder.path + "/db"
        let first = try Database(path: path, cacheBytes: 1 << 20)
        do throws(StorageError) {
            _ = try Database(path: path, cacheBytes: 1 << 20)
            Issue.record("it was opened twice")
        } catch {
            #expect(error.path == path)
            #expect(error.reason.contains("lock"))
        }
        #expect(try first.get(key("a").span) == nil)
    }
}
