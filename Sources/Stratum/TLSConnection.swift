import CTLS

/// One encrypted connection, of bytes in and bytes out. It knows no socket.
///
/// What comes is fed to it and then read until nothing is left, so no more is held than a record
/// that has not come to its end.
struct TLSConnection: ~Copyable {
    /// What reading gave.
    enum Reading {
        case bytes([UInt8])
        /// Nothing until more has come.
        case nothing
        /// The other side said that it has ended.
        case ended
    }

    /// The largest record that TLS knows, in bytes.
    private static let chunk = 16_384

    private let ssl: Handle
    /// Both are freed with the connection, which owns them.
    private let input: OpaquePointer
    private let output: OpaquePointer

    private struct Handle: ~Copyable {
        let pointer: OpaquePointer

        init(_ context: OpaquePointer) throws(TLSError) {
            guard let pointer = SSL_new(context) else {
                throw TLSError("libssl gave no connection: \(TLSContext.lastError)")
            }
            self.pointer = pointer
        }

        deinit { SSL_free(pointer) }
    }

    init(_ context: OpaquePointer) throws(TLSError) {
        ERR_clear_error()
        let ssl = try Handle(context)
        let buffers = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        guard let input = buffers.0, let output = buffers.1 else {
            // Freeing what is not there is allowed.
            BIO_free(buffers.0)
            BIO_free(buffers.1)
            throw TLSError("libssl gave no buffer: \(TLSContext.lastError)")
        }
        SSL_set_bio(ssl.pointer, input, output)
        SSL_set_accept_state(ssl.pointer)
        self.input = input
        self.output = output
        self.ssl = ssl
    }

    /// Whether the handshake is over.
    var isEstablished: Bool { SSL_is_init_finished(ssl.pointer) == 1 }

    /// Takes what came from the socket.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        let count = Int32(clamping: bytes.count)
        guard BIO_write(input, start, count) == count, Int(count) == bytes.count else {
            throw TLSError("libssl took no bytes: \(TLSContext.lastError)")
        }
    }

    /// Goes on with the handshake as far as what came allows.
    func shakeHands() throws(TLSError) {
        guard !isEstablished else { return }
        ERR_clear_error()
        let result = SSL_do_handshake(ssl.pointer)
        guard result != 1, SSL_get_error(ssl.pointer, result) != SSL_ERROR_WANT_READ else { return }
        throw TLSError("handshake failed: \(TLSContext.lastError)")
    }

    /// The next bytes that were sent to us.
    func read() throws(TLSError) -> Reading {
        ERR_clear_error()
        var result: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunk) { buffer, count in
            result = SSL_read(ssl.pointer, buffer.baseAddress, Int32(Self.chunk))
            count = max(0, Int(result))
        }
        if result > 0 { return .bytes(bytes) }
        switch SSL_get_error(ssl.pointer, result) {
        case SSL_ERROR_WANT_READ: return .nothing
        case SSL_ERROR_ZERO_RETURN: return .ended
        default: throw TLSError("connection broken: \(TLSContext.lastError)")
        }
    }

    /// Encrypts; the result is fetched by `takeOutput`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        ERR_clear_error()
        let count = Int32(clamping: bytes.count)
        // The buffer behind it grows, so it takes all or fails.
        guard SSL_write(ssl.pointer, start, count) == count, Int(count) == bytes.count else {
            throw TLSError("nothing can be written now: \(TLSContext.lastError)")
        }
    }

    /// Says that we have ended.
    func close() {
        ERR_clear_error()
        if isEstablished { _ = SSL_shutdown(ssl.pointer) }
        ERR_clear_error()
    }

    /// What is to go to the socket.
    func takeOutput() -> [UInt8] {
        let waiting = BIO_ctrl_pending(output)
        guard waiting > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: waiting) { buffer, count in
            count = max(0, Int(BIO_read(output, buffer.baseAddress, Int32(clamping: waiting))))
        }
    }
}
