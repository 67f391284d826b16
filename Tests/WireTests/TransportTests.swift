import Cryptography
import TestSupport
import Testing
import Wire

@Suite("Transports") struct TransportTests {
    private let magic: [UInt8] = [0xFA, 0xBF, 0xB5, 0xDA]
    private let first = Hash256(words: (1, 2, 3, 4))
    private let second = Hash256(words: (5, 6, 7, 8))

    /// Both ends of an encrypted connection, after their handshake.
    private func ends() throws -> (Transport, Transport) {
        var (one, other) = (
            Transport(opening: magic, seed: first), Transport(answering: magic, seed: second)
        )
        let opening = one.opening
        let answer = try other.receive(opening.span)
        let reply = try one.receive(answer.reply.span)
        _ = try other.receive(reply.reply.span)
        return (one, other)
    }

    private func packet(
        _ command: String, _ payload: [UInt8], from sender: inout Transport
    ) throws -> [UInt8] {
        let size = try #require(sender.status.size(command: command, payload: payload.count))
        var packet = [UInt8](repeating: 0, count: size)
        var span = packet.mutableSpan
        sender.write(command: command, payload: payload, into: &span)
        return packet
    }

    @Test("Two ends that speak it come to the encrypted transport with one session")
    func handshake() throws {
        var (one, other) = (
            Transport(opening: magic, seed: first), Transport(answering: magic, seed: second)
        )
        #expect(one.status == .detecting)
        #expect(other.status == .detecting)
        #expect(other.opening.isEmpty)
        let opening = one.opening
        #expect((64...64 + 4095).contains(opening.count))
        let answer = try other.receive(opening.span)
        // The key is enough to send by, and not to know who is there.
        #expect(other.status.kind == .detecting)
        #expect(other.status.sendsAs == .v2)
        #expect(other.status.sessionID == nil)
        let reply = try one.receive(answer.reply.span)
        #expect(one.status.kind == .v2)
        let rest = try other.receive(reply.reply.span)
        #expect(rest.reply.isEmpty && rest.frames.isEmpty)
        #expect(other.status.kind == .v2)
        #expect(other.status.sessionID != nil)
        #expect(one.status.sessionID == other.status.sessionID)
    }

    @Test(
        "Messages of all kinds and sizes pass both ways through changes of key, however cut",
        arguments: [1, 3, 20, 64, 4096, 1 << 20])
    func messages(_ step: Int) throws {
        var (one, other) = try ends()
        let known = Message.knownCommands.sorted() + ["unknown", "twelve_bytes", ""]
        var stream: [UInt8] = []
        var sent: [(String, [UInt8])] = []
        for number in 0..<460 {
            let count = number == 300 ? 100_000 : number % 400
            let message = (
                known[number % known.count],
                [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count)
            )
            sent.append(message)
            stream += try packet(message.0, message.1, from: &one)
            // The other way has ciphers of its own.
            let answer = try packet("pong", [1, 2, 3, 4, 5, 6, 7, 8], from: &other)
            #expect(answer.count == 29)
            let frames = try one.receive(answer.span).frames
            #expect(frames.map(\.command) == ["pong"])
        }
        var frames: [Frame] = []
        for start in stride(from: 0, to: stream.count, by: step) {
            let part = stream.span.extracting(start..<min(start + step, stream.count))
            frames += try other.receive(part).frames
        }
        #expect(frames.map(\.command) == sent.map(\.0))
        #expect(frames.map(\.payload) == sent.map(\.1))
        #expect(frames.reduce(0) { $0 + $1.size } == stream.count)
        #expect(!frames.map(\.isIntact).contains(false))
    }

    @Test("A short command takes one byte and another thirteen, on top of twenty")
    func sizes() {
        let status = Transport.Status(kind: .v2, sendsAs: .v2)
        #expect(status.size(command: "ping", payload: 8) == 29)
        #expect(status.size(command: "addrv2", payload: 0) == 21)
        #expect(status.size(command: "verack", payload: 0) == 33)
        #expect(Transport.Status.plain.size(command: "ping", payload: 8) == 32)
        #expect(Transport.Status.detecting.size(command: "ping", payload: 8) == nil)
    }

