#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The claim of one process on a folder. It ends when dropped, and with the process.
public struct FolderLock: ~Copyable {
    private var descriptor: Int32

    /// - Parameter program: the name shown to whoever starts a second process.
    public init(
        folder: String, file: String = ".lock", program: String = "Cellblock"
    ) throws(StorageError) {
        let opened = open("\(folder)/\(file)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw StorageError(
                path: "", reason: "Cannot write to directory '\(folder)'; check permissions.")
        }
        var claim = flock()
        claim.l_type = Int16(F_WRLCK)
        claim.l_whence = Int16(SEEK_SET)
        // A lock of the open file, unlike one of the process, also keeps out a second opener in
        // this process; and it conflicts with the process locks that Core takes.
        guard fcntl(opened, Self.setOpenFileLock, &claim) == 0 else {
            close(opened)
            throw StorageError(
                path: "",
                reason: "Cannot obtain a lock on directory \(folder). \(program) is probably "
                    + "already running.")
        }
        descriptor = opened
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Gives the folder up before the claim is dropped.
    public mutating func release() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    #if canImport(Glibc)
        private static let setOpenFileLock: Int32 = 37  // F_OFD_SETLK
    #else
        private static let setOpenFileLock: Int32 = 90
    #endif
}
