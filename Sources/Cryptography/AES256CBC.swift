import COpenSSL

/// AES-256 in cipher block chaining, as Core encrypts the keys of a wallet.
public struct AES256CBC: Sendable {
    private let key: [UInt8]
    private let initialVector: [UInt8]
    private let isPadded: Bool

    /// Keyed with 32 bytes, chained from 16; padded as PKCS#7 says, or not at all.
    public init?(key: [UInt8], initialVector: [UInt8], isPadded: Bool = true) {
        guard key.count == 32, initialVector.count == 16 else { return nil }
        self.key = key
        self.initialVector = initialVector
        self.isPadded = isPadded
    }

    /// The cipher text; nil where the plain text is no whole number of blocks and not padded.
    public func encrypt(_ plaintext: [UInt8]) -> [UInt8]? { crypt(plaintext, encrypts: true) }

    /// The plain text; nil where it was not encrypted so.
    public func decrypt(_ ciphertext: [UInt8]) -> [UInt8]? { crypt(ciphertext, encrypts: false) }

    private func crypt(_ input: [UInt8], encrypts: Bool) -> [UInt8]? {
        guard let count = Int32(exactly: input.count), let context = EVP_CIPHER_CTX_new() else {
            return nil
        }
        defer { EVP_CIPHER_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: input.count + 32)
        var written: Int32 = 0
        var last: Int32 = 0
        let isDone = output.withUnsafeMutableBufferPointer { output in
            EVP_CipherInit_ex(
                context, EVP_aes_256_cbc(), nil, key, initialVector, encrypts ? 1 : 0) == 1
                && EVP_CIPHER_CTX_set_padding(context, isPadded ? 1 : 0) == 1
                && EVP_CipherUpdate(context, output.baseAddress, &written, input, count) == 1
                && EVP_CipherFinal_ex(
                    context, output.baseAddress.map { $0 + Int(written) }, &last) == 1
        }
        return isDone ? [UInt8](output.prefix(Int(written + last))) : nil
    }
}
