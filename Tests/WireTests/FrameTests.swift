import Testing
import Wire

@Suite("Framing") struct FrameTests {
    private let magic: [UInt8] = [0xFA, 0xBF, 0xB5, 0xDA]

    private func ping(_ nonce: UInt64) -> [UInt8] { Message.ping(nonce).frame(magic: magic) }

    @Test(
        "A frame is read back however the stream is split", arguments: [1, 2, 7, 23, 24, 25, 1000])
    func split(_ size: Int) throws {
        let stream = ping(1) + Message.verack.frame(magic: magic) + ping(2)
        var reader = FrameReader(magic: magic)
        var frames: [Frame] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            frames += try reader.read(Array(stream[start..<min(start + size, stream.count)]))
        }
        #expect(frames.map(\.command) == ["ping", "verack", "ping"])
        #expect(!frames.map(\.isIntact).contains(false))
        #expect(frames.reduce(0) { $0 + $1.size } == stream.count)
        #expect(reader.buffered == 0)
    }

    @Test("A long payload is read back however it is split", arguments: [1000, 65_536, 299_999])
    func long(_ size: Int) throws {
        let payload = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
        let stream =
            Frame.encode(command: "block", payload: payload, magic: magic) + ping(1)
            + Frame.encode(command: "tx", payload: Array(payload[..<70_000]), magic: magic)
        var reader = FrameReader(magic: magic)
        var frames: [Frame] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            frames += try reader.read(Array(stream[start..<min(start + size, stream.count)]))
        }
        #expect(frames.map(\.command) == ["block", "ping", "tx"])
        #expect(!frames.map(\.isIntact).contains(false))
        #expect(frames.first?.payload == payload)
        #expect(frames.last?.payload == Array(payload[..<70_000]))
        #expect(reader.buffered == 0)
    }

    @Test("The bytes of another network end the connection")
    func wrongMagic() {
        var reader = FrameReader(magic: magic)
        #expect(throws: FrameError.wrongMagic([0, 0, 0, 0])) {
            try reader.read(Array(repeating: 0, count: 24))
        }
    }

    @Test("A payload of 4,000,000 bytes may come, one more may not")
    func oversized() throws {
        var bytes = ping(1)
        bytes.replaceSubrange(16..<20, with: [0x00, 0x09, 0x3D, 0x00])
        var reader = FrameReader(magic: magic)
        let none = try reader.read(Array(bytes[..<24]))
        #expect(none.isEmpty)

        bytes.replaceSubrange(16..<20, with: [0x01, 0x09, 0x3D, 0x00])
        var other = FrameReader(magic: magic)
        #expect(throws: FrameError.oversized(command: "ping", size: 4_000_001)) {
            try other.read(Array(bytes[..<24]))
        }
    }

    @Test("A wrong checksum drops the message and keeps the stream")
    func checksum() throws {
        var bad = ping(1)
        bad[20] ^= 1
        var reader = FrameReader(magic: magic)
        let frames = try reader.read(bad + ping(2))
        #expect(frames.map(\.isIntact) == [false, true])
    }

    @Test("A command is text followed by nothing but zeros")
    func command() throws {
        for (position, byte) in [(4, 0x1F), (4, 0x7F), (15, 0x61)] as [(Int, UInt8)] {
            var bytes = ping(1)
            bytes[position] = byte
            var reader = FrameReader(magic: magic)
            let frames = try reader.read(bytes)
            #expect(frames.map(\.isIntact) == [false])
        }
        let longest = Frame.encode(command: "twelve_bytes", payload: [], magic: magic)
        var reader = FrameReader(magic: magic)
        let frames = try reader.read(longest)
        #expect(frames.map(\.command) == ["twelve_bytes"])
    }
}
