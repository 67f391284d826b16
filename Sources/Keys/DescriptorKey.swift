internal import Cryptography
internal import Genesis
internal import Notation

/// A key as a descriptor writes it: a fixed key or a branch of a tree of keys, with its origin.
struct DescriptorKey: Hashable, Sendable {
    /// The last step of a branch, which the index replaces.
    enum Wildcard: Hashable, Sendable {
        case none
        case unhardened
        case hardened
    }

    /// A branch of keys under an extended key.
    struct Branch: Hashable, Sendable {
        let root: ExtendedPublicKey
        var path: DerivationPath
        /// The paths meant by `<0;1>`; empty once one of them was chosen.
        var alternatives: [DerivationPath]
        let wildcard: Wildcard
        /// The key before the wildcard, if it could be derived: what makes each index cheap.
        var parent: ExtendedPublicKey?

        var isHardened: Bool {
            wildcard == .hardened || path.steps.contains { $0 >= DerivationPath.hardened }
        }
    }

    enum Source: Hashable, Sendable {
        /// A public key of 33 or 65 bytes; an x-only one is held in its even form.
        case fixed([UInt8], isXOnly: Bool)
        case branch(Branch)
        /// Several keys that sign as one.
        case group(Group)
    }

    var origin: KeyOrigin?
    var source: Source
    /// Whether hardened steps are written with `'` rather than `h`.
    var usesApostrophe: Bool

    var isRange: Bool {
        switch source {
        case .fixed: false
        case .branch(let branch): branch.wildcard != .none
        case .group(let group): group.isRange
        }
    }

    /// How many descriptors the key stands for.
    var alternativeCount: Int {
        switch source {
        case .fixed: 1
        case .branch(let branch): max(branch.alternatives.count, 1)
        case .group(let group): group.alternativeCount
        }
    }

    /// The size of the public key in a script: 33 or 65.
    var size: Int {
        if case .fixed(let bytes, _) = source { bytes.count } else { 33 }
    }

    /// The key with the path of this number chosen.
    func choosing(_ number: Int) -> DescriptorKey {
        var key = self
        switch source {
        case .fixed: break
        case .branch(var branch):
            guard !branch.alternatives.isEmpty else { break }
            branch.path = branch.alternatives[min(number, branch.alternatives.count - 1)]
            branch.alternatives = []
            key.source = .branch(branch)
        case .group(let group): key.source = .group(group.choosing(number))
        }
        return key
    }

    /// The key with all derived that does not depend on the index.
    func prepared(with secrets: [Hash160: PrivateKey]) -> DescriptorKey {
        if case .group(let group) = source {
            var key = self
            key.source = .group(group.prepared(with: secrets))
            return key
        }
        guard case .branch(var branch) = source else { return self }
        if branch.path.steps.contains(where: { $0 >= DerivationPath.hardened }) {
            branch.parent = branch.secretRoot(in: secrets)?.derive(branch.path)?.neutered
        } else {
            branch.parent = branch.root.derive(branch.path)
        }
        var key = self
        key.source = .branch(branch)
        return key
    }
}

extension DescriptorKey.Branch {
    /// The private key at the root, if it is known.
    func secretRoot(in secrets: [Hash160: PrivateKey]) -> ExtendedPrivateKey? {
        guard let secret = secrets[Hash160.hash(root.key.compressed.span)] else { return nil }
        return ExtendedPrivateKey(position: root.position, secret: secret.secret)
    }

    func fullPath(at index: UInt32) -> DerivationPath {
        switch wildcard {
        case .none: path
        case .unhardened: path.appending(index)
        case .hardened: path.appending(index | DerivationPath.hardened)
        }
    }

    func publicKey(
        at index: UInt32, secrets: [Hash160: PrivateKey]
    ) -> PublicKey? {
        switch wildcard {
        case .none: parent?.key
        case .unhardened: parent?.child(index)?.key
        case .hardened: secretRoot(in: secrets)?.derive(fullPath(at: index))?.secret.publicKey
        }
    }
}

extension DescriptorKey {
    /// The public key at an index and its origin; nil when a private key is needed and not known.
    func publicKey(
        at index: UInt32, secrets: [Hash160: PrivateKey]
    ) -> (bytes: [UInt8], origin: KeyOrigin)? {
        switch source {
        case .fixed(let bytes, _):
            let hash = Hash160.hash(bytes.span)
            let own = KeyOrigin(
                fingerprint: hash.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }, path: [])
            return (bytes, origin ?? own)
        case .branch(let branch):
            guard let key = branch.publicKey(at: index, secrets: secrets) else { return nil }
            let path = branch.fullPath(at: index)
            let full = origin.map {
                KeyOrigin(
                    fingerprint: $0.fingerprint,
                    path: DerivationPath($0.path.steps + path.steps))
            }
            return (
                key.compressed, full ?? KeyOrigin(fingerprint: branch.root.fingerprint, path: path)
            )
        case .group(let group):
            return group.publicKey(at: index, secrets: secrets)
        }
    }

    /// The private keys at an index that are known: at most one, but for those who sign as one.
    func privateKeys(at index: UInt32, secrets: [Hash160: PrivateKey]) -> [PrivateKey] {
        switch source {
        case .fixed(let bytes, let isXOnly):
            Self.secret(bytes, isXOnly: isXOnly, in: secrets).map { [$0] } ?? []
        case .branch(let branch):
            branch.secretRoot(in: secrets)?.derive(branch.fullPath(at: index))
                .map { [PrivateKey($0.secret)] } ?? []
        case .group(let group):
            group.participants.flatMap { $0.privateKeys(at: index, secrets: secrets) }
        }
    }

    private static func secret(
        _ bytes: [UInt8], isXOnly: Bool, in secrets: [Hash160: PrivateKey]
    ) -> PrivateKey? {
        let hashes =
            isXOnly
            ? SigningProvider.keyHashes(xOnly: Array(bytes.dropFirst()))
            : [Hash160.hash(bytes.span)]
        return hashes.lazy.compactMap { secrets[$0] }.first
    }
}

