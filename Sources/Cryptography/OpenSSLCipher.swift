import COpenSSL

/// ChaCha20-Poly1305 of OpenSSL, which has kernels for each processor. It keeps nothing between two
/// messages, so that a cipher stays a value; that costs a microsecond a message.
package enum OpenSSLCipher {
    private static let tagSize = ChaCha20Poly1305.expansion
    /// Looked up once: a look-up takes longer than a short message. All threads may share it, for
    /// libcrypto only reads a cipher once it is looked up, and we never free it.
    private nonisolated(unsafe) static let cipher = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)

    /// Whether the library has the cipher: one that is set up for approved algorithms alone has not.
    static var isAvailable: Bool { cipher != nil }

    /// Encrypts or decrypts in place all but the last 16 bytes, which are the tag: it is written or
    /// compared.
    ///
    /// - Returns: false where the tag is another, or the library fails.
    package static func run(
        encrypts: Bool, _ packet: inout MutableSpan<UInt8>, authenticating data: Span<UInt8>,
        key: Hash256, nonce: (UInt32, UInt64)
    ) -> Bool {
        packet.withUnsafeMutableBufferPointer { packet in
            guard let start = packet.baseAddress, packet.count >= tagSize,
                let count = CInt(exactly: packet.count - tagSize),
                let dataCount = CInt(exactly: data.count),
                let context = EVP_CIPHER_CTX_new()
            else { return false }
            defer { EVP_CIPHER_CTX_free(context) }
            let isKeyed = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 12) { bytes in
                for index in 0..<4 {
                    bytes[index] = UInt8(truncatingIfNeeded: nonce.0 >> UInt32(8 * index))
                }
                for index in 0..<8 {
                    bytes[index + 4] = UInt8(truncatingIfNeeded: nonce.1 >> UInt64(8 * index))
                }
                return key.withPointer {
                    EVP_CipherInit_ex(
                        context, cipher, nil, $0, bytes.baseAddress, encrypts ? 1 : 0)
                } == 1
            }
            guard isKeyed else { return false }
            let tag = start + Int(count)
            var written: CInt = 0
            if !encrypts {
                guard
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CInt(tagSize), tag) == 1
                else { return false }
            }
            if dataCount > 0 {
                let isTaken = data.withUnsafeBufferPointer {
                    EVP_CipherUpdate(context, nil, &written, $0.baseAddress, dataCount)
                }
                guard isTaken == 1 else { return false }
            }
            guard EVP_CipherUpdate(context, start, &written, start, count) == 1, written == count,
                EVP_CipherFinal_ex(context, tag, &written) == 1
            else { return false }
            return !encrypts
                || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CInt(tagSize), tag) == 1
        }
    }
}
