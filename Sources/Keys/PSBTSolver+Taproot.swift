internal import Cryptography
internal import Primitives
internal import Scripting

/// Taproot outputs: spent with the key, or with the cheapest leaf that can be satisfied.
extension PSBTSolver {
    mutating func satisfyTaproot(_ outputKey: [UInt8]) -> Stack {
        learnTree(outputKey)
        for (aggregate, participants) in provider.aggregates
        where known.muSigParticipants[aggregate] == nil {
            known.muSigParticipants.insert(participants, for: aggregate)
        }
        let internalKey = known.taprootInternalKey?.bytes
        for key in [internalKey, outputKey].compactMap(\.self) {
            guard known.taprootOrigins[key] == nil, let origin = provider.origin(xOnly: key)
            else { continue }
            known.taprootOrigins[key] = PSBT.TaprootOrigin(leaves: [], origin: origin)
        }
        if known.taprootKeySignature.isEmpty {
            known.taprootKeySignature = keyPathSignature(internalKey, outputKey) ?? []
        }
        if !known.taprootKeySignature.isEmpty {
            return Stack(items: [known.taprootKeySignature], isSolved: true)
        }
        return satisfyLeaf() ?? .unsolved
    }

    /// Takes over what the provider knows of how the output was made.
    private mutating func learnTree(_ outputKey: [UInt8]) {
        guard let output = Hash256(bytes: outputKey), let tree = provider.taproots[output]
        else { return }
        known.tree = tree
        known.taprootInternalKey =
            known.taprootInternalKey ?? Hash256(bytes: tree.internalKey.bytes)
        known.taprootMerkleRoot = known.taprootMerkleRoot ?? tree.merkleRoot
        for leaf in tree.leaves {
            let script = PSBT.LeafScript(script: Array(leaf.script.bytes), version: leaf.version)
            let block = tree.controlBlock(for: leaf)
            if let index = known.taprootLeaves.firstIndex(where: { $0.leaf == script }) {
                if !known.taprootLeaves[index].controlBlocks.contains(block) {
                    known.taprootLeaves[index].controlBlocks.append(block)
                }
            } else {
                known.taprootLeaves.append((script, [block]))
            }
        }
    }

    private mutating func satisfyLeaf() -> Stack? {
        var cheapest: [[UInt8]]?
        // Of those that cost the same the first in Core's order is taken.
        let leaves = known.taprootLeaves.sorted { $0.leaf.precedes($1.leaf) }
        for (leaf, controlBlocks) in leaves {
            guard leaf.version == Taproot.tapscriptLeafVersion,
                let block = controlBlocks.min(by: { $0.count < $1.count }),
                let items = satisfyMiniscript(
                    Script(leaf.script), leaf: Taproot.leafHash(script: leaf.script[...]))
            else { continue }
            let stack = items + [leaf.script, block]
            let size = Witness(stack).serializedSize
            if cheapest.map({ size < Witness($0).serializedSize }) ?? true { cheapest = stack }
        }
        return cheapest.map { Stack(items: $0, isSolved: true) }
    }

    mutating func leafSignature(_ key: [UInt8], _ leaf: Hash256) -> [UInt8]? {
        if let origin = provider.origin(xOnly: key) {
            var entry =
                known.taprootOrigins[key] ?? PSBT.TaprootOrigin(leaves: [], origin: origin)
            entry.leaves.insert(leaf)
            known.taprootOrigins[key] = entry
        }
        let name = key + leaf.bytes
        if let signature = known.taprootScriptSignatures[name] { return signature }
        let own = schnorrSignature(key, tweak: nil, leaf: leaf)
        guard let signature = own ?? groupSignature(key, leaf: leaf) else { return nil }
        known.taprootScriptSignatures.insert(signature, for: name)
        return signature
    }

    private mutating func keyPathSignature(
        _ internalKey: [UInt8]?, _ outputKey: [UInt8]
    ) -> [UInt8]? {
        let root = known.taprootMerkleRoot
        if let key = internalKey {
            let own = schnorrSignature(key, tweak: { $0.taprootTweaked(merkleRoot: root) })
            if let signature = own ?? groupSignature(key, tweak: .root(root)) {
                return signature
            }
        }
        return schnorrSignature(outputKey, tweak: nil) ?? groupSignature(outputKey)
    }

    private func schnorrSignature(
        _ key: [UInt8], tweak: ((SecretKey) -> SecretKey?)?, leaf: Hash256? = nil
    ) -> [UInt8]? {
        switch maker {
        case .nobody: return nil
        case .estimate: return Array(repeating: 0, count: 64)
        case .signer(let input):
            guard let known = provider.secret(xOnly: key)?.secret,
                let secret = tweak.map({ $0(known) }) ?? known,
                let message = input.taprootHash(leaf: leaf)
            else { return nil }
            return input.withHashType(Schnorr.sign(message, with: secret))
        }
    }
}
