internal import Cryptography
public import Primitives
internal import Scripting

extension Descriptor {
    /// The descriptor of one script, as far as the provider's keys and scripts explain it; at worst
    /// `addr()` or `raw()`.
    public static func infer(_ script: Script, provider: SigningProvider) -> Descriptor {
        if let node = provider.node(of: script, in: .top) { return Descriptor(node) }
        if let address = Address(script) { return Descriptor(address) }
        return Descriptor(raw: script)
    }
}

extension SigningProvider {
    fileprivate func node(
        of script: Script, in context: DescriptorParser.Context
    ) -> DescriptorNode? {
        switch script.template {
        case .pubKey(let bytes):
            return key(Array(bytes), in: context).map { .pk($0, isXOnly: false) }
        case .pubKeyHash(let hash):
            return publicKeys[hash].flatMap { key($0, in: context) }.map { .pkh($0) }
        case .witnessV0KeyHash(let hash) where context != .wsh:
            return publicKeys[hash].flatMap { key($0, in: .wpkh) }.map { .wpkh($0) }
        case .multisig(let required, let bytes):
            let keys = bytes.compactMap { key(Array($0), in: context) }
            guard keys.count == bytes.count else { return nil }
            return .multi(required: required, keys: keys, isSorted: false)
        case .scriptHash(let hash) where context == .top:
            return scripts[hash].flatMap { node(of: $0, in: .sh) }.map { .sh($0) }
        case .witnessV0ScriptHash(let hash) where context != .wsh:
            return scripts[RIPEMD160.hash(hash.bytes.span)]
                .flatMap { node(of: $0, in: .wsh) }.map { .wsh($0) }
        case .witnessV1Taproot(let bytes) where context == .top:
            return taprootNode(Array(bytes))
        default: return context == .wsh ? miniscriptNode(of: script, in: .wsh) : nil
        }
    }

    private func miniscriptNode(
        of script: Script, in context: DescriptorParser.Context
    ) -> DescriptorNode? {
        let place: Miniscript.Context = context == .wsh ? .witnessScript : .tapscript
        guard let (script, scriptKeys) = MiniscriptDecoder.decode(script, in: place) else {
            return nil
        }
        var keys: [DescriptorKey] = []
        for scriptKey in scriptKeys {
            let found: DescriptorKey? =
                switch scriptKey {
                case .bytes(let bytes):
                    context == .wsh ? key(bytes, in: context) : key(xOnly: bytes)
                case .hash(let hash): publicKeys[hash].flatMap { key($0, in: context) }
                }
            guard let found else { return nil }
            keys.append(found)
        }
        let identities = keys.map { $0.publicKey(at: 0, secrets: [:])?.bytes }
        // What nobody can spend is described all the same.
        if let (_, flaw) = script.flaw(identities: identities), flaw != .unsatisfiable {
            return nil
        }
        return .miniscript(script, keys: keys)
    }

    private func taprootNode(_ outputKey: [UInt8]) -> DescriptorNode? {
        if let tree = Hash256(bytes: outputKey).flatMap({ taproots[$0] }) {
            let leaves = tree.leaves.compactMap { leaf in
                leafNode(leaf.script).map { DescriptorNode.Leaf(depth: leaf.depth, node: $0) }
            }
            if leaves.count == tree.leaves.count {
                return .tr(key(xOnly: tree.internalKey.bytes), leaves)
            }
        }
        guard XOnlyPublicKey(outputKey.span) != nil else { return nil }
        return .rawtr(key(xOnly: outputKey))
    }

    private func leafNode(_ script: Script) -> DescriptorNode? {
        guard let keys = TapscriptKeys(script) else {
            return miniscriptNode(of: script, in: .tr)
        }
        let nodes = keys.keys.map { key(xOnly: Array($0)) }
        // `<key> CHECKSIG` alone, or the same counted and compared with 1.
        if nodes.count == 1, script.count == 34, let only = nodes.first {
            return .pk(only, isXOnly: true)
        }
        return .multiA(required: keys.required, keys: nodes, isSorted: false)
    }

    private func key(_ bytes: [UInt8], in context: DescriptorParser.Context) -> DescriptorKey? {
        let isCompressed = bytes.count == 33 && (bytes[0] == 2 || bytes[0] == 3)
        let isUncompressed = bytes.count == 65 && bytes[0] == 4
        guard isCompressed || isUncompressed && context.permitsUncompressed else { return nil }
        return DescriptorKey(
            origin: origins[Hash160.hash(bytes.span)], source: .fixed(bytes, isXOnly: false),
            usesApostrophe: false)
    }

    private func key(xOnly bytes: [UInt8]) -> DescriptorKey {
        DescriptorKey(
            origin: origin(xOnly: bytes), source: .fixed([2] + bytes, isXOnly: true),
            usesApostrophe: false)
    }
}
