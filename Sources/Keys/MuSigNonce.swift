public import Cryptography

/// The two secret numbers of one signature (BIP327). To use them twice is to give the key away, so
/// signing consumes them.
public struct MuSigSecretNonce: ~Copyable, Sendable {
    let first: Scalar
    let second: Scalar
    /// The key that they were made for.
    let publicKey: [UInt8]

    /// Takes 97 bytes: both numbers and the key.
    public init(bytes: [UInt8]) throws(MuSigError) {
        guard bytes.count == 97, let first = Scalar(bytes: bytes[..<32]),
            let second = Scalar(bytes: bytes[32..<64]), first != .zero, second != .zero
        else { throw .nonceOutOfRange }
        self.init(first: first, second: second, publicKey: Array(bytes[64...]))
    }

    init(first: Scalar, second: Scalar, publicKey: [UInt8]) {
        self.first = first
        self.second = second
        self.publicKey = publicKey
    }

    /// The 97 bytes, for whoever must keep them between two rounds.
    public var bytes: [UInt8] { first.bytes + second.bytes + publicKey }

    /// What the other signers get: two points of 33 bytes.
    public var publicNonce: [UInt8] {
        CurvePoint.generator(times: first).compressed
            + CurvePoint.generator(times: second).compressed
    }

    /// Makes a nonce. Everything but the randomness and the key is optional, and makes a repetition
    /// less likely where randomness fails.
    ///
    /// - Parameters:
    ///   - randomness: 32 fresh bytes.
    ///   - publicKey: the signer's key, 33 bytes.
    ///   - aggregate: the x coordinate of the aggregate key.
    public static func generate(
        randomness: [UInt8], publicKey: [UInt8], secretKey: SecretKey? = nil,
        aggregate: [UInt8]? = nil, message: [UInt8]? = nil, extra: [UInt8]? = nil
    ) throws(MuSigError) -> MuSigSecretNonce {
        let seed = secretKey.map { masked($0, randomness) } ?? randomness
        let aggregate = aggregate ?? []
        let extra = extra ?? []
        var stream = nonceTag
        stream.update(seed.span)
        stream.update(UInt8(truncatingIfNeeded: publicKey.count))
        stream.update(publicKey.span)
        stream.update(UInt8(truncatingIfNeeded: aggregate.count))
        stream.update(aggregate.span)
        stream.update(message == nil ? 0 : 1)
        if let message {
            stream.update(bigEndian64(message.count).span)
            stream.update(message.span)
        }
        stream.update(bigEndian(UInt32(truncatingIfNeeded: extra.count)).span)
        stream.update(extra.span)
        return try pair(stream, publicKey)
    }

    /// Makes the nonce of a signer who comes last and needs no randomness, knowing all other nonces.
    static func deterministic(
        secretKey: SecretKey, randomness: [UInt8]?, otherNonces: [UInt8], key: MuSigKey,
        message: [UInt8]
    ) throws(MuSigError) -> MuSigSecretNonce {
        let seed = randomness.map { masked(secretKey, $0) } ?? secretKey.bytes
        var stream = deterministicTag
        stream.update(seed.span)
        stream.update(otherNonces.span)
        stream.update(key.xOnly.bytes.span)
        stream.update(bigEndian64(message.count).span)
        stream.update(message.span)
        return try pair(stream, secretKey.publicKey.compressed)
    }

    private static func pair(
        _ stream: SHA256Stream, _ publicKey: [UInt8]
    ) throws(MuSigError) -> MuSigSecretNonce {
        func number(_ which: UInt8) -> Scalar {
            var stream = stream
            stream.update(which)
            return Scalar(reducing: stream.finalize())
        }
        let (first, second) = (number(0), number(1))
        guard first != .zero, second != .zero else { throw .nonceOutOfRange }
        return MuSigSecretNonce(first: first, second: second, publicKey: publicKey)
    }

    /// The secret key under the hash of randomness.
    private static func masked(_ key: SecretKey, _ randomness: [UInt8]) -> [UInt8] {
        var stream = auxiliaryTag
        stream.update(randomness.span)
        return zip(key.bytes, stream.finalize().bytes).map { $0 ^ $1 }
    }

    private static func bigEndian64(_ count: Int) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> $0) }
    }

    private static let auxiliaryTag = SHA256Stream(tag: "MuSig/aux")
    private static let nonceTag = SHA256Stream(tag: "MuSig/nonce")
    private static let deterministicTag = SHA256Stream(tag: "MuSig/deterministic/nonce")
}

/// The points that belong to secret nonces, or their sums.
public struct MuSigPublicNonce: Hashable, Sendable {
    let first: CurvePoint
    let second: CurvePoint

    /// Reads the 66 bytes that a signer sent: two points; nil where they are none.
    public init?(bytes: [UInt8]) {
        self.init(aggregate: bytes)
        guard first != .infinity, second != .infinity else { return nil }
    }

    /// Reads the 66 bytes of sums, which may be infinity.
    public init?(aggregate bytes: [UInt8]) {
        guard bytes.count == 66, let first = CurvePoint(compressed: bytes[..<33]),
            let second = CurvePoint(compressed: bytes[33...])
        else { return nil }
        self.init(first: first, second: second)
    }

    private init(first: CurvePoint, second: CurvePoint) {
        self.first = first
        self.second = second
    }

    /// The 66 bytes.
    public var bytes: [UInt8] { first.compressed + second.compressed }

    /// The sums of what all signers sent.
    public static func aggregate(_ nonces: [[UInt8]]) throws(MuSigError) -> MuSigPublicNonce {
        var sum = MuSigPublicNonce(first: .infinity, second: .infinity)
        for (number, bytes) in nonces.enumerated() {
            guard let nonce = MuSigPublicNonce(bytes: bytes) else {
                throw .invalidContribution(signer: number, .publicNonce)
            }
            sum = MuSigPublicNonce(
                first: sum.first + nonce.first, second: sum.second + nonce.second)
        }
        return sum
    }
}
