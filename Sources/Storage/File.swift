import CPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An open file. It cannot be copied, and closes when its owner drops it.
public struct File: ~Copyable {
    /// How a file is opened.
    public enum Mode: Sendable { case reading, writing, creating }

    public let path: String
    private let descriptor: Int32
    private let fault: WriteFault

    public init(_ path: String, _ mode: Mode, fault: WriteFault = .none) throws(StorageError) {
        if mode == .creating { try fault.check(.create, path) }
        let flags: Int32 =
            switch mode {
            case .reading: O_RDONLY | O_CLOEXEC
            case .writing: O_RDWR | O_CLOEXEC
            case .creating: O_RDWR | O_CREAT | O_CLOEXEC
            }
        let opened = open(path, flags, 0o600)
        guard opened >= 0 else { throw System.failure(path, "Cannot open") }
        self.path = path
        self.fault = fault
        descriptor = opened
    }

    private init(path: String, descriptor: Int32, fault: WriteFault) {
        self.path = path
        self.descriptor = descriptor
        self.fault = fault
    }

    deinit { close(descriptor) }

    /// The same open file for another to hold, who need not wait for its owner.
    public func duplicate() throws(StorageError) -> File {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw System.failure(path, "Cannot open once more") }
        return File(path: path, descriptor: copy, fault: fault)
    }

    /// The size in bytes.
    public func size() throws(StorageError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw System.failure(path, "Cannot examine") }
        return Int(status.st_size)
    }

    /// Reads as many of `count` bytes as there are at `offset`.
    public func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        let available = min(count, max(0, try size() - offset))
        guard available > 0 else { return [] }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: available) { buffer, filled in
            while filled < available {
                let rest = UnsafeMutableRawPointer(buffer.baseAddress! + filled)
                let got = pread(descriptor, rest, available - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got <= 0 {
                    failed = got < 0
                    return
                }
                filled += got
            }
        }
        if failed { throw System.failure(path, "Cannot read") }
        return bytes
    }

    /// Writes all the bytes at `offset`, or throws.
    public func write(_ bytes: Span<UInt8>, at offset: Int) throws(StorageError) {
        try fault.check(.append, path)
        var written = 0
        var failed = false
        bytes.withUnsafeBytes { source in
            while written < source.count, let base = source.baseAddress {
                let count = source.count - written
                let done = pwrite(descriptor, base + written, count, off_t(offset + written))
                if done < 0, errno == EINTR { continue }
                if done <= 0 {
                    failed = true
                    return
                }
                written += done
            }
        }
        if failed { throw System.failure(path, "Cannot write") }
    }

    /// Has the system begin to bring what was written to the disk, so that less is left to be waited
    /// for. Nothing where it cannot be told so.
    func beginSynchronising(at offset: Int, count: Int) {
        cellblock_begin_synchronising(descriptor, Int64(offset), Int64(count))
    }

    /// Returns when all that was written is on the disk.
    public func synchronise() throws(StorageError) {
        try fault.check(.synchronise, path)
        guard fsync(descriptor) == 0 else { throw System.failure(path, "Cannot synchronise") }
    }

    public func truncate(to size: Int) throws(StorageError) {
        try fault.check(.truncate, path)
        guard ftruncate(descriptor, off_t(size)) == 0 else {
            throw System.failure(path, "Cannot truncate")
        }
    }

    /// The whole content of a file, which must not be longer than `limit`; nil if there is none.
    public static func contents(of path: String, limit: Int) throws(StorageError) -> [UInt8]? {
        guard let size = System.size(path) else { return nil }
        guard size <= limit else {
            throw StorageError(path: path, reason: "Longer than \(limit) bytes")
        }
        return try File(path, .reading).read(at: 0, count: size)
    }

    /// Replaces a file as a whole: whoever opens it sees the old bytes or the new, never a mixture.
    public static func replace(
        _ path: String, with bytes: Span<UInt8>, fault: WriteFault = .none
    ) throws(StorageError) {
        let new = path + ".new"
        do {
            let file = try File(new, .creating, fault: fault)
            try file.truncate(to: 0)
            try file.write(bytes, at: 0)
            try file.synchronise()
        }
        try System.rename(new, to: path)
    }
}
