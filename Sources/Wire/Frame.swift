import Cryptography
import Primitives

/// A message as it travels in the plain transport (v1): a header of 24 bytes and the payload.
///
///     magic 4 | command 12, filled up with zeros | payload size, LE32 | checksum 4 | payload
///
/// The checksum is the start of the payload's double SHA-256.
public struct Frame: Hashable, Sendable {
    /// The name of the message; empty where the header's field is not a name.
    public let command: String
    public let payload: [UInt8]

    /// False where the checksum or the command's padding is wrong: such a message is dropped, but
    /// the connection stays, as in Bitcoin Core.
    public let isIntact: Bool

    /// The bytes it took, header included.
    public var size: Int { Self.headerSize + payload.count }

    public static let headerSize = 24
    static let commandSize = 12

    init(command: String, payload: [UInt8], isIntact: Bool) {
        self.command = command
        self.payload = payload
        self.isIntact = isIntact
    }

    /// Puts a payload into its frame.
    public static func encode(command: String, payload: [UInt8], magic: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSize + payload.count)
        bytes += magic
        let name = Array(command.utf8.prefix(commandSize))
        bytes += name
        bytes += Array(repeating: 0, count: commandSize - name.count)
        let size = UInt32(truncatingIfNeeded: payload.count)
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(size >> shift & 0xFF)) }
        bytes += checksum(of: payload)
        bytes += payload
        return bytes
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
        try read(bytes.span)
    }

    /// Takes the next bytes of the stream and gives the frames they complete.
    ///
    /// Nothing is filled for what is only promised: the payload grows with what arrives.
    public mutating func read(_ bytes: Span<UInt8>) throws(FrameError) -> [Frame] {
        var frames: [Frame] = []
        var offset = 0
        while offset < bytes.count {
            guard let awaited else {
                let count = min(bytes.count - offset, Frame.headerSize - header.count)
                header.append(copying: bytes, offset..<offset + count)
                offset += count
                guard header.count == Frame.headerSize else { break }
                let next = try parseHeader()
                header.removeAll(keepingCapacity: true)
                self.awaited = next
                if next.size == 0 { frames.append(finish(next)) }
                continue
            }
            let count = min(bytes.count - offset, awaited.size - payload.count)
            makeRoom(for: count, of: awaited.size)
            payload.append(copying: bytes, offset..<offset + count)
            offset += count
            if payload.count == awaited.size { frames.append(finish(awaited)) }
        }
        return frames
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
        let isIntact = awaited.isNameValid && Frame.checksum(of: payload) == awaited.checksum
        let frame = Frame(command: awaited.command, payload: payload, isIntact: isIntact)
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
    fileprivate mutating func append(copying bytes: Span<UInt8>, _ range: Range<Int>) {
        bytes.extracting(range).withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
