/// An ordered store of byte strings: all that the layers above ask of a database.
public protocol KeyValueStore: ~Copyable {
    /// The value under a key, or nil.
    func get(_ key: Span<UInt8>) throws(StorageError) -> [UInt8]?

    /// Looks up many keys at once, and hands each one's value on in the order of the keys.
    func multiGet(
        _ keys: borrowing KeyList, _ body: (_ index: Int, _ value: Span<UInt8>?) -> Void
    ) throws(StorageError)

    /// Writes the whole batch or none of it. With `sync` it is on the disk on return; without, it
    /// survives the end of the process but not that of the machine.
    func write(_ batch: consuming WriteBatch, sync: Bool) throws(StorageError)

    /// Goes through the keys that begin with `prefix`, in order, until the body returns false.
    func iterate(
        _ prefix: Span<UInt8>, snapshot: borrowing Snapshot,
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) -> Bool
    ) throws(StorageError)

    /// The store as it stands now, for reading while others write. It must not outlive the store.
    func snapshot() -> Snapshot
}

extension KeyValueStore where Self: ~Copyable {
    /// The value under a key, or nil.
    public func get(_ key: [UInt8]) throws(StorageError) -> [UInt8]? {
        try get(key.span)
    }
}

/// Many keys in one piece of memory.
public struct KeyList: ~Copyable {
    var bytes: [UInt8] = []
    var ends: [Int] = []

    public init(minimumCapacity: Int = 0) {
        bytes.reserveCapacity(minimumCapacity * 40)
        ends.reserveCapacity(minimumCapacity)
    }

    public var count: Int { ends.count }

    /// Adds the key that the body appends.
    public mutating func append(_ body: (inout [UInt8]) -> Void) {
        body(&bytes)
        ends.append(bytes.count)
    }
}
