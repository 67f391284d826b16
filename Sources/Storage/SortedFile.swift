import CRocksDB
import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What takes changes for a store.
public protocol WriteSink: ~Copyable {
    mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>)
    mutating func delete(_ key: Span<UInt8>)
}

extension WriteSink where Self: ~Copyable {
    public mutating func put(_ key: [UInt8], _ value: [UInt8]) { put(key.span, value.span) }
    public mutating func delete(_ key: [UInt8]) { delete(key.span) }
}

/// A table made beside a store, its keys in ascending order, which the store then takes in as a
/// whole: no log, no sorting again (Docs/Decisions/0004-coins-are-ingested.md).
///
/// What goes wrong is told when the store is asked to take it in.
public struct SortedFile: ~Copyable, WriteSink {
    let path: String
    private let writer: Handle
    private let environment: Handle
    private var failure: StorageError?
    public private(set) var count = 0

    init(path: String, options: OpaquePointer) throws(StorageError) {
        self.path = path
        environment = Handle(rocksdb_envoptions_create(), freedBy: rocksdb_envoptions_destroy)
        writer = Handle(
            rocksdb_sstfilewriter_create(environment.pointer, options),
            freedBy: rocksdb_sstfilewriter_destroy)
        let pointer = writer.pointer
        try attempt(path) { rocksdb_sstfilewriter_open(pointer, path, $0) }
    }

    public mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        add { (pointer, message) in
            key.withCBytes { key, keyCount in
                value.withCBytes { value, count in
                    rocksdb_sstfilewriter_put(pointer, key, keyCount, value, count, message)
                }
            }
        }
    }

    public mutating func delete(_ key: Span<UInt8>) {
        add { (pointer, message) in
            key.withCBytes { rocksdb_sstfilewriter_delete(pointer, $0, $1, message) }
        }
    }

    private mutating func add(
        _ call: (OpaquePointer, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Void
    ) {
        guard failure == nil else { return }
        do throws(StorageError) {
            try attempt(path) { call(writer.pointer, $0) }
            count += 1
        } catch {
            failure = error
        }
    }

    /// Ends the table, and brings it to the disk.
    func finish() throws(StorageError) {
        if let failure { throw failure }
        try attempt(path) { rocksdb_sstfilewriter_finish(writer.pointer, $0) }
    }
}

extension Database {
    private static func incoming(of path: String, part: Int) -> String { "\(path)/incoming\(part)" }

    /// Begins a table of changes, in the order of their keys.
    public func makeSortedFile() throws(StorageError) -> SortedFile {
        try fault.check(.create, path)
        try Self.removeIncoming(of: path)
        return try SortedFile(path: Self.incoming(of: path, part: 0), options: options.pointer)
    }

    /// What a crash left while tables were being made.
    static func removeIncoming(of path: String) throws(StorageError) {
        for name in try System.names(in: path) where name.hasPrefix("incoming") {
            try System.remove("\(path)/\(name)")
        }
    }

    /// Takes a table in, whole or not at all. On return it is on the disk, and so is all that was
    /// written before.
    public func ingest(_ file: consuming SortedFile) throws(StorageError) {
        guard file.count > 0 else { return }
        try fault.check(.batch, path)
        try file.finish()
        try takeIn([file.path])
    }

    /// Makes tables side by side, each on a thread, and takes them in together, whole or not at
    /// all.
    ///
    /// - Parameter write: writes one of the parts, whose keys all come after those of the part
    ///   before.
    public func ingest(
        parts count: Int, _ write: (_ part: Int, _ file: inout SortedFile) -> Void
    ) throws(StorageError) {
        try fault.check(.create, path)
        try Self.removeIncoming(of: path)
        // The path of each part, nil for one that holds nothing.
        var outcomes = [Result<String?, StorageError>](repeating: .success(nil), count: count)
        let names = (0..<count).map { Self.incoming(of: path, part: $0) }
        outcomes.withUnsafeMutableBufferPointer { outcomes in
            withoutActuallyEscaping(write) { write in
                // Safe: each thread has an element to itself, and the options are only read.
                nonisolated(unsafe) let (outcomes, write) = (outcomes, write)
                nonisolated(unsafe) let options = options.pointer
                DispatchQueue.concurrentPerform(iterations: count) { part in
                    outcomes[part] = Self.make(names[part], options) { write(part, &$0) }
                }
            }
        }
        var paths: [String] = []
        for outcome in outcomes {
            if let path = try outcome.get() { paths.append(path) }
        }
        try fault.check(.batch, path)
        try takeIn(paths)
    }

    /// Makes one table; answers its path, nil if it holds nothing.
    private static func make(
        _ path: String, _ options: OpaquePointer, _ write: (inout SortedFile) -> Void
    ) -> Result<String?, StorageError> {
        do throws(StorageError) {
            var file = try SortedFile(path: path, options: options)
            write(&file)
            guard file.count > 0 else { return .success(nil) }
            try file.finish()
            return .success(path)
        } catch {
            return .failure(error)
        }
    }

    private func takeIn(_ paths: [String]) throws(StorageError) {
        guard !paths.isEmpty else { return }
        let store = try opened()
        // A later state must not outlive an earlier one that is in the log alone.
        try attempt { rocksdb_flush_wal(store, 1, $0) }
        let options = Handle(
            rocksdb_ingestexternalfileoptions_create(),
            freedBy: rocksdb_ingestexternalfileoptions_destroy)
        rocksdb_ingestexternalfileoptions_set_move_files(options.pointer, 1)
        let names = paths.map { strdup($0) }
        defer { for name in names { free(name) } }
        try attempt { message in
            let pointers = names.map { UnsafePointer($0) }
            rocksdb_ingest_external_file(store, pointers, pointers.count, options.pointer, message)
        }
    }
}
