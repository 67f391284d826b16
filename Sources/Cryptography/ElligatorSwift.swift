import CSecp256k1

/// A public key in 64 bytes that look like any others (ElligatorSwift, BIP324): two numbers u and t,
/// from which an x coordinate follows. Every 64 bytes stand for a key, and each key has some 2²⁵⁶ forms.
public struct ElligatorSwift: Hashable, Sendable {
    private let u: Hash256
    private let t: Hash256

    /// The bytes it takes.
    public static let size = 64

    /// Takes 64 bytes; nil if they are not as many.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        u = Hash256(bytes.extracting(first: 32))
        t = Hash256(bytes.extracting(last: 32))
    }

    /// One of the forms of a secret's public key, chosen by `generator`, which must be a secret one.
    public init(_ secret: SecretKey, using generator: inout some RandomNumberGenerator) {
        let x = FieldElement(Hash256(secret.xOnlyPublicKey.bytes.span))
        while true {
            let u = FieldElement(
                Hash256(
                    words: (generator.next(), generator.next(), generator.next(), generator.next()))
            )
            let form = Int(truncatingIfNeeded: generator.next() & 7)
            // A quarter of the tries succeed.
            guard !u.isZero, let t = Self.secondNumber(x: x, u: u, form: form) else { continue }
            (self.u, self.t) = (u.bytes, t.bytes)
            return
        }
    }

    /// The 64 bytes.
    public var bytes: [UInt8] { u.bytes + t.bytes }

    /// The x coordinate that it stands for.
    public var x: XOnlyPublicKey { XOnlyPublicKey(valid: decoded.bytes) }

    // MARK: The map and its inverse

    /// A root of -3, the one that is a square.
    private static let rootOfMinus3 = (-FieldElement(3)).squareRoot ?? .zero
    private static let half = FieldElement(2).inverse
    private static let seven = FieldElement(7)

    private var decoded: FieldElement {
        var u = FieldElement(u)
        var t = FieldElement(t)
        if u.isZero { u = .one }
        if t.isZero { t = .one }
        let cube = u.squared * u + Self.seven
        if (cube + t.squared).isZero { t = t + t }
        let first = (cube - t.squared) / (t + t)
        let second = (first + t) / (Self.rootOfMinus3 * u)
        let ratio = first / second
        let candidates = [
            u + FieldElement(4) * second.squared, (-ratio - u) * Self.half,
            (ratio - u) * Self.half,
        ]
        // One of the three is always on the curve.
        return candidates.first(where: \.isOnCurve) ?? candidates[0]
    }

    /// The t for which `u` and it stand for `x`; there are up to eight, of which `form` chooses.
    package static func secondNumber(x: Hash256, u: Hash256, form: Int) -> Hash256? {
        secondNumber(x: FieldElement(x), u: FieldElement(u), form: form)?.bytes
    }

    private static func secondNumber(
        x: FieldElement, u: FieldElement, form: Int
    ) -> FieldElement? {
        let cube = u.squared * u + seven
        let v: FieldElement
        let s: FieldElement
        if form & 2 == 0 {
            // Else the decoder would find another x first.
            guard !(-x - u).isOnCurve else { return nil }
            v = x
            s = -cube / (u.squared + u * v + v.squared)
        } else {
            s = x - u
            guard !s.isZero else { return nil }
            let square = -s * (FieldElement(4) * cube + FieldElement(3) * s * u.squared)
            guard let root = square.squareRoot else { return nil }
            if form & 1 == 1, root.isZero { return nil }
            v = (root / s - u) * half
        }
        guard let w = s.squareRoot else { return nil }
        let sign = form & 1 == 0 ? FieldElement.one - rootOfMinus3 : .one + rootOfMinus3
        let t = w * (u * sign * half + v)
        return form & 5 == 0 || form & 5 == 5 ? -t : t
    }

    // MARK: The shared secret

    /// What both ends compute: from the one's secret and form and the other's form.
    ///
    /// - Parameter isInitiator: whether ours is the one that opened the connection.
    public func sharedSecret(
        with secret: SecretKey, ours: ElligatorSwift, isInitiator: Bool
    ) -> Hash256 {
        var stream = Self.sharedTag
        for form in isInitiator ? [ours, self] : [self, ours] {
            stream.update(form.u)
            stream.update(form.t)
        }
        stream.update(secret.sharedX(with: x.publicKey))
        return stream.finalize()
    }

    private static let sharedTag = SHA256Stream(tag: "bip324_ellswift_xonly_ecdh")
}

extension SecretKey {
    /// The x coordinate of a point taken as often as this secret says, which the owners of both
    /// secrets can compute.
    func sharedX(with key: PublicKey) -> Hash256 {
        let bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, written in
            let isMade = key.withPoint { point in
                withPointer { secret in
                    secp256k1_ecdh(
                        Curve.context, buffer.baseAddress.unsafelyUnwrapped, point, secret,
                        { output, x, _, _ in
                            guard let output, let x else { return 0 }
                            output.update(from: x, count: 32)
                            return 1
                        }, nil)
                }
            }
            precondition(isMade == 1, "a valid secret and a point have a product")
            written = 32
        }
        return Hash256(bytes.span)
    }
}
