public import Cryptography
public import Genesis

/// What a private and a public extended key have in common (BIP32): the chain code, and where in the
/// tree the key stands.
public struct ExtendedKeyPosition: Hashable, Sendable {
    /// Steps from the root; at 255 there are no children.
    public var depth: UInt8
    /// The first four bytes of the parent's Hash160, big-endian; 0 for a root.
    public var parentFingerprint: UInt32
    /// Which child of its parent it is; 0 for a root.
    public var childNumber: UInt32
    /// The secret shared by a private key and its public one, 32 raw bytes.
    public var chainCode: Hash256

    /// The size of an extended key without its version bytes.
    static let encodedSize = 74

    func encoded(key: [UInt8]) -> [UInt8] {
        [depth] + bigEndian(parentFingerprint) + bigEndian(childNumber) + chainCode.bytes + key
    }

    /// Reads the 74 bytes of `encoded`; the key is 33 bytes. A root must say that it is one.
    static func decode(_ bytes: ArraySlice<UInt8>) -> (position: Self, key: [UInt8])? {
        guard bytes.count == encodedSize else { return nil }
        let bytes = Array(bytes)
        guard let chainCode = Hash256(bytes: bytes[9..<41]) else { return nil }
        let position = ExtendedKeyPosition(
            depth: bytes[0], parentFingerprint: number(bytes[1..<5]),
            childNumber: number(bytes[5..<9]), chainCode: chainCode)
        if position.depth == 0 {
            guard position.parentFingerprint == 0, position.childNumber == 0 else { return nil }
        }
        return (position, Array(bytes[41...]))
    }

    func child(_ number: UInt32, of fingerprint: UInt32, chainCode: Hash256) -> Self? {
        guard depth < .max else { return nil }
        return ExtendedKeyPosition(
            depth: depth + 1, parentFingerprint: fingerprint, childNumber: number,
            chainCode: chainCode)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// A private key from which a tree of private keys grows (BIP32).
public struct ExtendedPrivateKey: Sendable, Hashable {
    /// The chain code and the place in the tree.
    public let position: ExtendedKeyPosition
    /// The key.
    public let secret: SecretKey

    init(position: ExtendedKeyPosition, secret: SecretKey) {
        self.position = position
        self.secret = secret
    }

    /// The root of a seed, or nil for the seeds (fewer than one in 2¹²⁷) that have none.
    public init?(seed: [UInt8]) {
        let mac = HMAC.sha512(key: Array("Bitcoin seed".utf8).span, seed.span)
        guard let (secret, chainCode) = Self.split(mac), let key = SecretKey(bytes: secret.bytes)
        else { return nil }
        let position = ExtendedKeyPosition(
            depth: 0, parentFingerprint: 0, childNumber: 0, chainCode: chainCode)
        self.init(position: position, secret: key)
    }

    /// Reads an `xprv…` (`tprv…`) of this network.
    public init?(_ text: String, network: Network) {
        guard let payload = network.payload(of: text, under: .extendedPrivateKey),
            let (position, key) = ExtendedKeyPosition.decode(payload), key.first == 0,
            let secret = SecretKey(Array(key.dropFirst()).span)
        else { return nil }
        self.init(position: position, secret: secret)
    }

    /// The `xprv…` (`tprv…`) on this network.
    public func text(on network: Network) -> String {
        network.text(position.encoded(key: [0] + secret.bytes), under: .extendedPrivateKey)
    }

    /// The key that derives the public children, but signs nothing.
    public var neutered: ExtendedPublicKey {
        ExtendedPublicKey(position: position, key: secret.publicKey)
    }

    /// The first four bytes of the public key's Hash160, big-endian.
    public var fingerprint: UInt32 { Keys.fingerprint(of: secret.publicKey) }

    /// A child, hardened when `number` is 2³¹ or more; nil past depth 255 and, with a chance under
    /// one in 2¹²⁷, where there is none.
    public func child(_ number: UInt32) -> ExtendedPrivateKey? {
        let publicKey = secret.publicKey
        let start = number < DerivationPath.hardened ? publicKey.compressed : [0] + secret.bytes
        let mac = HMAC.sha512(
            key: position.chainCode.bytes.span, (start + bigEndian(number)).span)
        guard let (tweak, chainCode) = Self.split(mac), let child = secret.tweakAdd(tweak),
            let position = position.child(
                number, of: Keys.fingerprint(of: publicKey), chainCode: chainCode)
        else { return nil }
        return ExtendedPrivateKey(position: position, secret: child)
    }

    /// The key at the end of a path.
    public func derive(_ path: DerivationPath) -> ExtendedPrivateKey? {
        path.steps.reduce(self) { $0?.child($1) }
    }

    static func split(_ mac: [UInt8]) -> (left: Hash256, right: Hash256)? {
        guard let left = Hash256(bytes: mac.prefix(32)),
            let right = Hash256(bytes: mac.dropFirst(32))
        else { return nil }
        return (left, right)
    }
}

/// A public key from which a tree of public keys grows (BIP32).
public struct ExtendedPublicKey: Sendable, Hashable {
    /// The chain code and the place in the tree.
    public let position: ExtendedKeyPosition
    /// The key.
    public let key: PublicKey

    init(position: ExtendedKeyPosition, key: PublicKey) {
        self.position = position
        self.key = key
    }

    /// Reads an `xpub…` (`tpub…`) of this network.
    public init?(_ text: String, network: Network) {
        guard let payload = network.payload(of: text, under: .extendedPublicKey),
            let (position, bytes) = ExtendedKeyPosition.decode(payload),
            bytes.first == 2 || bytes.first == 3, let key = PublicKey(bytes.span)
        else { return nil }
        self.init(position: position, key: key)
    }

    /// The `xpub…` (`tpub…`) on this network.
    public func text(on network: Network) -> String {
        network.text(position.encoded(key: key.compressed), under: .extendedPublicKey)
    }

    /// The first four bytes of the key's Hash160, big-endian.
    public var fingerprint: UInt32 { Keys.fingerprint(of: key) }

    /// A child that is not hardened: the hardened ones need the private key, and are nil.
    public func child(_ number: UInt32) -> ExtendedPublicKey? {
        guard number < DerivationPath.hardened else { return nil }
        return tweakedChild(number)?.child
    }

    /// A child that is not hardened, and what was added to the key to get it: the generator so many
    /// times.
    func tweakedChild(_ number: UInt32) -> (tweak: Hash256, child: ExtendedPublicKey)? {
        let mac = HMAC.sha512(
            key: position.chainCode.bytes.span, (key.compressed + bigEndian(number)).span)
        guard let (tweak, chainCode) = ExtendedPrivateKey.split(mac),
            let child = key.tweakAdd(tweak),
            let position = position.child(number, of: fingerprint, chainCode: chainCode)
        else { return nil }
        return (tweak, ExtendedPublicKey(position: position, key: child))
    }

    /// The key at the end of a path without hardened steps.
    public func derive(_ path: DerivationPath) -> ExtendedPublicKey? {
        path.steps.reduce(self) { $0?.child($1) }
    }
}

func fingerprint(of key: PublicKey) -> UInt32 {
    Hash160.hash(key.compressed.span).bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
}

func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
}
