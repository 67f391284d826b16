/// Both directions of an encrypted connection (BIP324): packets go in and ciphertexts come out, and
/// the other way round. It holds no bytes that are under way.
public struct BIP324Cipher: Sendable {
    /// Bytes of a packet's length, the largest of which is below 2²⁴.
    public static let lengthSize = 3
    /// Bytes that a packet takes beside its contents.
    public static let expansion = lengthSize + 1 + ChaCha20Poly1305.expansion
    /// The largest contents.
    public static let maximumContents = 0xFF_FFFF
    /// The bit of a packet's header that says it is only there to be ignored.
    private static let ignoreBit: UInt8 = 0x80

    /// What ends our garbage, 16 bytes.
    public let sendGarbageTerminator: [UInt8]
    /// What ends theirs, 16 bytes.
    public let receiveGarbageTerminator: [UInt8]
    /// The same at both ends, and nowhere between them: by comparing it people find that nobody is.
    public let sessionID: Hash256

    private var sendLength: FSChaCha20
    private var receiveLength: FSChaCha20
    private var sendContents: FSChaCha20Poly1305
    private var receiveContents: FSChaCha20Poly1305

    /// A packet that was opened.
    public struct Packet: Hashable, Sendable {
        public var contents: [UInt8]
        /// Whether it is a decoy.
        public var isIgnored: Bool
    }

    /// - Parameters:
    ///   - secret: ours.
    ///   - ours: the form of our key that was sent.
    ///   - theirs: the form of their key that came.
    ///   - isInitiator: whether we opened the connection.
    ///   - magic: the four bytes of the network.
    public init(
        secret: SecretKey, ours: ElligatorSwift, theirs: ElligatorSwift, isInitiator: Bool,
        magic: [UInt8]
    ) {
        let shared = theirs.sharedSecret(with: secret, ours: ours, isInitiator: isInitiator)
        let salt = Array("bitcoin_v2_shared_secret".utf8) + magic
        let keys = shared.withBytes { HKDF(keyMaterial: $0, salt: salt.span) }
        func key(_ use: String) -> Hash256 {
            let use = Array(use.utf8)
            return keys.expand32(info: use.span)
        }
        func lengths(_ use: String) -> FSChaCha20 { key(use).withBytes { FSChaCha20(key: $0) } }
        func contents(_ use: String) -> FSChaCha20Poly1305 {
            key(use).withBytes { FSChaCha20Poly1305(key: $0) }
        }
        let (own, other) = isInitiator ? ("initiator", "responder") : ("responder", "initiator")
        sendLength = lengths("\(own)_L")
        sendContents = contents("\(own)_P")
        receiveLength = lengths("\(other)_L")
        receiveContents = contents("\(other)_P")
        let terminators = key("garbage_terminators").bytes
        let (first, second) = (Array(terminators.prefix(16)), Array(terminators.suffix(16)))
        (sendGarbageTerminator, receiveGarbageTerminator) =
            isInitiator ? (first, second) : (second, first)
        sessionID = key("session_id")
    }

    // MARK: - Packets in place

    /// Makes the next packet of contents that lie in their place already.
    ///
    /// - Parameters:
    ///   - packet: four bytes of room, the contents, and sixteen bytes of room for the tag.
    ///   - data: what is authenticated with it: the garbage with the first packet, then nothing.
    ///   - isIgnored: whether it is a decoy.
    public mutating func encrypt(
        inPlace packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>, isIgnored: Bool
    ) {
        let count = packet.count - Self.expansion
        precondition((0...Self.maximumContents).contains(count), "the length must fit its bytes")
        for place in 0..<Self.lengthSize {
            packet[place] = UInt8(truncatingIfNeeded: count >> (8 * place))
        }
        sendLength.crypt(&packet, count: Self.lengthSize)
        packet[Self.lengthSize] = isIgnored ? Self.ignoreBit : 0
        packet.withUnsafeMutableBufferPointer { buffer in
            let room = UnsafeMutableBufferPointer(rebasing: buffer[Self.lengthSize...])
            var sealed = room.mutableSpan
            sendContents.seal(inPlace: &sealed, authenticating: data)
        }
    }

    /// Opens the next packet, of which the length came before.
    ///
    /// - Parameter packet: a byte, the contents and the tag; decrypted where they lie.
    /// - Returns: whether it is a decoy; nil where it is not what was sent.
    public mutating func decrypt(
        inPlace packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>
    ) -> Bool? {
        guard packet.count > ChaCha20Poly1305.expansion,
            receiveContents.open(inPlace: &packet, authenticating: data)
        else { return nil }
        return packet[0] & Self.ignoreBit != 0
    }

    // MARK: - Packets as values

    /// The next packet to be sent.
    ///
    /// - Parameters:
    ///   - contents: below 2²⁴ bytes.
    ///   - data: what is authenticated with it: the garbage with the first packet, then nothing.
    ///   - isIgnored: whether it is a decoy.
    public mutating func encrypt(
        _ contents: [UInt8], authenticating data: [UInt8] = [], isIgnored: Bool = false
    ) -> [UInt8] {
        var packet = [UInt8](repeating: 0, count: contents.count + Self.expansion)
        packet.replaceSubrange(
            (Self.lengthSize + 1)..<(Self.lengthSize + 1 + contents.count), with: contents)
        var span = packet.mutableSpan
        encrypt(inPlace: &span, authenticating: data.span, isIgnored: isIgnored)
        return packet
    }

    /// The length of the next packet's contents. What follows is as long and
    /// `expansion - lengthSize` longer.
    ///
    /// - Parameter bytes: the three that came.
    public mutating func decryptLength(_ bytes: [UInt8]) -> Int {
        precondition(bytes.count == Self.lengthSize, "a length takes three bytes")
        var plain = bytes
        receiveLength.crypt(&plain)
        return plain.reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    /// The next packet, of which the length came before; nil where it is not what was sent.
    public mutating func decrypt(
        _ sealed: [UInt8], authenticating data: [UInt8] = []
    ) -> Packet? {
        var plain = sealed
        var span = plain.mutableSpan
        guard let isIgnored = decrypt(inPlace: &span, authenticating: data.span) else { return nil }
        return Packet(
            contents: Array(plain.dropFirst().dropLast(ChaCha20Poly1305.expansion)),
            isIgnored: isIgnored)
    }
}
