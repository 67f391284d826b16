import Foundation

/// Lines of bytes from a descriptor, as many at a time as have come.
struct LineInput {
    private let descriptor: Int32
    /// Room for what is read; as many bytes as `count` of it are there.
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var count = 0
    /// How many bytes are known to hold no end of a line.
    private var searched = 0
    private var hasEnded = false

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Waits for more bytes; false when all have been read. A last line that lacks its end is
    /// given one.
    mutating func readMore() throws -> Bool {
        guard !hasEnded else { return false }
        if count == buffer.count { buffer += Array(repeating: 0, count: buffer.count) }
        let got = try readOnce()
        count += got
        guard got == 0 else { return true }
        hasEnded = true
        guard count > 0 else { return false }
        buffer[count] = Self.lineEnd
        count += 1
        return true
    }

    private mutating func readOnce() throws -> Int {
        let (descriptor, count) = (descriptor, count)
        while true {
            let got = buffer.withUnsafeMutableBytes { buffer in
                let room = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return read(descriptor, room.baseAddress, room.count)
            }
            if got >= 0 { return got }
            guard errno == EINTR else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        }
    }

    /// Hands on each whole line there is, without its end, and keeps what follows them.
    mutating func takeLines(_ body: (Span<UInt8>) -> Void) {
        let taken = forEachLine(body)
        buffer.removeFirst(taken)
        buffer += repeatElement(0, count: taken)
        count -= taken
        searched = count
    }

    /// Returns how many bytes the lines take, their ends among them.
    private func forEachLine(_ body: (Span<UInt8>) -> Void) -> Int {
        let bytes = buffer.span.extracting(first: count)
        var start = 0
        while let end = Self.lineEnd(in: bytes, from: max(start, searched)) {
            body(bytes.extracting(start..<end))
            start = end + 1
        }
        return start
    }

    private static func lineEnd(in bytes: Span<UInt8>, from start: Int) -> Int? {
        bytes.extracting(droppingFirst: start).withUnsafeBytes { bytes in
            guard let first = bytes.baseAddress,
                let end = memchr(first, Int32(lineEnd), bytes.count)
            else { return nil }
            return start + (UnsafeRawPointer(end) - first)
        }
    }

    private static var lineEnd: UInt8 { UInt8(ascii: "\n") }
}
