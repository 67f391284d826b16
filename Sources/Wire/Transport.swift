public import Cryptography

/// How messages become bytes on one connection, and bytes messages: in the clear (v1) or encrypted
/// (v2, BIP324). It holds no socket: it is given what came, and gives what is to be sent.
public struct Transport: Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// It is not known yet what the peer speaks, or whether it is the one it seems to be.
        case detecting
        case v1
        case v2
    }

    /// What one portion of the stream brought.
    public struct Arrival: Sendable {
        public var frames: [Frame] = []
        /// To be sent before anything else.
        public var reply: [UInt8] = []

        package init() {}
    }

    private let magic: [UInt8]
    private var plain: FrameReader?
    private var encrypted: EncryptedTransport?
    /// The first bytes of a peer, while they may be the start of a plain message or of a key.
    private var start: [UInt8] = []
    private let seed: Hash256

    /// A connection in the clear.
    ///
    /// - Parameter magic: the four bytes of the network.
    public init(plain magic: [UInt8]) {
        self.magic = magic
        plain = FrameReader(magic: magic)
        seed = .zero
    }

    /// A connection that another opened, who speaks first: in the clear, or else encrypted.
    ///
    /// - Parameter seed: 32 bytes that nobody else knows and that serve no second time.
    public init(answering magic: [UInt8], seed: Hash256) {
        self.magic = magic
        self.seed = seed
    }

    /// An encrypted connection that we opened.
    public init(opening magic: [UInt8], seed: Hash256) {
        self.magic = magic
        self.seed = seed
        encrypted = EncryptedTransport(
            TransportSecrets(seed: seed), isInitiator: true, magic: magic)
    }

    /// What the one who opened the connection sends at once.
    public var opening: [UInt8] {
        guard let encrypted, encrypted.isInitiator else { return [] }
        return encrypted.opening
    }

    // MARK: - Reading

    /// Takes the next bytes of the stream, however it was split on the way.
    public mutating func receive(_ bytes: Span<UInt8>) throws(TransportError) -> Arrival {
        var arrival = Arrival()
        var taken = 0
        if plain == nil, encrypted == nil { taken = detect(bytes, &arrival) }
        let rest = bytes.extracting(taken..<bytes.count)
        if plain != nil {
            do throws(FrameError) {
                try plain?.read(rest, into: &arrival.frames)
            } catch {
                throw .frame(error)
            }
        } else if encrypted != nil {
            // The first bytes are fewer than a key, which takes them all.
            let first = start
            start = []
            try encrypted?.receive(first.span, into: &arrival)
            try encrypted?.receive(rest, into: &arrival)
        }
        return arrival
    }

    /// Compares the first bytes with those of a plain `version`. The first that differs says that
    /// the peer speaks the encrypted transport; a plain one says nothing else first.
    ///
    /// - Returns: how many bytes were taken.
    private mutating func detect(_ bytes: Span<UInt8>, _ arrival: inout Arrival) -> Int {
        let expected = magic + EncryptedTransport.plainCommand
        var taken = 0
        while taken < bytes.count, start.count < expected.count {
            let byte = bytes[taken]
            guard byte == expected[start.count] else {
                let transport = EncryptedTransport(
                    TransportSecrets(seed: seed), isInitiator: false, magic: magic)
                arrival.reply = transport.opening
                encrypted = transport
                return taken
            }
            start.append(byte)
            taken += 1
        }
        guard start.count == expected.count else { return taken }
        var reader = FrameReader(magic: magic)
        // Sixteen bytes are less than a header: they make no frame and no mistake.
        _ = try? reader.read(start)
        plain = reader
        start = []
        return taken
    }

    // MARK: - Writing

    /// Writes a message. It takes the bytes that `status.size` says, which must not be nil.
    public mutating func write(
        command: String, payload: [UInt8], into bytes: inout MutableSpan<UInt8>
    ) {
        if encrypted != nil {
            encrypted?.write(command: command, payload: payload, into: &bytes)
        } else {
            Frame.write(command: command, payload: payload, magic: magic, into: &bytes)
        }
    }
}

extension Transport {
    /// What is known of the transport, for those who count and show.
    public struct Status: Hashable, Sendable {
        public var kind: Kind
        /// How messages are sent by now; nil while none can be.
        public var sendsAs: Kind?
        /// What both ends of an encrypted connection can compare.
        public var sessionID: Hash256?

        public init(kind: Kind, sendsAs: Kind? = nil, sessionID: Hash256? = nil) {
            self.kind = kind
            self.sendsAs = sendsAs
            self.sessionID = sessionID
        }

        public static let plain = Status(kind: .v1, sendsAs: .v1)
        public static let detecting = Status(kind: .detecting)

        /// The bytes that a message takes on its way; nil while none can be sent.
        public func size(command: String, payload count: Int) -> Int? {
            switch sendsAs {
            case nil, .detecting: nil
            case .v1: Frame.headerSize + count
            case .v2: EncryptedTransport.size(command: command, payload: count)
            }
        }
    }

    public var status: Status {
        if let encrypted { return encrypted.status }
        return plain == nil ? .detecting : .plain
    }
}