// MARK: Text

/// In which form a descriptor is written.
enum DescriptorForm {
    /// Public keys only.
    case `public`
    /// Private keys where they are known.
    case `private`
    /// Extended keys moved to their last hardened step, `h` for hardened.
    case normalized
    /// Public, `'` for hardened: what descriptor ids are made from.
    case compatible
}

extension DescriptorKey {
    /// The key expression; nil when the form needs a private key that is not known.
    func text(
        _ form: DescriptorForm, secrets: [Hash160: PrivateKey], on network: Network
    ) -> String? {
        let apostrophe = form == .compatible || (form != .normalized && usesApostrophe)
        guard let (ownOrigin, body) = bodyText(form, apostrophe, secrets, network) else {
            return nil
        }
        guard let origin else {
            return ownOrigin.map { Self.originText($0, apostrophe) + body } ?? body
        }
        let path = DerivationPath(origin.path.steps + (ownOrigin?.path.steps ?? []))
        let whole = KeyOrigin(fingerprint: origin.fingerprint, path: path)
        return Self.originText(whole, apostrophe) + body
    }

    /// Whether a private text shows a private key.
    func hasSecret(in secrets: [Hash160: PrivateKey]) -> Bool {
        switch source {
        case .fixed(let bytes, let isXOnly):
            Self.secret(bytes, isXOnly: isXOnly, in: secrets) != nil
        case .branch(let branch): branch.secretRoot(in: secrets) != nil
        case .group(let group): group.participants.contains { $0.hasSecret(in: secrets) }
        }
    }

    private static func originText(_ origin: KeyOrigin, _ apostrophe: Bool) -> String {
        "[" + origin.fingerprintText + origin.path.text(apostrophe: apostrophe) + "]"
    }

    private func bodyText(
        _ form: DescriptorForm, _ apostrophe: Bool, _ secrets: [Hash160: PrivateKey],
        _ network: Network
    ) -> (origin: KeyOrigin?, body: String)? {
        switch source {
        case .fixed(let bytes, let isXOnly):
            if form == .private,
                let secret = Self.secret(bytes, isXOnly: isXOnly, in: secrets)
            {
                return (nil, secret.wif(on: network))
            }
            return (nil, Hex.encode(isXOnly ? bytes.dropFirst() : bytes[...]))
        case .branch(let branch):
            if form == .private, let root = branch.secretRoot(in: secrets) {
                return (
                    nil,
                    root.text(on: network) + branch.suffix(branch.path, apostrophe: apostrophe)
                )
            }
            if form == .normalized { return branch.normalizedText(secrets, on: network) }
            return (
                nil,
                branch.root.text(on: network) + branch.suffix(branch.path, apostrophe: apostrophe)
            )
        case .group(let group):
            return group.text(form, secrets: secrets, on: network).map { (nil, $0) }
        }
    }
}

extension DescriptorKey.Branch {
    fileprivate func suffix(_ path: DerivationPath, apostrophe: Bool) -> String {
        let steps = path.text(apostrophe: apostrophe)
        return switch wildcard {
        case .none: steps
        case .unhardened: steps + "/*"
        case .hardened: steps + (apostrophe ? "/*'" : "/*h")
        }
    }

    /// The extended public key at the last hardened step, which anyone can derive from, and how it
    /// was reached.
    fileprivate func normalizedText(
        _ secrets: [Hash160: PrivateKey], on network: Network
    ) -> (origin: KeyOrigin?, body: String)? {
        let last = path.steps.lastIndex { $0 >= DerivationPath.hardened }
        guard wildcard != .hardened, let last else {
            return (nil, root.text(on: network) + suffix(path, apostrophe: false))
        }
        let above = DerivationPath(Array(path.steps[...last]))
        guard let key = secretRoot(in: secrets)?.derive(above)?.neutered else { return nil }
        let below = DerivationPath(Array(path.steps[(last + 1)...]))
        return (
            KeyOrigin(fingerprint: root.fingerprint, path: above),
            key.text(on: network) + suffix(below, apostrophe: false)
        )
    }
}
