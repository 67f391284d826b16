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

    /// The next packet to be sent.
    ///
    /// - Parameters:
    ///   - contents: below 2²⁴ bytes.
    ///   - data: what is authenticated with it: the garbage with the first packet, then nothing.
    ///   - isIgnored: whether it is a decoy.
    public mutating func encrypt(
        _ contents: [UInt8], authenticating data: [UInt8] = [], isIgnored: Bool = false
    ) -> [UInt8] {
        precondition(contents.count <= Self.maximumContents, "the length must fit its bytes")
        var length = (0..<Self.lengthSize).map {
            UInt8(truncatingIfNeeded: contents.count >> (8 * $0))
        }
        sendLength.crypt(&length)
        let plain = [isIgnored ? Self.ignoreBit : 0] + contents
        return length + sendContents.seal(plain.span, authenticating: data.span)
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
        guard let plain = receiveContents.open(sealed.span, authenticating: data.span),
            let header = plain.first
        else { return nil }
        return Packet(
            contents: Array(plain.dropFirst()), isIgnored: header & Self.ignoreBit != 0)
    }
}
