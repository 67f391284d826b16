public import Cryptography
public import Genesis

/// A private key as wallets exchange it (WIF): the secret, and which form of its public key is meant.
public struct PrivateKey: Sendable, Hashable {
    /// The secret number.
    public let secret: SecretKey
    /// Whether the public key is written in 33 bytes rather than 65.
    public let isCompressed: Bool

    /// A key whose public key takes this form.
    public init(_ secret: SecretKey, isCompressed: Bool = true) {
        self.secret = secret
        self.isCompressed = isCompressed
    }

    /// Reads the wallet import format of this network.
    public init?(wif: String, network: Network) {
        guard let payload = network.payload(of: wif, under: .privateKey),
            payload.count == 32 || (payload.count == 33 && payload.last == 1),
            let secret = SecretKey(Array(payload.prefix(32)).span)
        else { return nil }
        self.init(secret, isCompressed: payload.count == 33)
    }

    /// The wallet import format on this network.
    public func wif(on network: Network) -> String {
        network.text(secret.bytes + (isCompressed ? [1] : []), under: .privateKey)
    }

    /// The public key in the form meant: 33 or 65 bytes.
    public var publicKeyBytes: [UInt8] {
        isCompressed ? secret.publicKey.compressed : secret.publicKey.uncompressed
    }
}
