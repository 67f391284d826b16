public import Cryptography

/// One signature in the making (BIP327): the aggregate key, the sum of the nonces, the message.
public struct MuSigSession: Sendable {
    /// The aggregate key with its tweaks.
    public let key: MuSigKey
    /// What the second nonce is multiplied by.
    private let nonceCoefficient: Scalar
    /// The point of the final nonce.
    private let nonce: PublicKey
    /// What the key is multiplied by in the signature.
    private let challenge: Scalar

    public init(
        key: MuSigKey, nonces: MuSigPublicNonce, message: [UInt8]
    ) throws(MuSigError) {
        self.key = key
        var stream = Self.nonceTag
        stream.update(nonces.bytes.span)
        stream.update(key.xOnly.bytes.span)
        stream.update(message.span)
        nonceCoefficient = Scalar(reducing: stream.finalize())
        let sum = nonces.first + nonceCoefficient * nonces.second
        // Somebody cheats where the sum is infinity; with another point it will be seen who.
        guard let nonce = sum.key ?? CurvePoint.generator.key else { throw .infinity }
        self.nonce = nonce
        stream = Self.challengeTag
        stream.update(nonce.xOnly.bytes.span)
        stream.update(key.xOnly.bytes.span)
        stream.update(message.span)
        challenge = Scalar(reducing: stream.finalize())
    }

    /// As above, the sum of the nonces given as the 66 bytes that whoever summed up sent.
    public init(
        key: MuSigKey, aggregateNonce bytes: [UInt8], message: [UInt8]
    ) throws(MuSigError) {
        guard let nonces = MuSigPublicNonce(aggregate: bytes) else {
            throw .invalidContribution(signer: nil, .aggregateNonce)
        }
        try self.init(key: key, nonces: nonces, message: message)
    }

    /// The key's sign in the sum: that of the tweaks, and once more where the aggregate has odd y.
    private var keySign: Scalar { key.key.hasOddY ? -key.sign : key.sign }

    /// The signer's part of the signature, 32 bytes.
    public func sign(
        with secretKey: SecretKey, nonce secret: consuming MuSigSecretNonce
    ) throws(MuSigError) -> [UInt8] {
        let publicKey = secretKey.publicKey.compressed
        guard publicKey == secret.publicKey else { throw .foreignNonce }
        guard key.publicKeys.contains(publicKey) else { throw .unknownSigner }
        let own = secret.first + nonceCoefficient * secret.second
        let part = challenge * key.coefficient(of: publicKey) * keySign * Scalar(secretKey)
        return ((nonce.hasOddY ? -own : own) + part).bytes
    }

    /// Whether a part of the signature is what the signer with this key and nonce owed.
    public func isValid(
        _ signature: [UInt8], publicKey: [UInt8], nonce bytes: [UInt8], signer: Int? = nil
    ) throws(MuSigError) -> Bool {
        guard let own = MuSigPublicNonce(bytes: bytes) else {
            throw .invalidContribution(signer: signer, .publicNonce)
        }
        guard publicKey.count == 33, let point = PublicKey(bytes: publicKey) else {
            throw .invalidContribution(signer: signer, .publicKey)
        }
        guard let signature = Scalar(bytes: signature) else { return false }
        let sum = own.first + nonceCoefficient * own.second
        let factor = challenge * key.coefficient(of: publicKey) * keySign
        return CurvePoint.generator(times: signature)
            == (nonce.hasOddY ? -sum : sum) + factor * CurvePoint(point)
    }

    /// The signature of 64 bytes that all parts make together.
    public func aggregate(_ signatures: [[UInt8]]) throws(MuSigError) -> [UInt8] {
        var sum = Scalar.zero
        for (number, bytes) in signatures.enumerated() {
            guard let signature = Scalar(bytes: bytes) else {
                throw .invalidContribution(signer: number, .partialSignature)
            }
            sum = sum + signature
        }
        let tweak = key.key.hasOddY ? -key.tweak : key.tweak
        return nonce.xOnly.bytes + (sum + challenge * tweak).bytes
    }

    /// The nonce and the part of a signer who comes last, knows the sum of all other nonces, and needs
    /// no randomness.
    public static func signDeterministically(
        with secretKey: SecretKey, key: MuSigKey, otherNonces: [UInt8], message: [UInt8],
        randomness: [UInt8]? = nil
    ) throws(MuSigError) -> (publicNonce: [UInt8], signature: [UInt8]) {
        let secret = try MuSigSecretNonce.deterministic(
            secretKey: secretKey, randomness: randomness, otherNonces: otherNonces, key: key,
            message: message)
        let publicNonce = secret.publicNonce
        guard MuSigPublicNonce(bytes: otherNonces) != nil else {
            throw .invalidContribution(signer: nil, .otherNonces)
        }
        let nonces = try MuSigPublicNonce.aggregate([publicNonce, otherNonces])
        let session = try MuSigSession(key: key, nonces: nonces, message: message)
        return (publicNonce, try session.sign(with: secretKey, nonce: secret))
    }

    private static let nonceTag = SHA256Stream(tag: "MuSig/noncecoef")
    private static let challengeTag = SHA256Stream(tag: "BIP0340/challenge")
}
