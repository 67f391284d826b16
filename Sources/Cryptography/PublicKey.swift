import CSecp256k1

/// A point of the curve, parsed and known to lie on it.
public struct PublicKey: Sendable {
    private var point: secp256k1_pubkey

    init(point: secp256k1_pubkey) { self.point = point }

    /// Reads the 33-byte, the 65-byte or the old hybrid form, as Bitcoin's rules do; nil where the
    /// bytes are none of these or name no point.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 33 || bytes.count == 65 else { return nil }
        var point = secp256k1_pubkey()
        let isPoint = bytes.withPointer {
            secp256k1_ec_pubkey_parse(Curve.context, &point, $0, bytes.count)
        }
        guard isPoint == 1 else { return nil }
        self.point = point
    }

    /// As above, from any collection; nil where the bytes are no form of a point.
    public init?(bytes: some Collection<UInt8>) {
        self.init([UInt8](bytes).span)
    }

    /// The key of even y with this x (BIP340); nil where no point has it.
    init?(evenWith x: Hash256) {
        let form = InlineArray<33, UInt8> { $0 == 0 ? 2 : x[$0 - 1] }
        self.init(form.span)
    }

    /// Whether the bytes are a public key in any of the three forms.
    public static func isValid(_ bytes: Span<UInt8>) -> Bool { PublicKey(bytes) != nil }

    /// The sum of the points; nil for no points, or where the sum is the point at infinity.
    public static func combine(_ keys: [PublicKey]) -> PublicKey? {
        guard !keys.isEmpty else { return nil }
        let points = keys.map(\.point)
        var sum = secp256k1_pubkey()
        let isPoint = points.withUnsafeBufferPointer { points -> Int32 in
            let addresses = points.indices.map { index in
                points.baseAddress.map { $0 + index }
            }
            return secp256k1_ec_pubkey_combine(Curve.context, &sum, addresses, addresses.count)
        }
        return isPoint == 1 ? PublicKey(point: sum) : nil
    }

    /// The 33-byte form: the parity of y, then x.
    public var compressed: [UInt8] { serialized(count: 33, UInt32(SECP256K1_EC_COMPRESSED)) }

    /// The 65-byte form: 4, x, y.
    public var uncompressed: [UInt8] { serialized(count: 65, UInt32(SECP256K1_EC_UNCOMPRESSED)) }

    /// Whether y is odd, which the x-only form (BIP340) forgets.
    public var hasOddY: Bool { compressed.first == 3 }

    /// The x coordinate alone (BIP340).
    public var xOnly: XOnlyPublicKey { XOnlyPublicKey(valid: x) }

    private var x: Hash256 { Hash256(compressed.span.extracting(droppingFirst: 1)) }

    /// This point plus the generator `tweak` times (32 bytes, most significant first); nil where
    /// the sum is no point or the tweak no number of the curve.
    public func tweakAdd(_ tweak: Hash256) -> PublicKey? {
        var sum = point
        let isPoint = tweak.withPointer {
            secp256k1_ec_pubkey_tweak_add(Curve.context, &sum, $0)
        }
        return isPoint == 1 ? PublicKey(point: sum) : nil
    }

    /// This point so many times; nil for zero.
    public func multiplied(by scalar: Scalar) -> PublicKey? {
        var product = point
        let isPoint = scalar.withPointer {
            secp256k1_ec_pubkey_tweak_mul(Curve.context, &product, $0)
        }
        return isPoint == 1 ? PublicKey(point: product) : nil
    }

    /// The mirrored point.
    public var negated: PublicKey {
        var mirrored = point
        _ = secp256k1_ec_pubkey_negate(Curve.context, &mirrored)
        return PublicKey(point: mirrored)
    }

    @inline(__always)
    func withPoint<Result>(_ body: (UnsafePointer<secp256k1_pubkey>) -> Result) -> Result {
        withUnsafePointer(to: point, body)
    }

    private func serialized(count: Int, _ form: UInt32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            var size = count
            withPoint { point in
                _ = secp256k1_ec_pubkey_serialize(
                    Curve.context, buffer.baseAddress.unsafelyUnwrapped, &size, point, form)
            }
            written = size
        }
    }
}

extension PublicKey: Hashable {
    public static func == (left: PublicKey, right: PublicKey) -> Bool {
        left.withPoint { left in
            right.withPoint { secp256k1_ec_pubkey_cmp(Curve.context, left, $0) }
        } == 0
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(compressed) }
}
