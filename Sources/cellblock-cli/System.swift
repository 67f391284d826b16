#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The little of the operating system that a client needs, as plain functions.
enum System {
    /// Writes all of the text; what cannot be written is lost, as with any printing.
    static func write(_ text: String, to descriptor: Int32) {
        var bytes = [UInt8](text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { platformWrite(descriptor, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    static func printError(_ text: String) { write(text, to: STDERR_FILENO) }

    /// All bytes of a file; nil where it cannot be opened.
    static func readFile(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while let more = readSome(descriptor), !more.isEmpty { bytes += more }
        return bytes
    }

    /// What is there to be read, at most 64 KiB; nothing at the end; nil on failure.
    static func readSome(_ descriptor: Int32) -> ArraySlice<UInt8>? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            return count < 0 ? nil : buffer.prefix(count)
        }
    }

    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    static var secondsSinceEpoch: Int64 { Int64(time(nil)) }

    static func sleep(seconds: UInt32) {
        #if canImport(Darwin)
            _ = Darwin.sleep(seconds)
        #else
            _ = Glibc.sleep(seconds)
        #endif
    }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    private static func platformWrite(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer
    ) -> Int {
        #if canImport(Darwin)
            Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

/// Lines of the standard input, read as they are asked for.
struct StandardInput {
    private var held: [UInt8] = []
    private var isAtEnd = false

    static var isTerminal: Bool { System.isTerminal(STDIN_FILENO) }

    /// Whether a line can be read at once, so that no prompt is needed.
    static var isReady: Bool {
        guard isTerminal else { return true }
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) > 0
    }

    /// The next line without its end; nil where there is none.
    mutating func readLine() -> String? {
        while true {
            if let end = held.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: held[..<end], as: UTF8.self)
                held.removeSubrange(...end)
                return line
            }
            guard !isAtEnd else { break }
            let more = System.readSome(STDIN_FILENO) ?? []
            isAtEnd = more.isEmpty
            held += more
        }
        guard !held.isEmpty else { return nil }
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    /// Reads one line that is not shown while it is typed.
    mutating func readSecret(prompt: String) -> String? {
        var settings = termios()
        let hides = Self.isTerminal && tcgetattr(STDIN_FILENO, &settings) == 0
        let before = settings
        if hides {
            settings.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        }
        defer {
            if hides {
                var before = before
                tcsetattr(STDIN_FILENO, TCSANOW, &before)
            }
        }
        if !Self.isReady { System.printError(prompt) }
        guard let line = readLine() else { return nil }
        if Self.isTerminal { System.print("\n") }
        return line
    }
}