    // MARK: - Telling the two apart

    @Test("A plain version makes the connection plain, at its sixteenth byte and not before")
    func plain() throws {
        let version = Frame.encode(command: "version", payload: [1, 2], magic: magic)
        var transport = Transport(answering: magic, seed: first)
        for place in 0..<16 {
            #expect(transport.status == .detecting, "\(place)")
            let byte = [version[place]]
            let arrival = try transport.receive(byte.span)
            #expect(arrival.reply.isEmpty && arrival.frames.isEmpty)
        }
        #expect(transport.status == .plain)
        let rest = Array(version[16...])
        let frames = try transport.receive(rest.span).frames
        #expect(frames.map(\.command) == ["version"])
        #expect(frames.map(\.size) == [26])

        var whole = Transport(answering: magic, seed: first)
        let again = try whole.receive(version.span).frames
        #expect(again == frames)
        let answer = try packet("verack", [], from: &whole)
        #expect(answer == Frame.encode(command: "verack", payload: [], magic: magic))
    }

    @Test(
        "The first byte that is none of a plain version is answered with a key",
        arguments: [0, 3, 4, 10, 15])
    func mismatch(_ place: Int) throws {
        var bytes = Array(Frame.encode(command: "version", payload: [], magic: magic)[..<16])
        bytes[place] ^= 1
        var transport = Transport(answering: magic, seed: first)
        let before = Array(bytes[..<place])
        let nothing = try transport.receive(before.span)
        #expect(nothing.reply.isEmpty)
        let byte = [bytes[place]]
        let arrival = try transport.receive(byte.span)
        #expect(arrival.reply.count >= 64)
        #expect(transport.status.kind == .detecting)
    }

    @Test("A plain peer of another network is known as such")
    func foreign() {
        let bytes = Frame.encode(command: "version", payload: [], magic: [1, 2, 3, 4])
        var transport = Transport(answering: magic, seed: first)
        #expect(throws: TransportError.foreignPeer(magic: [1, 2, 3, 4])) {
            _ = try transport.receive(bytes.span)
        }
        // Fifteen bytes say nothing yet, and who opened the connection expects a key.
        var short = Transport(answering: magic, seed: first)
        #expect(throws: Never.self) { _ = try short.receive(bytes.span.extracting(first: 15)) }
        var opener = Transport(opening: magic, seed: first)
        #expect(throws: Never.self) { _ = try opener.receive(bytes.span) }
    }

    @Test("A connection in the clear reads as ever, and ends at another network's magic")
    func unencrypted() throws {
        var transport = Transport(plain: magic)
        #expect(transport.status == .plain)
        let ping = Message.ping(7).frame(magic: magic)
        let frames = try transport.receive(ping.span).frames
        #expect(frames.map(\.command) == ["ping"])
        let zeros = [UInt8](repeating: 0, count: 24)
        #expect(throws: TransportError.frame(.wrongMagic([0, 0, 0, 0]))) {
            _ = try transport.receive(zeros.span)
        }
    }

    @Test("Seeds make keys and garbage of all lengths, each its own")
    func seeds() {
        var openings: Set<[UInt8]> = []
        var counts: [Int] = []
        for seed: UInt64 in 0..<64 {
            let opening = Transport(opening: magic, seed: Hash256(words: (seed, 0, 0, 0))).opening
            openings.insert(Array(opening.prefix(64)))
            counts.append(opening.count - 64)
        }
        #expect(openings.count == 64)
        #expect(counts.allSatisfy { (0...4095).contains($0) })
        #expect(Set(counts).count > 50)
        #expect(
            Transport(opening: magic, seed: first).opening
                == Transport(opening: magic, seed: first).opening)
    }
}
