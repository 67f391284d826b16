import Cryptography
import Notation
import TestSupport
import Testing
import Wire

/// An end written out by hand, which can do what ours never does.
private struct Peer {
    let secret: SecretKey
    let form: ElligatorSwift
    var cipher: BIP324Cipher?

    init(_ value: UInt8) throws {
        var random = SeededGenerator(seed: UInt64(value))
        secret = try #require(SecretKey(bytes: [UInt8](repeating: value, count: 32)))
        form = ElligatorSwift(secret, using: &random)
    }

    /// Takes the other's key.
    mutating func meet(_ key: [UInt8], isInitiator: Bool, magic: [UInt8]) throws {
        let theirs = ElligatorSwift(key.span)
        cipher = BIP324Cipher(
            secret: secret, ours: form, theirs: try #require(theirs), isInitiator: isInitiator,
            magic: magic)
    }

    mutating func seal(
        _ contents: [UInt8], _ data: [UInt8] = [], isIgnored: Bool = false
    ) -> [UInt8] {
        cipher?.encrypt(contents, authenticating: data, isIgnored: isIgnored) ?? []
    }

    var terminator: [UInt8] { cipher?.sendGarbageTerminator ?? [] }
}

@Suite("Encrypted transport (BIP324)") struct EncryptedTransportTests {
    private let magic: [UInt8] = [0xFA, 0xBF, 0xB5, 0xDA]

    /// A transport that answers, and a peer that has its key; the peer's has come as well.
    private func meeting(garbage: [UInt8] = []) throws -> (EncryptedTransport, Peer) {
        var peer = try Peer(7)
        var transport = EncryptedTransport(
            TransportSecrets(seed: Hash256(words: (1, 1, 1, 1))), isInitiator: false, magic: magic)
        var arrival = Transport.Arrival()
        let key = peer.form.bytes
        try transport.receive(key.span, into: &arrival)
        try transport.receive(garbage.span, into: &arrival)
        try peer.meet(
            Array(transport.opening.prefix(64)), isInitiator: true, magic: magic)
        return (transport, peer)
    }

    /// The same after the whole handshake.
    private func met() throws -> (EncryptedTransport, Peer) {
        var (transport, peer) = try meeting()
        let bytes = peer.terminator + peer.seal([])
        _ = try read(bytes, &transport)
        return (transport, peer)
    }

    private func read(
        _ bytes: [UInt8], _ transport: inout EncryptedTransport
    ) throws(TransportError) -> [Frame] {
        var arrival = Transport.Arrival()
        try transport.receive(bytes.span, into: &arrival)
        return arrival.frames
    }

    @Test(
        "What goes out is what the BIP's table says: key, garbage, terminator, version packet",
        .enabled(if: Vectors.isPresent, Vectors.hint))
    func vectors() throws {
        let text = String(
            decoding: try Vectors.load("bips/bip324-packet-encoding.csv"), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let names = (lines.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
        var count = 0
        for line in lines.dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            let row = Dictionary(
                zip(names.map(String.init), cells.map(String.init)), uniquingKeysWith: { $1 })
            func bytes(_ name: String) throws -> [UInt8] {
                try #require(Hex.decode(row[name] ?? ""))
            }
            let ours = try bytes("in_ellswift_ours")
            let theirs = try bytes("in_ellswift_theirs")
            let form = ElligatorSwift(ours.span)
            let garbage: [UInt8] = [9, 8, 7]
            var transport = EncryptedTransport(
                TransportSecrets(
                    secret: try #require(SecretKey(bytes: try bytes("in_priv_ours"))),
                    form: try #require(form), garbage: garbage),
                isInitiator: row["in_initiating"] == "1", magic: [0xf9, 0xbe, 0xb4, 0xd9])
            #expect(transport.opening == ours + garbage)
            var arrival = Transport.Arrival()
            try transport.receive(theirs.span, into: &arrival)
            #expect(
                Hex.encode(Array(arrival.reply.prefix(16))) == row["mid_send_garbage_terminator"])
            #expect(arrival.reply.count == 16 + 20)
            // Of the table's rows the first packet of each is ours with other contents and data:
            // the length is hidden by the same key stream.
            let whole = try bytes("out_ciphertext")
            if row["in_idx"] == "0", !whole.isEmpty {
                let contents =
                    try bytes("in_contents").count * (Int(row["in_multiply"] ?? "") ?? 0)
                let mask = UInt8(truncatingIfNeeded: contents)
                #expect(arrival.reply[16] == whole[0] ^ mask)
            }
            // And the end of their garbage is the one of the table.
            let zeros = [UInt8](repeating: 0, count: 4111)
            var waiting = transport
            #expect(throws: TransportError.missingTerminator) {
                try waiting.receive(zeros.span, into: &arrival)
            }
            let end = try bytes("mid_recv_garbage_terminator")
            try transport.receive(end.span, into: &arrival)
            do throws(TransportError) {
                try transport.receive(zeros.span, into: &arrival)
            } catch {
                #expect(error != .missingTerminator)
            }
            count += 1
        }
        #expect(count == 7)
    }

    @Test(
        "Garbage of any length up to 4095 bytes passes, a byte at a time as well",
        arguments: [0, 1, 15, 16, 17, 500, 4094, 4095])
    func garbage(_ count: Int) throws {
        let garbage = [UInt8](repeating: 0x55, count: count)
        var (transport, peer) = try meeting(garbage: garbage)
        let bytes = peer.terminator + peer.seal([1, 2, 3], garbage) + peer.seal([18, 1])
        var slow = transport
        let frames = try read(bytes, &transport)
        #expect(frames.map(\.command) == ["ping"])
        #expect(transport.status.kind == .v2)
        var slowFrames: [Frame] = []
        for byte in bytes { slowFrames += try read([byte], &slow) }
        #expect(slowFrames == frames)
    }

    @Test("4096 bytes of garbage end the connection, whatever follows")
    func longGarbage() throws {
        let garbage = [UInt8](repeating: 0x55, count: 4096)
        var (transport, peer) = try meeting(garbage: garbage)
        let most = Array(peer.terminator.prefix(14))
        #expect(try read(most, &transport).isEmpty)
        #expect(throws: TransportError.missingTerminator) {
            try read([peer.terminator[14]], &transport)
        }
    }

    @Test("A terminator of which a bit is wrong is garbage")
    func wrongTerminator() throws {
        var (transport, peer) = try meeting()
        var wrong = peer.terminator
        wrong[15] ^= 1
        #expect(try read(wrong + peer.seal([]), &transport).isEmpty)
        #expect(transport.status.kind == .detecting)
        let rest = [UInt8](repeating: 0, count: 4111)
        #expect(throws: TransportError.missingTerminator) { try read(rest, &transport) }
    }

    @Test("The first packet is bound to the garbage: changed, or left out, it does not open")
    func unauthenticatedGarbage() throws {
        let garbage: [UInt8] = [1, 2, 3, 4]
        for data in [[1, 2, 3, 5], [], [1, 2, 3, 4, 0]] as [[UInt8]] {
            var (transport, peer) = try meeting(garbage: garbage)
            let bytes = peer.terminator + peer.seal([], data)
            #expect(throws: TransportError.forgedPacket(0)) { try read(bytes, &transport) }
        }
    }

    @Test("Decoys come to nothing, before the version packet and after it, and carry the garbage")
    func decoys() throws {
        let garbage: [UInt8] = [1, 2, 3, 4]
        var (transport, peer) = try meeting(garbage: garbage)
        var bytes = peer.terminator
        bytes += peer.seal([5, 5], garbage, isIgnored: true)
        bytes += peer.seal([], isIgnored: true)
        #expect(try read(bytes, &transport).isEmpty)
        #expect(transport.status.kind == .detecting)
        #expect(try read(peer.seal([]), &transport).isEmpty)
        #expect(transport.status.kind == .v2)
        bytes = []
        for _ in 0..<300 { bytes += peer.seal([18], isIgnored: true) }
        bytes += peer.seal([19, 1, 0, 0, 0, 0, 0, 0, 0])
        #expect(try read(bytes, &transport).map(\.command) == ["pong"])
    }

    @Test("A packet that is changed anywhere but in its length does not open")
    func changed() throws {
        let (transport, peer) = try met()
        var sender = peer
        let packet = sender.seal([18, 1, 2])
        for place in 3..<packet.count {
            var wrong = packet
            wrong[place] ^= 0x10
            var copy = transport
            #expect(throws: TransportError.forgedPacket(3)) { try read(wrong, &copy) }
        }
        var copy = transport
        #expect(try read(packet, &copy).map(\.payload) == [[1, 2]])
        // The same packet a second time is another's place.
        #expect((try? read(packet, &copy)) ?? [] == [])
    }

    @Test("A packet that is not whole is waited for")
    func truncated() throws {
        let (transport, peer) = try met()
        var sender = peer
        let packet = sender.seal([18, 1, 2])
        for count in 0..<packet.count {
            var copy = transport
            #expect(try read(Array(packet[..<count]), &copy).isEmpty)
            #expect(try read(Array(packet[count...]), &copy).map(\.command) == ["ping"])
        }
    }

    @Test("The contents may be 4,000,013 bytes long, and of one more only the length is read")
    func lengths() throws {
        let (transport, peer) = try met()
        let limit = EncryptedTransport.maximumContents
        #expect(limit == 4_000_013)
        var (sender, copy) = (peer, transport)
        let name = Array("twelve_bytes".utf8)
        let longest = sender.seal([0] + name + [UInt8](repeating: 3, count: 4_000_000))
        let frames = try read(longest, &copy)
        #expect(frames.map(\.command) == ["twelve_bytes"])
        #expect(frames.map(\.payload.count) == [4_000_000])
        #expect(frames.map(\.size) == [limit + 20])
        (sender, copy) = (peer, transport)
        let tooLong = sender.seal([UInt8](repeating: 3, count: limit + 1))
        #expect(throws: TransportError.packetTooLong(limit + 1)) {
            try read(Array(tooLong[..<3]), &copy)
        }
    }

    @Test("Commands are numbers up to 37, or twelve bytes of a name and zeros; no others are read")
    func commands() throws {
        let (transport, peer) = try met()
        func frame(_ contents: [UInt8]) throws -> Frame {
            var (sender, copy) = (peer, transport)
            let frames = try read(sender.seal(contents), &copy)
            return try #require(frames.first)
        }
        let zeros = [UInt8](repeating: 0, count: 12)
        func name(_ text: String) -> [UInt8] { Array((Array(text.utf8) + zeros).prefix(12)) }
        #expect(try frame([1]).command == "addr")
        #expect(try frame([2, 9]).payload == [9])
        #expect(try frame([28]).command == "addrv2")
        #expect(try frame([37]).command == "feature")
        // Given to no command, but within those that are counted.
        for number: UInt8 in 29...36 {
            let unassigned = try frame([number])
            #expect(unassigned.isIntact && unassigned.command.isEmpty)
        }
        for number: UInt8 in 38...255 {
            #expect(try frame([number, 1]).flaw == .contents(size: 2))
        }
        let long = try frame([0] + name("verack") + [5])
        #expect(long.command == "verack" && long.payload == [5] && long.size == 34)
        #expect(try frame([0] + name("ping") + []).command == "ping")
        #expect(try frame([]).flaw == .contents(size: 0))
        #expect(try frame([0] + Array(name("verack")[..<11])).flaw == .contents(size: 12))
        #expect(try frame([0] + Array("verack".utf8) + [0, 0, 0, 0, 0, 1]).flaw != nil)
        #expect(try frame([0] + name("ver\u{1F}")).flaw != nil)
        #expect(try frame([0] + name("ver\u{7F}")).isIntact)
        #expect(try frame([0] + [0x80] + Array(name("")[..<11])).flaw != nil)
    }

    @Test("Bytes of all kinds end the handshake with an error or are waited on", arguments: 0..<20)
    func noise(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for isInitiator in [true, false] {
            var transport = EncryptedTransport(
                TransportSecrets(seed: Hash256(words: (seed, 0, 0, 0))), isInitiator: isInitiator,
                magic: magic)
            let bytes = (0..<4175).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(throws: TransportError.missingTerminator, "seed \(seed)") {
                try read(bytes, &transport)
            }
        }
    }
}
