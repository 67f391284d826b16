/// Encryption that is authenticated, with data that is only authenticated (RFC 8439).
///
/// Long messages go through OpenSSL, which encrypts 2 GB a second where what is written here does a
/// tenth of that; for short ones its preparations take longer than the work.
public struct ChaCha20Poly1305: Sendable {
    /// What sealing adds to the plain text, in bytes.
    public static let expansion = 16
    /// From so many bytes on OpenSSL is the faster (Docs/Benchmarks.md).
    static let longMessage = 192

    private let cipher: ChaCha20
    private let key: Hash256

    /// Keyed with 32 bytes.
    public init(key: Span<UInt8>) {
        cipher = ChaCha20(key: key)
        self.key = Hash256(key)
    }

    /// Encrypts in place; a nonce must not be used twice.
    ///
    /// - Parameter packet: the plain text, and behind it 16 bytes of room for the tag.
    public func seal(
        inPlace packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>,
        nonce: (UInt32, UInt64)
    ) {
        precondition(packet.count >= Self.expansion, "the tag needs room")
        let count = packet.count - Self.expansion
        if count >= Self.longMessage, OpenSSLCipher.isAvailable {
            let isSealed = OpenSSLCipher.run(
                encrypts: true, &packet, authenticating: data, key: key, nonce: nonce)
            // It fails only where there is no memory for some hundred bytes, whatever is sealed.
            precondition(isSealed, "libcrypto is out of memory")
            return
        }
        sealWithoutOpenSSL(&packet, authenticating: data, nonce: nonce)
    }

    /// Decrypts in place what was sealed, the tag behind it; false where it was not sealed so, and
    /// then the bytes mean nothing.
    public func open(
        inPlace packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>,
        nonce: (UInt32, UInt64)
    ) -> Bool {
        guard packet.count >= Self.expansion else { return false }
        if packet.count - Self.expansion >= Self.longMessage, OpenSSLCipher.isAvailable {
            return OpenSSLCipher.run(
                encrypts: false, &packet, authenticating: data, key: key, nonce: nonce)
        }
        return openWithoutOpenSSL(&packet, authenticating: data, nonce: nonce)
    }

    /// The cipher text of `plaintext` and its tag. A nonce must not be used twice.
    public func seal(
        _ plaintext: Span<UInt8>, authenticating data: Span<UInt8>, nonce: (UInt32, UInt64)
    ) -> [UInt8] {
        var bytes = [UInt8](copying: plaintext, room: Self.expansion)
        var span = bytes.mutableSpan
        seal(inPlace: &span, authenticating: data, nonce: nonce)
        return bytes
    }

    /// The plain text of what was sealed; nil where it was not sealed so.
    public func open(
        _ sealed: Span<UInt8>, authenticating data: Span<UInt8>, nonce: (UInt32, UInt64)
    ) -> [UInt8]? {
        var bytes = [UInt8](copying: sealed)
        var span = bytes.mutableSpan
        guard open(inPlace: &span, authenticating: data, nonce: nonce) else { return nil }
        bytes.removeLast(Self.expansion)
        return bytes
    }

    // MARK: - Without OpenSSL

    /// As `seal`, whatever the length.
    package func sealWithoutOpenSSL(
        _ packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>,
        nonce: (UInt32, UInt64)
    ) {
        let count = packet.count - Self.expansion
        var stream = cipher
        stream.seek(nonce: nonce, block: 1)
        stream.crypt(&packet, count: count)
        let made = tag(of: packet.span.extracting(first: count), data, nonce)
        for index in 0..<Self.expansion { packet[count + index] = made[index] }
    }

    /// As `open`, whatever the length.
    package func openWithoutOpenSSL(
        _ packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>,
        nonce: (UInt32, UInt64)
    ) -> Bool {
        let count = packet.count - Self.expansion
        let expected = tag(of: packet.span.extracting(first: count), data, nonce)
        var difference: UInt8 = 0
        for index in 0..<Self.expansion { difference |= expected[index] ^ packet[count + index] }
        guard difference == 0 else { return false }
        var stream = cipher
        stream.seek(nonce: nonce, block: 1)
        stream.crypt(&packet, count: count)
        return true
    }

    private func tag(
        of ciphertext: Span<UInt8>, _ data: Span<UInt8>, _ nonce: (UInt32, UInt64)
    ) -> [UInt8] {
        var stream = cipher
        stream.seek(nonce: nonce, block: 0)
        var authenticator = Poly1305(key: stream.keystream(count: 32).span)
        authenticator.update(data)
        authenticator.padBlock()
        authenticator.update(ciphertext)
        authenticator.padBlock()
        for count in [data.count, ciphertext.count] {
            let bytes: [UInt8] = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
            authenticator.update(bytes.span)
        }
        return authenticator.finalize()
    }
}

extension [UInt8] {
    /// A copy, and zeros behind it.
    init(copying bytes: Span<UInt8>, room: Int = 0) {
        self.init(unsafeUninitializedCapacity: bytes.count + room) { buffer, count in
            bytes.withUnsafeBufferPointer { source in
                _ = buffer.initialize(fromContentsOf: source)
            }
            buffer[bytes.count...].initialize(repeating: 0)
            count = bytes.count + room
        }
    }
}
