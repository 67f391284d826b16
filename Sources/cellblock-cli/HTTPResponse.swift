/// The answer to a request: its status and its body, whichever of three ways its end is told.
struct HTTPResponse {
    private(set) var status = 0
    private(set) var body: [UInt8] = []

    private typealias Source = () throws(ConnectionFailure) -> ArraySlice<UInt8>

    /// Reads from a source that gives nothing at the end of the connection.
    init(
        reading source: () throws(ConnectionFailure) -> ArraySlice<UInt8>
    ) throws(ConnectionFailure) {
        var buffer: [UInt8] = []
        var lines: [String] = []
        while true {
            guard let line = Self.takeLine(from: &buffer) else {
                buffer += try Self.more(source)
                continue
            }
            if line.isEmpty { break }
            lines.append(line)
        }
        status = try Self.status(lines.first ?? "")
        let headers = try Self.headers(lines.dropFirst())
        let encoding = headers["transfer-encoding"]?.lowercased() ?? ""
        if encoding.contains("chunked") {
            body = try Self.chunks(&buffer, source)
        } else if let text = headers["content-length"] {
            guard let count = text.wholeNumber(Int.self), count >= 0 else {
                throw Self.error("Invalid Content-Length")
            }
            while buffer.count < count { buffer += try Self.more(source) }
            body = [UInt8](buffer.prefix(count))
        } else {
            while true {
                let more = try source()
                if more.isEmpty { break }
                buffer += more
            }
            body = buffer
        }
    }

    private static func error(_ text: String) -> ConnectionFailure {
        ConnectionFailure("HTTP error: \(text)")
    }

    private static func more(_ source: Source) throws(ConnectionFailure) -> ArraySlice<UInt8> {
        let bytes = try source()
        guard !bytes.isEmpty else { throw ConnectionFailure("EOF") }
        return bytes
    }

    private static func takeLine(from buffer: inout [UInt8]) -> String? {
        guard let end = buffer.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
    }

    private static func status(_ line: String) throws(ConnectionFailure) -> Int {
        guard line.hasPrefix("HTTP/"), line.utf8.count >= 12 else {
            throw error("Invalid status line")
        }
        let parts = line.split(separator: " ")
        guard parts.count > 1, let status = parts[1].prefix(3).wholeNumber(Int.self) else {
            throw error("Invalid status code")
        }
        return status
    }

    private static func headers(
        _ lines: ArraySlice<String>
    ) throws(ConnectionFailure) -> [String: String] {
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else {
                throw error("Header missing colon (:)")
            }
            let name = line[..<colon].trimmed.lowercased()
            guard !name.isEmpty else { throw error("Empty header name") }
            if headers[name] == nil {
                headers[name] = line[line.index(after: colon)...].trimmed
            }
        }
        return headers
    }

    private static func chunks(
        _ buffer: inout [UInt8], _ source: Source
    ) throws(ConnectionFailure) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try nextLine(&buffer, source)
            guard let size = Int(line.prefix { $0 != ";" }.trimmed, radix: 16), size >= 0 else {
                throw error("Invalid chunk size")
            }
            if size == 0 { break }
            guard size <= Int.max - 2 else { throw error("Chunk size too large") }
            while buffer.count < size + 2 { buffer += try more(source) }
            body += buffer.prefix(size)
            buffer.removeFirst(size + 2)
        }
        while try !nextLine(&buffer, source).isEmpty {}
        return body
    }

    private static func nextLine(
        _ buffer: inout [UInt8], _ source: Source
    ) throws(ConnectionFailure) -> String {
        while true {
            if let line = takeLine(from: &buffer) { return line }
            buffer += try more(source)
        }
    }
}
