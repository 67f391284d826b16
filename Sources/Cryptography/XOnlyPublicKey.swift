import CSecp256k1

/// The x coordinate of a point of the curve, which stands for the point with even y (BIP340).
public struct XOnlyPublicKey: Hashable, Sendable {
    private let x: Hash256

    private static let tapTweak = SHA256Stream(tag: "TapTweak")

    init(valid x: Hash256) { self.x = x }

    /// Takes 32 bytes; nil if they are not 32 or no point has this x.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 32 else { return nil }
        x = Hash256(bytes)
        guard parsed != nil else { return nil }
    }

    /// As above, from any collection; nil where the bytes are no x of a point.
    public init?(bytes: some Collection<UInt8>) {
        self.init([UInt8](bytes).span)
    }

    /// The 32 bytes.
    public var bytes: [UInt8] { x.bytes }

    /// The point with even y.
    public var publicKey: PublicKey {
        guard let key = PublicKey(([2] + bytes).span) else {
            preconditionFailure("it was proven to be a point when it was made")
        }
        return key
    }

    /// This point plus the generator `tweak` times, and whether the sum has an odd y; nil where
    /// the sum is no point or the tweak no number of the curve.
    public func tweakAdd(_ tweak: Hash256) -> (key: XOnlyPublicKey, parity: Bool)? {
        guard var point = parsed else { return nil }
        var sum = secp256k1_pubkey()
        let isPoint = tweak.withPointer {
            secp256k1_xonly_pubkey_tweak_add(Curve.context, &sum, &point, $0)
        }
        guard isPoint == 1 else { return nil }
        let key = PublicKey(point: sum)
        return (key.xOnly, key.hasOddY)
    }

    /// `hashTapTweak(key || merkleRoot)` of BIP341; without a root the key commits to no script.
    public func taprootTweak(merkleRoot: Hash256?) -> Hash256 {
        var stream = Self.tapTweak
        stream.update(x)
        if let merkleRoot { stream.update(merkleRoot) }
        return stream.finalize()
    }

    /// The taproot output key (BIP341) over this internal key, and the parity of its y.
    public func taprootOutput(merkleRoot: Hash256?) -> (key: XOnlyPublicKey, parity: Bool)? {
        tweakAdd(taprootTweak(merkleRoot: merkleRoot))
    }

    /// Whether `output` (32 bytes, y of `parity`) is `internalKey` (32 bytes) tweaked by `tweak`:
    /// the check of a taproot script path. Cheaper than `tweakAdd`, and false for bad bytes.
    public static func isTweak(
        output: Span<UInt8>, parity: Bool, internalKey: Span<UInt8>, tweak: Hash256
    ) -> Bool {
        guard output.count == 32, var point = parse(internalKey) else { return false }
        return output.withPointer { output in
            tweak.withPointer { tweak in
                secp256k1_xonly_pubkey_tweak_add_check(
                    Curve.context, output, parity ? 1 : 0, &point, tweak)
            }
        } == 1
    }

    static func parse(_ bytes: Span<UInt8>) -> secp256k1_xonly_pubkey? {
        guard bytes.count == 32 else { return nil }
        var point = secp256k1_xonly_pubkey()
        let isPoint = bytes.withPointer {
            secp256k1_xonly_pubkey_parse(Curve.context, &point, $0)
        }
        return isPoint == 1 ? point : nil
    }

    private var parsed: secp256k1_xonly_pubkey? { x.withBytes { Self.parse($0) } }
}
