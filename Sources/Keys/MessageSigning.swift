public import Cryptography
internal import Notation
internal import Primitives

/// Signed messages: proof, outside of any transaction, that one holds the key of an address.
public enum MessageSigning {
    /// What is signed: the message after words that keep it apart from any transaction.
    public static func hash(of message: String) -> Hash256 {
        var writer = ByteWriter()
        writer.writeSized(Array("Bitcoin Signed Message:\n".utf8))
        writer.writeSized(Array(message.utf8))
        let bytes = writer.bytes
        return SHA256.doubleHash(bytes.span)
    }

    /// The signature of a message, in Base64.
    public static func sign(_ message: String, with key: PrivateKey) -> String {
        Base64.encode(
            ECDSA.signRecoverable(
                hash(of: message), with: key.secret, isCompressed: key.isCompressed))
    }

    /// Whether the holder of the key with this Hash160 signed the message; nil where the signature
    /// is not Base64.
    public static func verify(
        _ signature: String, of message: String, by keyHash: Hash160
    ) -> Bool? {
        guard let bytes = Base64.decode(signature) else { return nil }
        guard let found = ECDSA.recover(bytes.span, hash: hash(of: message)) else { return false }
        let key = found.isCompressed ? found.key.compressed : found.key.uncompressed
        return Hash160.hash(key.span) == keyHash
    }
}
