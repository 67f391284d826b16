import CTLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why connections cannot be encrypted. The text names the file that is at fault.
public struct TLSError: Error, Hashable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

/// A certificate with its key: what all encrypted connections of a server share.
///
/// Unchecked: libssl counts the references to a context and locks it itself; it is set up once,
/// here, and only read after.
final class TLSContext: @unchecked Sendable {
    private let context: Handle

    /// One context, freed exactly once.
    private struct Handle: ~Copyable {
        let pointer: OpaquePointer

        init() throws(TLSError) {
            guard let pointer = SSL_CTX_new(TLS_server_method()) else {
                throw TLSError("libssl gave no context: \(TLSContext.lastError)")
            }
            self.pointer = pointer
        }

        deinit { SSL_CTX_free(pointer) }
    }

    /// Reads a chain of certificates, the server's own first, and its key, both as PEM.
    init(certificate: String, key: String) throws(TLSError) {
        ERR_clear_error()
        context = try Handle()
        guard cellblock_tls_harden(context.pointer) == 1 else {
            throw TLSError("libssl refused its settings: \(Self.lastError)")
        }
        cellblock_tls_forbid_passphrases(context.pointer)
        try Self.checkReadable(certificate, "certificate")
        try Self.checkReadable(key, "key")
        guard SSL_CTX_use_certificate_chain_file(context.pointer, certificate) == 1 else {
            throw TLSError("\(certificate) holds no certificate as PEM: \(Self.lastError)")
        }
        guard SSL_CTX_use_PrivateKey_file(context.pointer, key, SSL_FILETYPE_PEM) == 1 else {
            // libssl compares the key with the certificate while it takes it.
            let code = ERR_peek_last_error()
            guard Self.isMismatch(code) else {
                throw TLSError(
                    "\(key) holds no key as PEM without a passphrase: \(Self.lastError)")
            }
            ERR_clear_error()
            throw TLSError("The key in \(key) is not that of the certificate in \(certificate)")
        }
        guard SSL_CTX_check_private_key(context.pointer) == 1 else {
            ERR_clear_error()
            throw TLSError("The key in \(key) is not that of the certificate in \(certificate)")
        }
    }

    private static func checkReadable(_ path: String, _ what: String) throws(TLSError) {
        guard access(path, R_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            throw TLSError("The \(what) \(path) cannot be read: \(reason)")
        }
    }

    private static func isMismatch(_ code: UInt) -> Bool {
        guard let text = ERR_reason_error_string(code) else { return false }
        return ["key values mismatch", "key type mismatch"].contains(String(cString: text))
    }

    /// What went wrong last on this thread, in libssl's words; it is forgotten.
    static var lastError: String {
        let code = ERR_peek_last_error()
        defer { ERR_clear_error() }
        guard code != 0, let text = ERR_reason_error_string(code) else { return "unknown" }
        return String(cString: text)
    }

    /// A connection's side of the handshake, to be begun by the client.
    func connection() throws(TLSError) -> TLSConnection {
        try TLSConnection(context.pointer)
    }
}
