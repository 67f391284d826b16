import CPlatform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The few calls of the operating system that this module uses, with errors in words.
package enum System {
    /// How many files and connections may be open: with the first look all that the system allows.
    package static let openFileLimit: Int = {
        let limit = cellblock_raise_file_limit()
        // What systems allow at least.
        return limit < 0 ? 256 : Int(limit)
    }()

    package static func failure(_ path: String, _ action: String) -> StorageError {
        let code = errno
        return StorageError(path: path, reason: "\(action): \(String(cString: strerror(code)))")
    }

    /// Makes the folder and those above it, readable by its owner alone.
    package static func createFolder(_ path: String) throws(StorageError) {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made.hasSuffix("/") ? "" : "/") + part
            guard mkdir(made, 0o700) == 0 || errno == EEXIST || isFolder(made) else {
                throw failure(made, "Cannot create folder")
            }
        }
    }

    package static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The size of a file in bytes; nil if there is no such file.
    package static func size(_ path: String) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// The names in a folder, in no order, without those that begin with a dot.
    package static func names(in path: String) throws(StorageError) -> [String] {
        guard let folder = opendir(path) else { throw failure(path, "Cannot read folder") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    package static func remove(_ path: String) throws(StorageError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure(path, "Cannot remove") }
    }

    /// Removes a folder and the files in it, if it is there; it must hold no folder.
    package static func removeFolder(_ path: String) throws(StorageError) {
        guard isFolder(path) else { return }
        for name in try names(in: path) { try remove("\(path)/\(name)") }
        guard rmdir(path) == 0 else { throw failure(path, "Cannot remove") }
    }

    package static func rename(_ old: String, to new: String) throws(StorageError) {
        #if canImport(Glibc)
            let result = Glibc.rename(old, new)
        #else
            let result = Darwin.rename(old, new)
        #endif
        guard result == 0 else { throw failure(old, "Cannot rename to \(new)") }
    }

    /// Makes the names in a folder durable.
    package static func synchroniseFolder(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { throw failure(path, "Cannot open folder") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, "Cannot synchronise folder") }
    }
}
