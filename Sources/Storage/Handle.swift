import CRocksDB

/// One C object, freed exactly once. A type that needs two holds two handles, never a `deinit` of
/// its own: it would not run on a value half made.
struct Handle: ~Copyable {
    let pointer: OpaquePointer
    private let free: @convention(c) (OpaquePointer?) -> Void

    init(_ pointer: OpaquePointer?, freedBy free: @convention(c) (OpaquePointer?) -> Void) {
        // RocksDB makes options, batches and iterators of any input: only memory can be wanting.
        guard let pointer else { fatalError("RocksDB is out of memory") }
        self.pointer = pointer
        self.free = free
    }

    deinit { free(pointer) }
}

/// Runs a call that reports failure by way of a text it allocates.
func attempt<Result>(
    _ path: String, _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) throws(StorageError) -> Result {
    var message: UnsafeMutablePointer<CChar>?
    let result = call(&message)
    if let message {
        defer { rocksdb_free(message) }
        throw StorageError(path: path, reason: String(cString: message))
    }
    return result
}

extension Span where Element == UInt8 {
    /// Hands the bytes to C.
    func withCBytes<Result>(_ body: (UnsafePointer<CChar>?, Int) -> Result) -> Result {
        withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
    }
}
