public import Cryptography
public import Primitives

/// What is known about keys and scripts when a script is to be understood or signed for.
public struct SigningProvider: Sendable {
    /// Public keys (33 or 65 bytes) by their Hash160.
    public var publicKeys: [Hash160: [UInt8]] = [:]
    /// Where keys come from, by the key's Hash160.
    public var origins: [Hash160: KeyOrigin] = [:]
    /// Redeem and witness scripts by their Hash160.
    public var scripts: [Hash160: Script] = [:]
    /// Private keys by the Hash160 of the public key in the form meant.
    public var secrets: [Hash160: PrivateKey] = [:]
    /// How taproot outputs were made, by their output key (raw bytes).
    public var taproots: [Hash256: TaprootTree] = [:]

    /// The keys of those who sign as one, by their aggregate (33 bytes).
    public var aggregates: [[UInt8]: [[UInt8]]] = [:]

    /// One that knows nothing.
    public init() {}

    /// One that knows these keys.
    public init(secrets: some Sequence<PrivateKey>) {
        for secret in secrets { add(secret) }
    }

    /// Learns a private key and its public key.
    public mutating func add(_ secret: PrivateKey) {
        let bytes = secret.publicKeyBytes
        let hash = Hash160.hash(bytes.span)
        secrets[hash] = secret
        publicKeys[hash] = bytes
    }

    /// Learns a public key, and where it comes from if that is known.
    public mutating func add(publicKey bytes: [UInt8], origin: KeyOrigin? = nil) {
        let hash = Hash160.hash(bytes.span)
        publicKeys[hash] = bytes
        if let origin { origins[hash] = origin }
    }

    /// Learns a redeem or witness script.
    public mutating func add(_ script: Script) {
        scripts[Hash160.hash(script.span)] = script
    }

    /// Learns all that another knows; what both know stays.
    public mutating func merge(_ other: SigningProvider) {
        publicKeys.merge(other.publicKeys) { mine, _ in mine }
        origins.merge(other.origins) { mine, _ in mine }
        scripts.merge(other.scripts) { mine, _ in mine }
        secrets.merge(other.secrets) { mine, _ in mine }
        taproots.merge(other.taproots) { mine, _ in mine }
        aggregates.merge(other.aggregates) { mine, _ in mine }
    }

    /// The hashes under which an x-only key may be known: its even and its odd form.
    static func keyHashes(xOnly: [UInt8]) -> [Hash160] {
        [2, 3].map { Hash160.hash(([$0] + xOnly).span) }
    }

    /// The private key of an x-only key.
    public func secret(xOnly: [UInt8]) -> PrivateKey? {
        Self.keyHashes(xOnly: xOnly).lazy.compactMap { secrets[$0] }.first
    }

    /// Where an x-only key comes from.
    public func origin(xOnly: [UInt8]) -> KeyOrigin? {
        Self.keyHashes(xOnly: xOnly).lazy.compactMap { origins[$0] }.first
    }
}
