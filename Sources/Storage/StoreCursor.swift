import CRocksDB
import CRocksDBTables

/// A walk through the keys that begin with a byte, over the store as it stood when the walk began.
/// Others may write meanwhile. It must end before the store is closed.
///
/// It reads the tables of the store themselves, in a quarter of the time that RocksDB's iterator
/// takes; where they have a form that is not known here, it is that iterator
/// (Docs/Decisions/0006-walks-read-tables.md).
///
/// Unchecked: neither belongs to a thread, and all they need is one caller at a time, which exclusive
/// access to this value gives. The tables that walks share are only read.
public struct StoreCursor: ~Copyable, @unchecked Sendable {
    private let prefix: UInt8
    /// What the second byte of the keys may be.
    private var second = 0..<256
    private let path: String
    // The order matters: the iterator must end before what it was made with is freed.
    private let walk: Handle
    private let settings: Handle
    /// Whether the walk is one over tables, and not an iterator.
    public let readsTables: Bool

    /// - Parameter mayReadTables: false for a store that has none on the disk.
    init(_ store: OpaquePointer, path: String, prefix: UInt8, mayReadTables: Bool) {
        precondition(prefix < .max, "a byte must follow the prefix")
        let tables =
            !mayReadTables
            ? nil
            : [prefix].span.withCBytes { from, count in
                [prefix + 1].span.withCBytes { crocksdb_walk_create(store, from, count, $0, $1) }
            }
        self.init(store, path: path, prefix: prefix, tables: tables)
    }

    /// A walk beside another, over the tables that it has open.
    init(_ store: OpaquePointer, beside other: borrowing StoreCursor) {
        let tables = other.readsTables ? crocksdb_walk_copy(other.walk.pointer) : nil
        self.init(store, path: other.path, prefix: other.prefix, tables: tables)
        seek(second)
    }

    private init(
        _ store: OpaquePointer, path: String, prefix: UInt8, tables: OpaquePointer?
    ) {
        self.prefix = prefix
        self.path = path
        settings = Handle(rocksdb_readoptions_create(), freedBy: rocksdb_readoptions_destroy)
        readsTables = tables != nil
        if let tables {
            walk = Handle(tables, freedBy: crocksdb_walk_destroy)
        } else {
            // A walk through everything must not push what is in use out of the cache.
            rocksdb_readoptions_set_fill_cache(settings.pointer, 0)
            walk = Handle(
                rocksdb_create_iterator(store, settings.pointer), freedBy: rocksdb_iter_destroy)
            seek(second)
        }
    }

    /// Goes to the first of the keys whose second byte is one of these; the walk ends after the last
    /// of them.
    public mutating func seek(_ second: Range<Int>) {
        self.second = second
        let start = second.lowerBound > 0 ? [prefix, UInt8(clamping: second.lowerBound)] : [prefix]
        let end =
            second.upperBound < 256
            ? [prefix, UInt8(clamping: second.upperBound)] : [prefix + 1]
        start.span.withCBytes { start, count in
            if readsTables {
                end.span.withCBytes { crocksdb_walk_seek(walk.pointer, start, count, $0, $1) }
            } else {
                rocksdb_iter_seek(walk.pointer, start, count)
            }
        }
    }

    /// Hands on the next keys, in order, at most `limit` of them; false once there are no more.
    public mutating func next(
        _ limit: Int, _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Void
    ) throws(StorageError) -> Bool {
        guard readsTables else { return try nextOfIterator(limit, body) }
        var entry = crocksdb_entry()
        var left = limit
        while left > 0 {
            switch crocksdb_walk_next(walk.pointer, &entry) {
            case 0: return false
            case 1:
                body(
                    UnsafeBufferPointer(start: entry.key, count: entry.key_count).span,
                    UnsafeBufferPointer(start: entry.value, count: entry.value_count).span)
            default:
                let reason = String(cString: crocksdb_walk_error(walk.pointer))
                throw StorageError(path: path, reason: reason)
            }
            left -= 1
        }
        return true
    }

    private mutating func nextOfIterator(
        _ limit: Int, _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Void
    ) throws(StorageError) -> Bool {
        var left = limit
        while left > 0 {
            guard rocksdb_iter_valid(walk.pointer) != 0 else {
                try attempt(path) { rocksdb_iter_get_error(walk.pointer, $0) }
                return false
            }
            var keyCount = 0
            var count = 0
            let key = UnsafeRawBufferPointer(
                start: rocksdb_iter_key(walk.pointer, &keyCount), count: keyCount)
            let value = UnsafeRawBufferPointer(
                start: rocksdb_iter_value(walk.pointer, &count), count: count)
            guard key.first == prefix, key.count < 2 || Int(key[1]) < second.upperBound else {
                return false
            }
            body(
                key.assumingMemoryBound(to: UInt8.self).span,
                value.assumingMemoryBound(to: UInt8.self).span)
            rocksdb_iter_next(walk.pointer)
            left -= 1
        }
        return true
    }
}
