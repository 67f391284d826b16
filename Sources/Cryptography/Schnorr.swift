import CSecp256k1

/// The signatures of taproot (BIP340).
public enum Schnorr {
    /// Whether `signature` (64 bytes) signs `message` for the x-only `publicKey` (32 bytes).
    public static func verify(
        signature: Span<UInt8>, message: Span<UInt8>, publicKey: Span<UInt8>
    ) -> Bool {
        guard signature.count == 64, var key = XOnlyPublicKey.parse(publicKey) else {
            return false
        }
        return verify(signature, message, &key)
    }

    /// As above, for a key that was read before, whose y does not matter.
    public static func verify(
        signature: Span<UInt8>, message: Span<UInt8>, publicKey: PublicKey
    ) -> Bool {
        guard signature.count == 64 else { return false }
        var key = secp256k1_xonly_pubkey()
        publicKey.withPoint { point in
            _ = secp256k1_xonly_pubkey_from_pubkey(Curve.context, &key, nil, point)
        }
        return verify(signature, message, &key)
    }

    private static func verify(
        _ signature: Span<UInt8>, _ message: Span<UInt8>, _ key: inout secp256k1_xonly_pubkey
    ) -> Bool {
        let messageCount = message.count
        return signature.withPointer { signature in
            message.withPointer { message in
                secp256k1_schnorrsig_verify(
                    Curve.context, signature, message, messageCount, &key)
            }
        } == 1
    }

    /// As above, for the bytes of a signature hash.
    public static func verify(
        signature: Span<UInt8>, message: Hash256, publicKey: Span<UInt8>
    ) -> Bool {
        message.withBytes { verify(signature: signature, message: $0, publicKey: publicKey) }
    }

    /// The 64-byte signature of `message`. `auxiliary` is fresh randomness where the caller has
    /// it; without it the signature is still safe, and always the same.
    public static func sign(
        _ message: Span<UInt8>, with key: SecretKey, auxiliary: Hash256 = .zero
    ) -> [UInt8] {
        var pair = secp256k1_keypair()
        let isPair = key.withPointer { secp256k1_keypair_create(Curve.context, &pair, $0) }
        precondition(isPair == 1, "a valid secret has a public key")
        let messageCount = message.count
        return [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            let output = buffer.baseAddress.unsafelyUnwrapped
            let isSigned = auxiliary.withPointer { auxiliary in
                var extra = extraParameters(auxiliary)
                return message.withPointer { message in
                    secp256k1_schnorrsig_sign_custom(
                        Curve.context, output, message, messageCount, &pair, &extra)
                }
            }
            precondition(isSigned == 1, "a valid secret signs")
            count = 64
        }
    }

    /// The 64-byte signature of the bytes of a signature hash.
    public static func sign(
        _ message: Hash256, with key: SecretKey, auxiliary: Hash256 = .zero
    ) -> [UInt8] {
        message.withBytes { sign($0, with: key, auxiliary: auxiliary) }
    }

    /// What the macro `SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT` makes, which Swift cannot see.
    private static func extraParameters(
        _ auxiliary: UnsafePointer<UInt8>
    ) -> secp256k1_schnorrsig_extraparams {
        secp256k1_schnorrsig_extraparams(
            magic: (0xda, 0x6f, 0xb3, 0x8c), noncefp: nil,
            ndata: UnsafeMutableRawPointer(mutating: auxiliary))
    }
}
