import CSecp256k1

/// The signatures of all but taproot outputs.
public enum ECDSA {
    /// Whether `signature` (DER as leniently read as consensus asks, without the hash type) signs
    /// the bytes of `hash` for `publicKey` (33, 65 or hybrid 65 bytes).
    ///
    /// High values of s pass: that they are refused is a matter of policy, see `isLowS`.
    public static func verify(
        signature: Span<UInt8>, hash: Hash256, publicKey: Span<UInt8>
    ) -> Bool {
        guard let key = PublicKey(publicKey) else { return false }
        return verify(signature: signature, hash: hash, publicKey: key)
    }

    /// As above, for a key that was parsed before.
    public static func verify(
        signature: Span<UInt8>, hash: Hash256, publicKey: PublicKey
    ) -> Bool {
        guard var parsed = parse(signature) else { return false }
        // libsecp256k1 verifies only low s; Bitcoin's rules let both pass.
        var normal = secp256k1_ecdsa_signature()
        _ = secp256k1_ecdsa_signature_normalize(Curve.context, &normal, &parsed)
        return publicKey.withPoint { point in
            hash.withPointer { secp256k1_ecdsa_verify(Curve.context, &normal, $0, point) }
        } == 1
    }

    /// Whether s lies in the lower half of the order, as BIP62 wants it of `signature` (DER,
    /// without the hash type). False for what cannot be read.
    public static func isLowS(signature: Span<UInt8>) -> Bool {
        guard var parsed = parse(signature) else { return false }
        return secp256k1_ecdsa_signature_normalize(Curve.context, nil, &parsed) == 0
    }

    /// The DER signature of the bytes of `hash`: deterministic (RFC 6979), with low s and, where
    /// it grinds, with r below 2^255 as Core makes them, so that 71 bytes are never exceeded.
    public static func sign(
        _ hash: Hash256, with key: SecretKey, grindingLowR grinds: Bool = true
    ) -> [UInt8] {
        var signature = signature(hash, key, attempt: 0)
        var attempt: UInt32 = 0
        while grinds, !hasLowR(&signature) {
            attempt += 1
            signature = self.signature(hash, key, attempt: attempt)
        }
        return [UInt8](unsafeUninitializedCapacity: 72) { buffer, count in
            count = 72
            _ = secp256k1_ecdsa_signature_serialize_der(
                Curve.context, buffer.baseAddress.unsafelyUnwrapped, &count, &signature)
        }
    }

    private static func parse(_ signature: Span<UInt8>) -> secp256k1_ecdsa_signature? {
        guard let lax = LaxSignature(signature) else { return nil }
        var parsed = secp256k1_ecdsa_signature()
        let isBelowOrder = lax.compact.span.withPointer {
            secp256k1_ecdsa_signature_parse_compact(Curve.context, &parsed, $0)
        }
        guard isBelowOrder != 1 else { return parsed }
        // As with numbers too long: readable, but never valid.
        let zeros = InlineArray<64, UInt8>(repeating: 0)
        _ = zeros.span.withPointer {
            secp256k1_ecdsa_signature_parse_compact(Curve.context, &parsed, $0)
        }
        return parsed
    }

    private static func signature(
        _ hash: Hash256, _ key: SecretKey, attempt: UInt32
    ) -> secp256k1_ecdsa_signature {
        var signature = secp256k1_ecdsa_signature()
        let entropy = Hash256(words: (UInt64(attempt), 0, 0, 0))
        let isSigned = hash.withPointer { hash in
            key.withPointer { key in
                entropy.withPointer { entropy in
                    secp256k1_ecdsa_sign(
                        Curve.context, &signature, hash, key, nil, attempt == 0 ? nil : entropy)
                }
            }
        }
        precondition(isSigned == 1, "a valid secret signs")
        return signature
    }

    private static func hasLowR(_ signature: inout secp256k1_ecdsa_signature) -> Bool {
        var compact = InlineArray<64, UInt8>(repeating: 0)
        var span = compact.mutableSpan
        span.withUnsafeMutableBufferPointer { buffer in
            _ = secp256k1_ecdsa_signature_serialize_compact(
                Curve.context, buffer.baseAddress.unsafelyUnwrapped, &signature)
        }
        return compact[0] < 0x80
    }
}

extension ECDSA {
    /// The 65-byte signature of signed messages, from which the key is recovered: a header that
    /// tells which of four keys and in which form, then r and s.
    public static func signRecoverable(
        _ hash: Hash256, with key: SecretKey, isCompressed: Bool = true
    ) -> [UInt8] {
        var signature = secp256k1_ecdsa_recoverable_signature()
        let isSigned = hash.withPointer { hash in
            key.withPointer { key in
                secp256k1_ecdsa_sign_recoverable(Curve.context, &signature, hash, key, nil, nil)
            }
        }
        precondition(isSigned == 1, "a valid secret signs")
        return [UInt8](unsafeUninitializedCapacity: 65) { buffer, count in
            var which: Int32 = 0
            _ = secp256k1_ecdsa_recoverable_signature_serialize_compact(
                Curve.context, buffer.baseAddress.unsafelyUnwrapped + 1, &which, &signature)
            buffer[0] = 27 + UInt8(which & 3) + (isCompressed ? 4 : 0)
            count = 65
        }
    }

    /// The key that made a 65-byte signature over the bytes of `hash`, and whether its holder used
    /// the 33-byte form; nil where there is none.
    public static func recover(
        _ signature: Span<UInt8>, hash: Hash256
    ) -> (key: PublicKey, isCompressed: Bool)? {
        guard signature.count == 65 else { return nil }
        let header = Int32(signature[0]) - 27
        var parsed = secp256k1_ecdsa_recoverable_signature()
        let isRead = signature.extracting(droppingFirst: 1).withPointer {
            secp256k1_ecdsa_recoverable_signature_parse_compact(
                Curve.context, &parsed, $0, header & 3)
        }
        guard isRead == 1 else { return nil }
        var point = secp256k1_pubkey()
        let isPoint = hash.withPointer {
            secp256k1_ecdsa_recover(Curve.context, &point, &parsed, $0)
        }
        return isPoint == 1 ? (PublicKey(point: point), header & 4 != 0) : nil
    }
}
