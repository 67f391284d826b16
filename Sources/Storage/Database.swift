import CRocksDB
import CRocksDBLog

/// An open RocksDB. It cannot be copied, so it has one owner; it closes when its owner drops it.
public struct Database: ~Copyable, KeyValueStore {
    public let path: String
    private let repair: String
    let fault: WriteFault
    private let isOnDisk: Bool
    // The order matters: the store must close before what it was opened with is freed.
    private var store: Store
    private let reading: Handle
    private let writing: Handle
    private let writingSync: Handle
    let options: Handle
    private let environment: Handle

    /// - Parameters:
    ///   - cacheBytes: what it may spend on caches, in bytes.
    ///   - inMemory: whether nothing of it is to reach the disk; it then ends with its owner.
    ///   - repair: what is to be done about damage, told with it: "restart with -reindex".
    public init(
        path: String, cacheBytes: Int, inMemory: Bool = false, repair: String = "",
        fault: WriteFault = .none
    ) throws(StorageError) {
        self.path = path
        self.repair = repair
        self.fault = fault
        isOnDisk = !inMemory
        options = Handle(rocksdb_options_create(), freedBy: rocksdb_options_destroy)
        Self.configure(options.pointer, cacheBytes: cacheBytes)
        // Tables are read where the system holds them, not copied out: half the cost of a look-up.
        if !inMemory { rocksdb_options_set_allow_mmap_reads(options.pointer, 1) }
        environment = Handle(
            inMemory ? rocksdb_create_mem_env() : rocksdb_create_default_env(),
            freedBy: rocksdb_env_destroy)
        if inMemory { rocksdb_options_set_env(options.pointer, environment.pointer) }
        reading = Handle(rocksdb_readoptions_create(), freedBy: rocksdb_readoptions_destroy)
        writing = Handle(rocksdb_writeoptions_create(), freedBy: rocksdb_writeoptions_destroy)
        writingSync = Handle(rocksdb_writeoptions_create(), freedBy: rocksdb_writeoptions_destroy)
        rocksdb_writeoptions_set_sync(writingSync.pointer, 1)
        store = try Store(path: path, options: options.pointer, isOnDisk: !inMemory)
    }

    /// RocksDB's number for checksums by XXH3.
    private static let xxh3: CChar = 4

    private static func configure(_ options: OpaquePointer, cacheBytes: Int) {
        rocksdb_options_set_create_if_missing(options, 1)
        rocksdb_options_set_paranoid_checks(options, 1)
        crocksdb_set_no_log(options)
        rocksdb_options_set_max_open_files(options, 512)
        rocksdb_options_increase_parallelism(options, 2)
        rocksdb_options_set_write_buffer_size(options, max(4 << 20, min(64 << 20, cacheBytes / 4)))
        rocksdb_options_set_max_total_wal_size(options, 256 << 20)
        // Keys are hashes and values nearly so: compression would cost time and gain nothing.
        rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
        let table = Handle(
            rocksdb_block_based_options_create(), freedBy: rocksdb_block_based_options_destroy)
        let cache = Handle(
            rocksdb_cache_create_lru(max(4 << 20, cacheBytes / 2)), freedBy: rocksdb_cache_destroy)
        rocksdb_block_based_options_set_block_cache(table.pointer, cache.pointer)
        // The table takes the policy over, and frees it.
        rocksdb_block_based_options_set_filter_policy(
            table.pointer, rocksdb_filterpolicy_create_bloom_full(10))
        // What `CRocksDBTables` reads, whatever a library's own choice is.
        rocksdb_block_based_options_set_format_version(table.pointer, 5)
        rocksdb_block_based_options_set_checksum(table.pointer, xxh3)
        rocksdb_options_set_block_based_table_factory(options, table.pointer)
    }

    /// Closes the store before its owner is dropped. Whatever is asked of it then fails.
    public mutating func close() { store.close() }

    /// An error of RocksDB, with what helps where it has found damage.
    func failure(_ reason: String) -> StorageError {
        var error = StorageError(path: path, reason: reason)
        if error.isDamage, !repair.isEmpty { error.reason += "; \(repair)" }
        return error
    }

