internal import Cryptography
public import Primitives
internal import Scripting

/// What a descriptor comes to at one index.
public struct DescriptorExpansion: Sendable {
    /// The output scripts: one, or several for `combo()`.
    public var scripts: [Script]
    /// The public keys, their origins, and the scripts needed to spend.
    public var provider: SigningProvider
}

extension Descriptor {
    /// The output scripts at an index (0 when there is no `*`), and what is needed to spend from them
    /// but private keys; nil when hardened steps cannot be taken for want of one.
    public func expand(at index: UInt32 = 0) -> DescriptorExpansion? {
        var provider = SigningProvider()
        guard let scripts = node.scripts(at: index, secrets: secrets, into: &provider) else {
            return nil
        }
        return DescriptorExpansion(scripts: scripts, provider: provider)
    }

    /// The private keys known at an index.
    public func privateKeys(at index: UInt32 = 0) -> [PrivateKey] {
        node.keys.flatMap { $0.privateKeys(at: index, secrets: secrets) }
    }
}

extension DescriptorNode {
    fileprivate func scripts(
        at index: UInt32, secrets: [Hash160: PrivateKey], into provider: inout SigningProvider
    ) -> [Script]? {
        var keys: [[UInt8]] = []
        for key in ownKeys {
            guard let (bytes, origin) = key.publicKey(at: index, secrets: secrets) else {
                return nil
            }
            provider.add(publicKey: bytes, origin: origin)
            if case .group(let group) = key.source {
                group.teach(&provider, at: index, secrets: secrets)
            }
            keys.append(bytes)
        }
        var inner: [Script] = []
        for child in children {
            guard let scripts = child.scripts(at: index, secrets: secrets, into: &provider),
                let script = scripts.first
            else { return nil }
            inner.append(script)
        }
        return assemble(keys: keys, inner: inner, into: &provider)
    }

    private func assemble(
        keys: [[UInt8]], inner: [Script], into provider: inout SigningProvider
    ) -> [Script] {
        let first = keys.first ?? []
        switch self {
        case .pk(_, isXOnly: false): return [.payToPubKey(first)]
        case .pk(_, isXOnly: true):
            return [
                ScriptBuilder().adding(push: first.dropFirst()).adding(.checkSig).script
            ]
        case .pkh: return [.payToPubKeyHash(.hash(first.span))]
        case .wpkh: return [.payToWitnessPubKeyHash(.hash(first.span))]
        case .combo: return Self.combination(first, into: &provider)
        case .multi(let required, _, let isSorted):
            let keys = isSorted ? keys.sorted { $0.lexicographicallyPrecedes($1) } : keys
            return [.multisig(required: required, publicKeys: keys)]
        case .multiA(let required, _, let isSorted):
            let keys = keys.map { Array($0.dropFirst()) }
            return [
                Self.tapscriptMultisig(
                    required: required,
                    keys: isSorted ? keys.sorted { $0.lexicographicallyPrecedes($1) } : keys)
            ]
        case .sh:
            guard let script = inner.first else { return [] }
            provider.add(script)
            return [.payToScriptHash(.hash(script.span))]
        case .wsh:
            guard let script = inner.first else { return [] }
            provider.add(script)
            return [.payToWitnessScriptHash(SHA256.hash(script.span))]
        case .tr(_, let leaves):
            guard let key = XOnlyPublicKey(Array(first.dropFirst()).span),
                let tree = TaprootTree(
                    internalKey: key,
                    scripts: zip(leaves, inner).map { ($0.depth, $1) }),
                let output = Hash256(bytes: tree.outputKey.bytes)
            else { return [] }
            provider.taproots[output] = tree
            return [.payToTaproot(outputKey: tree.outputKey.bytes)]
        case .rawtr:
            guard XOnlyPublicKey(Array(first.dropFirst()).span) != nil else { return [] }
            return [.payToTaproot(outputKey: first.dropFirst())]
        case .addr(let address): return [address.script]
        case .raw(let script): return [script]
        case .unused: return []
        case .miniscript(let script, _):
            guard script.context == .tapscript else { return [script.script(keys: keys)] }
            let pushed = keys.map { Array($0.dropFirst()) }
            // There, hashes of keys are those of the x-only form.
            for (key, bytes) in zip(keys, pushed) {
                provider.publicKeys[Hash160.hash(bytes.span)] = key
            }
            return [script.script(keys: pushed)]
        }
    }

    private static func combination(
        _ key: [UInt8], into provider: inout SigningProvider
    ) -> [Script] {
        let hash = Hash160.hash(key.span)
        let old: [Script] = [.payToPubKey(key), .payToPubKeyHash(hash)]
        // SegWit takes no uncompressed keys.
        guard key.count == 33 else { return old }
        let witness = Script.payToWitnessPubKeyHash(hash)
        provider.add(witness)
        return old + [witness, .payToScriptHash(.hash(witness.span))]
    }

    /// `<key> CHECKSIG <key> CHECKSIGADD … required NUMEQUAL` (BIP387).
    private static func tapscriptMultisig(required: Int, keys: [[UInt8]]) -> Script {
        var builder = ScriptBuilder()
        for (number, key) in keys.enumerated() {
            builder.append(push: key)
            builder.append(number == 0 ? .checkSig : .checkSigAdd)
        }
        builder.append(number: Int64(required))
        builder.append(.numEqual)
        return builder.script
    }
}
