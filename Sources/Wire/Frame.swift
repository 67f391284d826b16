import Cryptography
import Primitives

/// A message as it travels in the plain transport (v1): a header of 24 bytes and the payload.
///
///     magic 4 | command 12, filled up with zeros | payload size, LE32 | checksum 4 | payload
///
/// The checksum is the start of the payload's double SHA-256.
///
/// The encrypted transport has packets of its own (see `EncryptedTransport`), of which the message
/// comes out in the same shape.
public struct Frame: Hashable, Sendable {
    /// The name of the message; empty where the header's field is not a name.
    public let command: String
    public let payload: [UInt8]
    /// The bytes it took on its way, header included.
    public let size: Int
    /// What is wrong with it: such a message is dropped, but the connection stays, as in Bitcoin
    /// Core.
    public let flaw: Flaw?

    public enum Flaw: Hashable, Sendable {
        case checksum(expected: [UInt8], given: [UInt8])
        /// The command's field is not text, or is not followed by zeros.
        case name
        /// The contents of a packet have no command.
        case contents(size: Int)
    }

    public var isIntact: Bool { flaw == nil }

    public static let headerSize = 24
    static let commandSize = 12

    init(command: String, payload: [UInt8], size: Int, flaw: Flaw? = nil) {
        self.command = command
        self.payload = payload
        self.size = size
        self.flaw = flaw
    }

    /// Puts a payload into its frame.
    public static func encode(command: String, payload: [UInt8], magic: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: headerSize + payload.count)
        var span = bytes.mutableSpan
        write(command: command, payload: payload, magic: magic, into: &span)
        return bytes
    }

    /// Writes a payload in its frame, which takes all of `bytes`.
    static func write(
        command: String, payload: [UInt8], magic: [UInt8], into bytes: inout MutableSpan<UInt8>
    ) {
        precondition(bytes.count == headerSize + payload.count, "a frame fills its room")
        bytes.write(magic, at: 0)
        write(name: command, into: &bytes, at: 4)
        let size = UInt32(truncatingIfNeeded: payload.count)
        for place in 0..<4 {
            bytes[16 + place] = UInt8(truncatingIfNeeded: size >> UInt32(8 * place))
        }
        bytes.write(checksum(of: payload), at: 20)
        bytes.write(payload, at: headerSize)
    }

    /// Writes a command and the zeros up to its twelve bytes.
    static func write(name: String, into bytes: inout MutableSpan<UInt8>, at place: Int) {
        let name = Array(name.utf8.prefix(commandSize))
        bytes.write(name + Array(repeating: 0, count: commandSize - name.count), at: place)
    }

    static func checksum(of payload: [UInt8]) -> [UInt8] {
        let hash = SHA256.doubleHash(payload.span)
        return [hash[0], hash[1], hash[2], hash[3]]
    }
}

/// Why a stream of bytes cannot be read on: the connection ends.
public enum FrameError: Error, Hashable, Sendable {
    /// The four bytes of another network, or no header at all.
    case wrongMagic([UInt8])
    /// A payload beyond what any message may have.
    case oversized(command: String, size: UInt32)
}

/// Cuts a stream of bytes into frames, however the stream was split on the way.
public struct FrameReader: Sendable {
    private let magic: [UInt8]
    private var header: [UInt8] = []
    private var payload: [UInt8] = []
    private var awaited: Awaited?

    private struct Awaited: Sendable {
        var command: String
        var isNameValid: Bool
        var size: Int
        var checksum: [UInt8]
    }

    /// - Parameter magic: the four bytes every message of the network starts with.
    public init(magic: [UInt8]) {
        self.magic = magic
        header.reserveCapacity(Frame.headerSize)
    }

    /// Bytes held of a message that is not complete.
    public var buffered: Int { header.count + payload.count }

    /// Takes the next bytes of the stream and gives the frames they complete.
    public mutating func read(_ bytes: [UInt8]) throws(FrameError) -> [Frame] {
        var frames: [Frame] = []
        try read(bytes.span, into: &frames)
        return frames
    }

    /// Takes the next bytes of the stream and appends the frames they complete.
    ///
    /// Nothing is filled for what is only promised: the payload grows with what arrives.
    public mutating func read(
        _ bytes: Span<UInt8>, into frames: inout [Frame]
    ) throws(FrameError) {
        var taken = 0
        while taken < bytes.count {
            let rest = bytes.extracting(taken..<bytes.count)
            guard let awaited else {
                let part = rest.extracting(first: Frame.headerSize - header.count)
                header.append(part)
                taken += part.count
                guard header.count == Frame.headerSize else { break }
                let next = try parseHeader()
                header.removeAll(keepingCapacity: true)
                self.awaited = next
                if next.size == 0 { frames.append(finish(next)) }
                continue
            }
            let part = rest.extracting(first: awaited.size - payload.count)
            makeRoom(for: part.count, of: awaited.size)
            payload.append(part)
            taken += part.count
            if payload.count == awaited.size { frames.append(finish(awaited)) }
        }
    }

    /// How much more than has arrived there is room for at most.
    private static let foresight = 8

    /// Makes room for bytes of a payload: seldom, since each time all of it moves.
    private mutating func makeRoom(for count: Int, of size: Int) {
        let needed = payload.count + count
        guard needed > payload.capacity else { return }
        payload.reserveCapacity(min(size, needed * Self.foresight))
    }

    private mutating func finish(_ awaited: Awaited) -> Frame {
        let checksum = Frame.checksum(of: payload)
        let flaw: Frame.Flaw? =
            if checksum != awaited.checksum {
                .checksum(expected: checksum, given: awaited.checksum)
            } else {
                awaited.isNameValid ? nil : .name
            }
        let frame = Frame(
            command: awaited.command, payload: payload, size: Frame.headerSize + payload.count,
            flaw: flaw)
        payload = []
        self.awaited = nil
        return frame
    }

    private func parseHeader() throws(FrameError) -> Awaited {
        let start = Array(header[..<4])
        guard start == magic else { throw .wrongMagic(start) }
        let name = header[4..<16]
        let text = name.prefix { $0 != 0 }
        let isNameValid =
            text.allSatisfy { (0x20...0x7E).contains($0) }
            && name.dropFirst(text.count).allSatisfy { $0 == 0 }
        let command = isNameValid ? String(decoding: text, as: UTF8.self) : ""
        let size = header[16..<20].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard size <= UInt32(WireLimits.maximumPayload) else {
            throw .oversized(command: command, size: size)
        }
        return Awaited(
            command: command, isNameValid: isNameValid, size: Int(size),
            checksum: Array(header[20..<24]))
    }
}

extension [UInt8] {
    mutating func append(_ bytes: Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}

extension MutableSpan<UInt8> {
    /// Copies bytes to a place where there is room for them.
    @_lifetime(self: copy self)
    mutating func write(_ bytes: [UInt8], at place: Int) {
        precondition(place >= 0 && bytes.count <= count - place, "there is room for what is copied")
        withUnsafeMutableBufferPointer { room in
            _ = UnsafeMutableBufferPointer(rebasing: room[place...]).update(fromContentsOf: bytes)
        }
    }
}
