public import Cryptography

/// The key that several keys make together with MuSig2 (BIP327): a signature of it takes all of them.
public struct MuSigKey: Hashable, Sendable {
    /// The keys, 33 bytes each, in the order that they were aggregated in.
    public let publicKeys: [[UInt8]]
    /// The aggregate, tweaks included.
    public private(set) var key: PublicKey
    /// Whether tweaks mirrored the sum of the keys: one, or its negative.
    private(set) var sign = Scalar.one
    /// What tweaks added to the sum of the keys.
    private(set) var tweak = Scalar.zero
    private let listHash: Hash256
    /// The first key that is not the first of all, which gets the coefficient one.
    private let second: [UInt8]?

    /// The aggregate of keys of 33 bytes. Their order matters: see `sorted`.
    public init(_ publicKeys: [[UInt8]]) throws(MuSigError) {
        guard let first = publicKeys.first else { throw .noKeys }
        self.publicKeys = publicKeys
        second = publicKeys.first { $0 != first }
        var stream = Self.listTag
        for key in publicKeys { stream.update(key.span) }
        listHash = stream.finalize()
        var sum = CurvePoint.infinity
        for (number, bytes) in publicKeys.enumerated() {
            guard bytes.count == 33, let key = PublicKey(bytes: bytes) else {
                throw .invalidContribution(signer: number, .publicKey)
            }
            let coefficient = Self.coefficient(of: bytes, listHash, second)
            sum = sum + coefficient * CurvePoint(key)
        }
        guard let key = sum.key else { throw .infinity }
        self.key = key
    }

    /// The keys in the order of their bytes, so that nobody need remember another.
    public static func sorted(_ publicKeys: [[UInt8]]) -> [[UInt8]] {
        publicKeys.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The x coordinate of the aggregate, for which signatures are verified.
    public var xOnly: XOnlyPublicKey { key.xOnly }

    /// Adds the generator `tweak` times (32 bytes): to the point with even y where `isXOnly`, as
    /// taproot does, else to the point itself, as BIP32 does.
    public mutating func add(tweak bytes: [UInt8], isXOnly: Bool) throws(MuSigError) {
        guard let addend = Scalar(bytes: bytes) else { throw .tweakOutOfRange }
        let isMirrored = isXOnly && key.hasOddY
        let point = CurvePoint(isMirrored ? key.negated : key)
        guard let sum = (point + .generator(times: addend)).key else { throw .infinity }
        key = sum
        sign = isMirrored ? -sign : sign
        tweak = addend + (isMirrored ? -tweak : tweak)
    }

    /// What a key is multiplied by, so that nobody can choose a key that cancels the others.
    func coefficient(of publicKey: [UInt8]) -> Scalar {
        Self.coefficient(of: publicKey, listHash, second)
    }

    private static func coefficient(
        of publicKey: [UInt8], _ listHash: Hash256, _ second: [UInt8]?
    ) -> Scalar {
        guard publicKey != second else { return .one }
        var stream = coefficientTag
        stream.update(listHash)
        stream.update(publicKey.span)
        return Scalar(reducing: stream.finalize())
    }

    private static let listTag = SHA256Stream(tag: "KeyAgg list")
    private static let coefficientTag = SHA256Stream(tag: "KeyAgg coefficient")
}

extension MuSigKey {
    /// The extended key that children of the aggregate are derived from (BIP328).
    public var extendedKey: ExtendedPublicKey {
        ExtendedPublicKey(
            position: ExtendedKeyPosition(
                depth: 0, parentFingerprint: 0, childNumber: 0, chainCode: Self.chainCode),
            key: key)
    }

    /// `SHA256("MuSig2MuSig2MuSig2")`: nobody needs to know another.
    private static let chainCode = SHA256.hash(Array("MuSig2MuSig2MuSig2".utf8).span)
}
