public import Cryptography
public import Genesis
public import Primitives

/// A description of output scripts and how to spend them (BIP380 to 387), as wallets exchange it:
/// `wpkh([d34db33f/84h/0h/0h]xpub…/0/*)#checksum`.
public struct Descriptor: Sendable, Hashable {
    let node: DescriptorNode
    /// The private keys that the text gave, by the Hash160 of their public keys.
    public let secrets: [Hash160: PrivateKey]

    init(_ node: DescriptorNode, secrets: [Hash160: PrivateKey] = [:]) {
        self.node = node.mapKeys { $0.prepared(with: secrets) }
        self.secrets = secrets
    }

    /// Whether an index replaces a `*`.
    public var isRange: Bool { node.isRange }

    /// Whether it says how to spend, not only whom to pay.
    public var isSolvable: Bool { node.isSolvable }

    /// Whether the text gave any private key.
    public var hasPrivateKeys: Bool { !secrets.isEmpty }

    /// Whether all private keys needed are there: it can sign without anybody else. The key that
    /// several make together, `musig()`, has none.
    public var isFullyPrivate: Bool {
        let keys = node.keys
        return !keys.isEmpty
            && keys.allSatisfy { key in
                if case .group = key.source { return false }
                return !key.privateKeys(at: 0, secrets: secrets).isEmpty
            }
    }

    /// Whether it makes a single script at each index: all but `combo()` do.
    public var isSingleType: Bool {
        if case .combo = node { false } else { true }
    }

    /// The kind of its addresses; nil where there is none, or more than one.
    public var addressType: AddressType? { node.addressType }

    // MARK: Text

    /// The text with checksum, private keys replaced by public ones.
    public func text(on network: Network) -> String {
        // Only the normalised form may lack a key.
        Self.addingChecksum(node.text(.public, secrets: [:], on: network) ?? "")
    }

    /// The text with checksum and the private keys that are known; nil when none is.
    public func privateText(on network: Network) -> String? {
        guard node.keys.contains(where: { $0.hasSecret(in: secrets) }) else { return nil }
        return node.text(.private, secrets: secrets, on: network).map(Self.addingChecksum)
    }

    /// The text whose extended keys stand after their last hardened step, so that all addresses can
    /// be derived from it without private keys; nil when that step needs a key that is not known.
    public func normalizedText(on network: Network) -> String? {
        node.text(.normalized, secrets: secrets, on: network).map(Self.addingChecksum)
    }

    /// What tells descriptors apart in a wallet: the SHA-256 of the public text in its oldest form.
    public func id(on network: Network) -> Hash256 {
        let text = Self.addingChecksum(node.text(.compatible, secrets: [:], on: network) ?? "")
        return SHA256.hash(Array(text.utf8).span)
    }

    /// The checksum of a descriptor's text (without one), or nil when a character may not occur in it.
    public static func checksum(of text: String) -> String? {
        DescriptorChecksum.compute(Array(text.utf8))
    }

    static func addingChecksum(_ text: String) -> String {
        text + "#" + (checksum(of: text) ?? "")
    }

    // MARK: Making

    /// `wpkh(key/path/*)` and its like for the other kinds: what a BIP44, 49, 84 or 86 account is.
    public static func account(
        _ type: AddressType, root: ExtendedPrivateKey, account: DerivationPath, chain: UInt32
    ) -> Descriptor {
        let publicRoot = root.neutered
        let key = DescriptorKey(
            origin: nil,
            source: .branch(
                .init(
                    root: publicRoot, path: account.appending(chain), alternatives: [],
                    wildcard: .unhardened, parent: nil)),
            usesApostrophe: false)
        let node: DescriptorNode =
            switch type {
            case .legacy: .pkh(key)
            case .p2shSegwit: .sh(.wpkh(key))
            case .bech32: .wpkh(key)
            case .bech32m: .tr(key, [])
            }
        let hash = Hash160.hash(publicRoot.key.compressed.span)
        return Descriptor(node, secrets: [hash: PrivateKey(root.secret)])
    }

    /// `addr(…)`.
    public init(_ address: Address) { self.init(.addr(address)) }

    /// `raw(…)`.
    public init(raw script: Script) { self.init(.raw(script)) }
}

/// Why a text is no descriptor, in Core's words.
public struct DescriptorError: Error, Hashable {
    /// Core's words; for a few mistakes it has none.
    public let message: String

    init(_ message: String) { self.message = message }
}
