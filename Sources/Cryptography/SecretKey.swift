import CSecp256k1

/// A secret number of the curve, not zero and below its order.
///
/// It is a value: whoever holds one decides how long it stays in memory. It has no description, so
/// that it is not logged by chance.
public struct SecretKey: Hashable, Sendable {
    private let scalar: Hash256

    /// Takes 32 bytes, most significant first; nil if they are not 32 or not a valid secret.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 32 else { return nil }
        guard bytes.withPointer({ secp256k1_ec_seckey_verify(Curve.context, $0) }) == 1 else {
            return nil
        }
        scalar = Hash256(bytes)
    }

    /// As above, from any collection; nil where the bytes are not 32 or not a valid secret.
    public init?(bytes: some Collection<UInt8>) {
        self.init([UInt8](bytes).span)
    }

    private init(valid scalar: Hash256) { self.scalar = scalar }

    /// The 32 bytes, most significant first.
    public var bytes: [UInt8] { scalar.bytes }

    /// The point this is the secret of.
    public var publicKey: PublicKey {
        var point = secp256k1_pubkey()
        let isMade = withPointer { secp256k1_ec_pubkey_create(Curve.context, &point, $0) }
        precondition(isMade == 1, "a valid secret has a public key")
        return PublicKey(point: point)
    }

    /// The x coordinate of the point (BIP340).
    public var xOnlyPublicKey: XOnlyPublicKey { publicKey.xOnly }

    /// The secret of the mirrored point.
    public var negated: SecretKey {
        SecretKey(
            valid: changed { _ = secp256k1_ec_seckey_negate(Curve.context, $0) })
    }

    /// The sum of this and `tweak` (32 bytes, most significant first); nil where it is no secret.
    public func tweakAdd(_ tweak: Hash256) -> SecretKey? {
        var isValid = false
        let sum = changed { scalar in
            isValid =
                tweak.withPointer {
                    secp256k1_ec_seckey_tweak_add(Curve.context, scalar, $0)
                } == 1
        }
        return isValid ? SecretKey(valid: sum) : nil
    }

    /// The secret of the taproot output key (BIP341) that commits to `merkleRoot`, or to no script.
    public func taprootTweaked(merkleRoot: Hash256?) -> SecretKey? {
        let point = publicKey
        let tweak = point.xOnly.taprootTweak(merkleRoot: merkleRoot)
        return (point.hasOddY ? negated : self).tweakAdd(tweak)
    }

    @inline(__always)
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        scalar.withPointer(body)
    }

    private func changed(by change: (UnsafeMutablePointer<UInt8>) -> Void) -> Hash256 {
        Hash256 { output in
            withPointer { output.update(from: $0, count: 32) }
            change(output)
        }
    }
}