    func attempt<Result>(
        _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) throws(StorageError) -> Result {
        do {
            return try Storage.attempt(path, call)
        } catch {
            throw failure(error.reason)
        }
    }

    func opened() throws(StorageError) -> OpaquePointer {
        guard let pointer = store.pointer else {
            throw StorageError(path: path, reason: "The store is closed")
        }
        return pointer
    }

    public func get(_ key: Span<UInt8>) throws(StorageError) -> [UInt8]? {
        let store = try opened()
        var count = 0
        let value = try attempt { message in
            key.withCBytes {
                rocksdb_get(store, reading.pointer, $0, $1, &count, message)
            }
        }
        guard let value else { return nil }
        defer { rocksdb_free(value) }
        return [UInt8](UnsafeRawBufferPointer(start: value, count: count))
    }

    public func multiGet(
        _ keys: borrowing KeyList, _ body: (_ index: Int, _ value: Span<UInt8>?) -> Void
    ) throws(StorageError) {
        var start = 0
        // RocksDB works on what it is given at once: pieces keep its scratch space small.
        while start < keys.count {
            let end = min(start + 4096, keys.count)
            try lookUp(keys, start..<end, body)
            start = end
        }
    }

    private func lookUp(
        _ keys: borrowing KeyList, _ range: Range<Int>,
        _ body: (_ index: Int, _ value: Span<UInt8>?) -> Void
    ) throws(StorageError) {
        let open = try opened()
        let count = range.count
        let ends = keys.ends
        var lengths = [Int](repeating: 0, count: count)
        var starts = [UnsafePointer<CChar>?](repeating: nil, count: count)
        var values = [OpaquePointer?](repeating: nil, count: count)
        var errors = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        keys.bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            for (slot, index) in range.enumerated() {
                let start = index == 0 ? 0 : ends[index - 1]
                starts[slot] = base.map { $0 + start }
                lengths[slot] = ends[index] - start
            }
            rocksdb_batched_multi_get_cf(
                open, reading.pointer, store.column, count, starts, lengths, &values,
                &errors, false)
        }
        var failure: StorageError?
        for (slot, index) in range.enumerated() {
            if let error = errors[slot] {
                failure = failure ?? self.failure(String(cString: error))
                rocksdb_free(error)
            }
            guard let value = values[slot] else {
                if failure == nil { body(index, nil) }
                continue
            }
            if failure == nil {
                var length = 0
                let pointer = rocksdb_pinnableslice_value(value, &length)
                let raw = UnsafeRawBufferPointer(start: pointer, count: length)
                body(index, raw.assumingMemoryBound(to: UInt8.self).span)
            }
            rocksdb_pinnableslice_destroy(value)
        }
        if let failure { throw failure }
    }

    public func write(_ batch: consuming WriteBatch, sync: Bool) throws(StorageError) {
        let store = try opened()
        try fault.check(sync ? .synchronousBatch : .batch, path)
        let options = sync ? writingSync.pointer : writing.pointer
        try attempt {
            rocksdb_write(store, options, batch.handle.pointer, $0)
        }
    }

    public func iterate(
        _ prefix: Span<UInt8>, snapshot: borrowing Snapshot,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
    ) throws(StorageError) {
        let store = try opened()
        let settings = Handle(rocksdb_readoptions_create(), freedBy: rocksdb_readoptions_destroy)
        // A walk through everything must not push what is in use out of the cache.
        rocksdb_readoptions_set_fill_cache(settings.pointer, 0)
        if let seen = snapshot.pointer { rocksdb_readoptions_set_snapshot(settings.pointer, seen) }
        let iterator = Handle(
            rocksdb_create_iterator(store, settings.pointer),
            freedBy: rocksdb_iter_destroy)
        prefix.withCBytes { rocksdb_iter_seek(iterator.pointer, $0, $1) }
        while rocksdb_iter_valid(iterator.pointer) != 0 {
            var keyCount = 0
            var count = 0
            let key = UnsafeRawBufferPointer(
                start: rocksdb_iter_key(iterator.pointer, &keyCount), count: keyCount)
            let value = UnsafeRawBufferPointer(
                start: rocksdb_iter_value(iterator.pointer, &count), count: count)
            let begins = prefix.withUnsafeBytes { key.starts(with: $0) }
            guard begins else { break }
            let goesOn = body(
                key.assumingMemoryBound(to: UInt8.self).span,
                value.assumingMemoryBound(to: UInt8.self).span)
            guard goesOn else { break }
            rocksdb_iter_next(iterator.pointer)
        }
        try attempt { rocksdb_iter_get_error(iterator.pointer, $0) }
    }

    public func snapshot() -> Snapshot { Snapshot(of: store.pointer) }

    /// Begins a walk through the keys that begin with a byte.
    public func cursor(_ prefix: UInt8) throws(StorageError) -> StoreCursor {
        StoreCursor(try opened(), path: path, prefix: prefix, mayReadTables: isOnDisk)
    }

    /// Begins a walk through the same keys as another, since which nothing was written.
    public func cursor(
        beside other: borrowing StoreCursor
    ) throws(StorageError) -> StoreCursor {
        StoreCursor(try opened(), beside: other)
    }

    /// About how many bytes the keys from `start` to `end` take on the disk.
    public func approximateSize(from start: Span<UInt8>, to end: Span<UInt8>) -> Int {
        guard let store = store.pointer else { return 0 }
        var size: UInt64 = 0
        start.withCBytes { start, startCount in
            end.withCBytes { end, endCount in
                var starts = [start], ends = [end]
                var message: UnsafeMutablePointer<CChar>?
                rocksdb_approximate_sizes(
                    store, 1, &starts, [startCount], &ends, [endCount], &size, &message)
                if let message { rocksdb_free(message) }
            }
        }
        return Int(clamping: size)
    }
}

