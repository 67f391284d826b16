internal import Cryptography
internal import Genesis

extension DescriptorKey {
    /// Keys that sign as one, and the branch under their aggregate (BIP390): `musig(key,…)/path`.
    struct Group: Hashable, Sendable {
        var participants: [DescriptorKey]
        var path: DerivationPath
        /// The paths meant by `<0;1>`; empty once one of them was chosen.
        var alternatives: [DerivationPath]
        let isBranch: Bool
        /// The extended key at the end of the path, where it is the same at each index.
        var parent: ExtendedPublicKey?

        var isRange: Bool { isBranch || hasRangedParticipants }

        var hasRangedParticipants: Bool { participants.contains(where: \.isRange) }

        var alternativeCount: Int {
            (participants.map(\.alternativeCount) + [alternatives.count, 1]).max() ?? 1
        }
    }
}

extension DescriptorKey.Group {
    func choosing(_ number: Int) -> Self {
        var group = self
        group.participants = participants.map { $0.choosing(number) }
        if !alternatives.isEmpty {
            group.path = alternatives[min(number, alternatives.count - 1)]
            group.alternatives = []
        }
        return group
    }

    func prepared(with secrets: [Hash160: PrivateKey]) -> Self {
        var group = self
        group.participants = participants.map { $0.prepared(with: secrets) }
        guard !hasRangedParticipants else { return group }
        group.parent = group.aggregate(at: 0, secrets: secrets)?.extendedKey.derive(path)
        return group
    }

    /// The aggregate of the participants at an index; nil when private keys are needed for one.
    func aggregate(at index: UInt32, secrets: [Hash160: PrivateKey]) -> MuSigKey? {
        var keys: [[UInt8]] = []
        for participant in participants {
            guard let key = participant.publicKey(at: index, secrets: secrets) else { return nil }
            keys.append(key.bytes)
        }
        return try? MuSigKey(MuSigKey.sorted(keys))
    }

    func publicKey(
        at index: UInt32, secrets: [Hash160: PrivateKey]
    ) -> (bytes: [UInt8], origin: KeyOrigin)? {
        guard let aggregate = aggregate(at: index, secrets: secrets) else { return nil }
        let fingerprint = aggregate.extendedKey.fingerprint
        guard isBranch || !path.steps.isEmpty else {
            return (aggregate.key.compressed, KeyOrigin(fingerprint: fingerprint, path: []))
        }
        let steps = isBranch ? path.appending(index) : path
        let above = parent ?? aggregate.extendedKey.derive(path)
        guard let key = isBranch ? above?.child(index) : above else { return nil }
        return (key.key.compressed, KeyOrigin(fingerprint: fingerprint, path: steps))
    }

    /// Adds the participants and what they make together.
    func teach(
        _ provider: inout SigningProvider, at index: UInt32, secrets: [Hash160: PrivateKey]
    ) {
        for participant in participants {
            guard let key = participant.publicKey(at: index, secrets: secrets) else { continue }
            provider.add(publicKey: key.bytes, origin: key.origin)
        }
        guard let aggregate = aggregate(at: index, secrets: secrets) else { return }
        provider.aggregates[aggregate.key.compressed] = aggregate.publicKeys
    }

    func text(
        _ form: DescriptorForm, secrets: [Hash160: PrivateKey], on network: Network
    ) -> String? {
        var texts: [String] = []
        for participant in participants {
            guard let text = participant.text(form, secrets: secrets, on: network) else {
                return nil
            }
            texts.append(text)
        }
        return "musig(" + texts.joined(separator: ",") + ")" + path.text()
            + (isBranch ? "/*" : "")
    }
}
