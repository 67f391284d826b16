/// How many messages are encrypted under one key before it is replaced (BIP324).
public enum ForwardSecrecy {
    public static let interval: UInt64 = 224
}

/// ChaCha20 that replaces its key now and then, so that a key which is found out later does not open
/// what came before (BIP324's FSChaCha20). It hides the lengths of packets.
public struct FSChaCha20: Sendable {
    private var stream: ChaCha20
    private let interval: UInt64
    private var count: UInt64 = 0

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - interval: messages under one key.
    public init(key: Span<UInt8>, interval: UInt64 = ForwardSecrecy.interval) {
        precondition(interval > 0, "a key serves for a message at least")
        stream = ChaCha20(key: key)
        self.interval = interval
    }

    /// Encrypts or decrypts the next message in place. All of one key's go on in one key stream.
    public mutating func crypt(_ bytes: inout [UInt8]) {
        var span = bytes.mutableSpan
        crypt(&span, count: span.count)
    }

    /// As above, of the first `count` bytes alone.
    public mutating func crypt(_ bytes: inout MutableSpan<UInt8>, count length: Int) {
        stream.crypt(&bytes, count: length)
        count &+= 1
        guard count % interval == 0 else { return }
        let key = stream.keystream(count: 32)
        stream = ChaCha20(key: key.span)
        stream.seek(nonce: (0, count / interval), block: 0)
    }
}

/// The same of ChaCha20-Poly1305 (BIP324's FSChaCha20Poly1305), for the contents of packets.
public struct FSChaCha20Poly1305: Sendable {
    private var cipher: ChaCha20Poly1305
    private let interval: UInt64
    private var count: UInt64 = 0

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - interval: messages under one key.
    public init(key: Span<UInt8>, interval: UInt64 = ForwardSecrecy.interval) {
        precondition(interval > 0, "a key serves for a message at least")
        cipher = ChaCha20Poly1305(key: key)
        self.interval = interval
    }

    /// Encrypts the next message in place; the last 16 bytes are room for the tag.
    public mutating func seal(
        inPlace packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>
    ) {
        cipher.seal(inPlace: &packet, authenticating: data, nonce: nonce)
        advance()
    }

    /// Decrypts the next message in place, the tag behind it; false where it is not the one that
    /// was sealed.
    public mutating func open(
        inPlace packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>
    ) -> Bool {
        let isOpen = cipher.open(inPlace: &packet, authenticating: data, nonce: nonce)
        advance()
        return isOpen
    }

    /// Encrypts the next message.
    public mutating func seal(_ message: Span<UInt8>, authenticating data: Span<UInt8>) -> [UInt8] {
        defer { advance() }
        return cipher.seal(message, authenticating: data, nonce: nonce)
    }

    /// Decrypts the next message; nil where it is not the one that was sealed. Then none that
    /// follows opens either, and the connection is to be closed.
    public mutating func open(_ sealed: Span<UInt8>, authenticating data: Span<UInt8>) -> [UInt8]? {
        defer { advance() }
        return cipher.open(sealed, authenticating: data, nonce: nonce)
    }

    private var nonce: (UInt32, UInt64) {
        (UInt32(truncatingIfNeeded: count % interval), count / interval)
    }

    private mutating func advance() {
        let period = count / interval
        count &+= 1
        guard count % interval == 0 else { return }
        let zeros = [UInt8](repeating: 0, count: 32)
        let none: [UInt8] = []
        let sealed = cipher.seal(zeros.span, authenticating: none.span, nonce: (.max, period))
        cipher = ChaCha20Poly1305(key: sealed.span.extracting(first: 32))
    }
}
