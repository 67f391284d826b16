internal import Cryptography
internal import Primitives
internal import Scripting

/// Signatures that several keys make together (BIP327, BIP373).
extension PSBTSolver {
    /// What is done to a key before it signs.
    enum Tweak {
        case none
        /// That of the output key, with the root of the tree or without one.
        case root(Hash256?)
    }

    /// The signature for an x-only key that stands for several, when all their parts are there.
    mutating func groupSignature(
        _ key: [UInt8], tweak: Tweak = .none, leaf: Hash256? = nil
    ) -> [UInt8]? {
        guard case .signer(let input) = maker else { return nil }
        var found: [UInt8]?
        for entry in known.muSigParticipants.entries {
            learnOrigins(of: entry.value, leaf: leaf)
            guard let aggregate = aggregate(entry.value, named: entry.key, as: key, tweak),
                let message = input.taprootHash(leaf: leaf),
                let signature = join(aggregate, message: message, leaf: leaf)
            else { continue }
            found = input.withHashType(signature)
        }
        return found
    }

    private mutating func learnOrigins(of participants: [[UInt8]], leaf: Hash256?) {
        for participant in participants {
            guard let origin = provider.origins[Hash160.hash(participant.span)] else { continue }
            let key = Array(participant.dropFirst())
            var entry =
                known.taprootOrigins[key] ?? PSBT.TaprootOrigin(leaves: [], origin: origin)
            if let leaf { entry.leaves.insert(leaf) }
            known.taprootOrigins[key] = entry
        }
    }

    /// The aggregate with all tweaks that lead from it to the key in the script; nil when it is the
    /// aggregate of something else.
    private func aggregate(
        _ participants: [[UInt8]], named name: [UInt8], as key: [UInt8], _ tweak: Tweak
    ) -> MuSigKey? {
        guard var aggregate = try? MuSigKey(participants), aggregate.key.compressed == name else {
            return nil
        }
        do throws(MuSigError) {
            if aggregate.xOnly.bytes != key {
                // The key may be derived from the aggregate, as its origin tells.
                guard let origin = known.taprootOrigins[key]?.origin, !origin.path.steps.isEmpty,
                    origin.fingerprint == aggregate.extendedKey.fingerprint
                else { return nil }
                var extended = aggregate.extendedKey
                for step in origin.path.steps {
                    guard let next = extended.tweakedChild(step) else { return nil }
                    try aggregate.add(tweak: next.tweak.bytes, isXOnly: false)
                    extended = next.child
                }
                guard aggregate.xOnly.bytes == key else { return nil }
            }
            if case .root(let root) = tweak {
                let tweak = aggregate.xOnly.taprootTweak(merkleRoot: root)
                try aggregate.add(tweak: tweak.bytes, isXOnly: true)
            }
        } catch {
            return nil
        }
        return aggregate
    }

    /// The signature that all parts make; nil while one is missing, or when one is wrong.
    private func join(_ key: MuSigKey, message: Hash256, leaf: Hash256?) -> [UInt8]? {
        let group = PSBT.MuSigGroup(aggregate: key.key.compressed, leaf: leaf)
        guard let nonces = known.muSigNonces[group], let parts = known.muSigSignatures[group],
            nonces.entries.count == key.publicKeys.count,
            parts.entries.count == key.publicKeys.count
        else { return nil }
        let ordered = key.publicKeys.compactMap { nonces[$0] }
        let signatures = key.publicKeys.compactMap { parts[$0] }
        guard ordered.count == key.publicKeys.count, signatures.count == ordered.count else {
            return nil
        }
        do throws(MuSigError) {
            let session = try MuSigSession(
                key: key, nonces: .aggregate(ordered), message: message.bytes)
            for (number, signer) in key.publicKeys.enumerated() {
                guard
                    try session.isValid(
                        signatures[number], publicKey: signer, nonce: ordered[number],
                        signer: number)
                else { return nil }
            }
            return try session.aggregate(signatures)
        } catch {
            return nil
        }
    }
}