/// The store itself with its only column family, which come from one call and end together.
///
/// Not private: other modules destroy it in place, and in a release build would not find it.
struct Store: ~Copyable {
    /// Nil once closed.
    private(set) var pointer: OpaquePointer?
    private(set) var column: OpaquePointer?

    init(path: String, options: OpaquePointer, isOnDisk: Bool) throws(StorageError) {
        if isOnDisk { try Self.checkFiles(path) }
        var column: OpaquePointer?
        let opened = try attempt(path) { message in
            "default".withCString { name in
                var names: [UnsafePointer<CChar>?] = [name]
                var settings: [OpaquePointer?] = [options]
                return rocksdb_open_column_families(
                    options, path, 1, &names, &settings, &column, message)
            }
        }
        guard let opened, let column else {
            throw StorageError(path: path, reason: "RocksDB did not open")
        }
        pointer = opened
        self.column = column
    }

    /// Without the file that names the others, RocksDB would begin anew and delete them.
    private static func checkFiles(_ path: String) throws(StorageError) {
        guard System.isFolder(path), !System.exists(path + "/CURRENT") else { return }
        // Where its making was cut short there is none of these yet.
        let holdsData = try System.names(in: path).contains {
            $0.hasSuffix(".sst") || $0.hasSuffix(".log")
        }
        guard holdsData else { return }
        throw StorageError(path: path + "/CURRENT", reason: StorageError.missingFile)
    }

    deinit { Self.close(pointer, column) }

    mutating func close() {
        Self.close(pointer, column)
        pointer = nil
        column = nil
    }

    private static func close(_ pointer: OpaquePointer?, _ column: OpaquePointer?) {
        guard let pointer, let column else { return }
        rocksdb_column_family_handle_destroy(column)
        rocksdb_close(pointer)
    }
}

/// The state of a store at one moment.
public struct Snapshot: ~Copyable {
    let pointer: OpaquePointer?
    private let store: OpaquePointer?

    init(of store: OpaquePointer?) {
        self.store = store
        pointer = store.flatMap { rocksdb_create_snapshot($0) }
    }

    deinit {
        if let store, let pointer { rocksdb_release_snapshot(store, pointer) }
    }
}
