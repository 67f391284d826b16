import CRocksDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A walk through the keys that begin with a byte, over the store as it stood when the walk began.
/// Others may write meanwhile. It must end before the store is closed.
///
/// RocksDB's iterators belong to no thread; all they need is one caller at a time, which exclusive
/// access to this value gives.
public struct StoreCursor: ~Copyable, @unchecked Sendable {
    private let prefix: UInt8
    /// What the second byte of the keys may be.
    private var second = 0..<256
    private let path: String
    // The order matters: the iterator must end before what it was made with is freed.
    private let iterator: Handle
    private let settings: Handle
    /// The byte that follows the prefix. The settings hold its address alone.
    private let bound: Handle

    init(_ store: OpaquePointer, path: String, prefix: UInt8) {
        self.prefix = prefix
        self.path = path
        settings = Handle(rocksdb_readoptions_create(), freedBy: rocksdb_readoptions_destroy)
        // A walk through everything must not push what is in use out of the cache.
        rocksdb_readoptions_set_fill_cache(settings.pointer, 0)
        // There are none, and to look for them at every key takes time.
        rocksdb_readoptions_set_ignore_range_deletions(settings.pointer, 1)
        bound = Handle(OpaquePointer(malloc(1)), freedBy: { free(UnsafeMutableRawPointer($0)) })
        if prefix < .max {
            // Tables that hold only what comes after need not be compared with at every key.
            let bound = UnsafeMutablePointer<CChar>(bound.pointer)
            bound.pointee = CChar(bitPattern: prefix + 1)
            rocksdb_readoptions_set_iterate_upper_bound(settings.pointer, bound, 1)
        }
        iterator = Handle(
            rocksdb_create_iterator(store, settings.pointer), freedBy: rocksdb_iter_destroy)
        seek(second)
    }

    /// Goes to the first of the keys whose second byte is one of these; the walk ends after the last
    /// of them.
    public mutating func seek(_ second: Range<Int>) {
        self.second = second
        let start = [prefix] + (second.lowerBound == 0 ? [] : [UInt8(clamping: second.lowerBound)])
        start.span.withCBytes { rocksdb_iter_seek(iterator.pointer, $0, $1) }
    }

    /// Hands on the next keys, in order, at most `limit` of them; false once there are no more.
    public mutating func next(
        _ limit: Int, _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Void
    ) throws(StorageError) -> Bool {
        // Of this thread. RocksDB counts what it does, for nobody, which is a tenth of the time.
        rocksdb_set_perf_level(Int32(rocksdb_disable))
        var left = limit
        while left > 0 {
            guard rocksdb_iter_valid(iterator.pointer) != 0 else {
                try attempt(path) { rocksdb_iter_get_error(iterator.pointer, $0) }
                return false
            }
            var keyCount = 0
            var count = 0
            let key = UnsafeRawBufferPointer(
                start: rocksdb_iter_key(iterator.pointer, &keyCount), count: keyCount)
            let value = UnsafeRawBufferPointer(
                start: rocksdb_iter_value(iterator.pointer, &count), count: count)
            guard key.first == prefix, key.count < 2 || Int(key[1]) < second.upperBound else {
                return false
            }
            body(
                key.assumingMemoryBound(to: UInt8.self).span,
                value.assumingMemoryBound(to: UInt8.self).span)
            rocksdb_iter_next(iterator.pointer)
            left -= 1
        }
        return true
    }
}
