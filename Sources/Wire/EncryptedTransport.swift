import Cryptography

/// One end of an encrypted connection (BIP324), from the first byte on.
///
///     key 64 | garbage 0 to 4095 | terminator 16 | version packet | packets…
///
/// Each side sends all of this; the terminator and what follows need the other's key. Decoys may
/// stand before every packet. The garbage is authenticated with the first packet of its side.
package struct EncryptedTransport: Sendable {
    private enum Phase { case key, garbage, version, messages }

    let isInitiator: Bool
    private let magic: [UInt8]
    private let secrets: TransportSecrets
    private var phase = Phase.key
    private var cipher: BIP324Cipher?
    /// What has come of the key, the garbage, a length or a packet.
    private var held: [UInt8] = []
    /// The length of the contents that are under way.
    private var awaited: Int?
    /// What is authenticated with their first packet.
    private var garbage: [UInt8] = []

    /// The command of a plain `version`, as it stands in its frame.
    static let plainCommand = Array("version".utf8) + [0, 0, 0, 0, 0]
    private static let terminatorSize = 16
    /// A name of thirteen bytes and the largest payload.
    package static let maximumContents = 1 + Frame.commandSize + WireLimits.maximumPayload
    /// What the buffer may keep for the next packet: a peer must not hold more for nothing.
    private static let keptCapacity = 1 << 16
    /// How much more than has arrived there is room for at most.
    private static let foresight = 8

    package init(_ secrets: TransportSecrets, isInitiator: Bool, magic: [UInt8]) {
        self.secrets = secrets
        self.isInitiator = isInitiator
        self.magic = magic
    }

    /// What is sent first: the key and the garbage.
    package var opening: [UInt8] { secrets.form.bytes + secrets.garbage }

    package var status: Transport.Status {
        // That the first packet opens says that the peer has the same keys.
        let isMet = phase == .messages
        return Transport.Status(
            kind: isMet ? .v2 : .detecting, sendsAs: cipher == nil ? nil : .v2,
            sessionID: isMet ? cipher?.sessionID : nil)
    }

    // MARK: - Reading

    /// Takes the next bytes of the stream.
    package mutating func receive(
        _ bytes: Span<UInt8>, into arrival: inout Transport.Arrival
    ) throws(TransportError) {
        var taken = 0
        while taken < bytes.count {
            let rest = bytes.extracting(taken..<bytes.count)
            switch phase {
            case .key: taken += try readKey(rest, &arrival)
            case .garbage: taken += try readGarbage(rest)
            case .version, .messages: taken += try readPacket(rest, &arrival)
            }
        }
    }

    /// Takes as many bytes as are missing to `count`.
    private mutating func hold(_ bytes: Span<UInt8>, upTo count: Int) -> Int {
        let part = bytes.extracting(first: count - held.count)
        let needed = held.count + part.count
        // Seldom, since each time all of it moves; and never for much that was only promised.
        if needed > held.capacity { held.reserveCapacity(min(count, needed * Self.foresight)) }
        held.append(part)
        return part.count
    }

    private mutating func readKey(
        _ bytes: Span<UInt8>, _ arrival: inout Transport.Arrival
    ) throws(TransportError) -> Int {
        let taken = hold(bytes, upTo: ElligatorSwift.size)
        let command = magic.count..<(magic.count + Self.plainCommand.count)
        if !isInitiator, held.count >= command.upperBound, held[command] == Self.plainCommand[...] {
            throw .foreignPeer(magic: Array(held[..<magic.count]))
        }
        guard let theirs = ElligatorSwift(held.span) else { return taken }
        var cipher = BIP324Cipher(
            secret: secrets.secret, ours: secrets.form, theirs: theirs, isInitiator: isInitiator,
            magic: magic)
        arrival.reply += cipher.sendGarbageTerminator
        arrival.reply += cipher.encrypt([], authenticating: secrets.garbage)
        self.cipher = cipher
        held = []
        phase = .garbage
        return taken
    }

    private mutating func readGarbage(_ bytes: Span<UInt8>) throws(TransportError) -> Int {
        let limit = TransportSecrets.maximumGarbage + Self.terminatorSize
        let before = held.count
        let taken = hold(bytes, upTo: limit)
        guard let terminator = cipher?.receiveGarbageTerminator else { return taken }
        // Where it began before what was held, it would have been found before.
        var place = max(0, before - Self.terminatorSize + 1)
        while place + Self.terminatorSize <= held.count {
            let end = place + Self.terminatorSize
            if held[place..<end] == terminator[...] {
                garbage = Array(held[..<place])
                held = []
                phase = .version
                return end - before
            }
            place += 1
        }
        guard held.count < limit else { throw .missingTerminator }
        return taken
    }

    private mutating func readPacket(
        _ bytes: Span<UInt8>, _ arrival: inout Transport.Arrival
    ) throws(TransportError) -> Int {
        guard let count = awaited else {
            let taken = hold(bytes, upTo: BIP324Cipher.lengthSize)
            guard held.count == BIP324Cipher.lengthSize, let count = cipher?.decryptLength(held)
            else { return taken }
            guard count <= Self.maximumContents else { throw .packetTooLong(count) }
            held.removeAll(keepingCapacity: true)
            awaited = count
            return taken
        }
        let taken = hold(bytes, upTo: Self.sealedSize(count))
        guard held.count == Self.sealedSize(count) else { return taken }
        var packet = held
        held = []
        let data = garbage
        garbage = []
        var span = packet.mutableSpan
        guard let isIgnored = cipher?.decrypt(inPlace: &span, authenticating: data.span)
        else { throw .forgedPacket(count) }
        if !isIgnored {
            if phase == .messages { arrival.frames.append(Self.frame(of: packet[1..<(1 + count)])) }
            // The contents of the first say nothing yet: they are room for later versions.
            phase = .messages
        }
        packet.removeAll(keepingCapacity: packet.capacity <= Self.keptCapacity)
        held = packet
        awaited = nil
        return taken
    }

    /// What follows the length of a packet: a byte, the contents and the tag.
    private static func sealedSize(_ count: Int) -> Int {
        count + BIP324Cipher.expansion - BIP324Cipher.lengthSize
    }

    /// The message in the contents of a packet that was opened.
    private static func frame(of contents: ArraySlice<UInt8>) -> Frame {
        let size = contents.count + BIP324Cipher.expansion
        guard let (command, start) = command(in: contents) else {
            return Frame(
                command: "", payload: [], size: size, flaw: .contents(size: contents.count))
        }
        return Frame(
            command: command, payload: Array(contents[start...]), size: size)
    }

    /// The command, and where the payload begins; nil where it is none.
    private static func command(in contents: ArraySlice<UInt8>) -> (String, Int)? {
        guard let number = contents.first else { return nil }
        let start = contents.startIndex + 1
        guard number == 0 else { return ShortCommand.name(of: number).map { ($0, start) } }
        let field = contents[start...].prefix(Frame.commandSize)
        guard field.count == Frame.commandSize else { return nil }
        let name = field.prefix { $0 != 0 }
        // Bitcoin Core lets one more byte pass here than in the plain transport.
        guard name.allSatisfy({ (0x20...0x7F).contains($0) }),
            field.dropFirst(name.count).allSatisfy({ $0 == 0 })
        else { return nil }
        return (String(decoding: name, as: UTF8.self), field.endIndex)
    }

    // MARK: - Writing

    /// The bytes that a message takes on its way.
    static func size(command: String, payload count: Int) -> Int {
        BIP324Cipher.expansion + ShortCommand.size(of: command) + count
    }

    /// Writes a message, which takes all of `bytes`. The peer's key must have come.
    mutating func write(command: String, payload: [UInt8], into bytes: inout MutableSpan<UInt8>) {
        precondition(
            bytes.count == Self.size(command: command, payload: payload.count),
            "a packet fills its room")
        var place = BIP324Cipher.lengthSize + 1
        if let number = ShortCommand.number(of: command) {
            bytes[place] = number
            place += 1
        } else {
            bytes[place] = 0
            Frame.write(name: command, into: &bytes, at: place + 1)
            place += 1 + Frame.commandSize
        }
        bytes.write(payload, at: place)
        precondition(cipher != nil, "nothing is sent before the peer's key")
        let none: [UInt8] = []
        cipher?.encrypt(inPlace: &bytes, authenticating: none.span, isIgnored: false)
    }
}
