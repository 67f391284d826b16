import CRocksDB

/// Changes that happen together or not at all. Writing spends it: it can be written once.
public struct WriteBatch: ~Copyable, WriteSink {
    let handle: Handle
    /// The bytes of keys and values put so far, about what it takes in memory.
    public private(set) var byteCount = 0

    public init() {
        handle = Handle(rocksdb_writebatch_create(), freedBy: rocksdb_writebatch_destroy)
    }

    public mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        byteCount += key.count + value.count
        key.withCBytes { key, keyCount in
            value.withCBytes { value, count in
                rocksdb_writebatch_put(handle.pointer, key, keyCount, value, count)
            }
        }
    }

    public mutating func delete(_ key: Span<UInt8>) {
        byteCount += key.count
        key.withCBytes { rocksdb_writebatch_delete(handle.pointer, $0, $1) }
    }

    /// Deletes the keys from `start`, up to but without `end`.
    public mutating func delete(from start: Span<UInt8>, to end: Span<UInt8>) {
        byteCount += start.count + end.count
        start.withCBytes { start, startCount in
            end.withCBytes { end, count in
                rocksdb_writebatch_delete_range(handle.pointer, start, startCount, end, count)
            }
        }
    }

    /// Deletes the keys that begin with a byte other than 255.
    public mutating func deleteAll(beginningWith prefix: UInt8) {
        let (start, end) = ([prefix], [prefix + 1])
        delete(from: start.span, to: end.span)
    }
}
