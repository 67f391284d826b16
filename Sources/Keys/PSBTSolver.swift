public import Cryptography
internal import Primitives
internal import Scripting

extension PSBT {
    /// What an input lacks.
    public struct Missing: Hashable, Sendable {
        /// Keys that nothing is known of, by their Hash160.
        public var publicKeys: [Hash160] = []
        /// Keys whose signatures are missing, by their Hash160.
        public var signatures: [Hash160] = []
        /// The hash of the redeem script.
        public var redeemScript: Hash160?
        /// The SHA256 of the witness script.
        public var witnessScript: Hash256?

        /// Nothing.
        public init() {}
    }
}

/// What is known about spending one output, as it grows while its scripts are satisfied.
struct SpendingKnowledge {
    var signatures = ByteTable<PSBT.PartialSignature>()
    var redeemScript = Script()
    var witnessScript = Script()
    var origins = ByteTable<KeyOrigin>()
    var preimages = PSBT.Preimages()
    var taprootKeySignature: [UInt8] = []
    var taprootScriptSignatures = ByteTable<[UInt8]>()
    var taprootLeaves: [(leaf: PSBT.LeafScript, controlBlocks: [[UInt8]])] = []
    var taprootOrigins = ByteTable<PSBT.TaprootOrigin>()
    var taprootInternalKey: Hash256?
    var taprootMerkleRoot: Hash256?
    var muSigParticipants = ByteTable<[[UInt8]]>()
    var muSigNonces: PSBT.MuSigTable = [:]
    var muSigSignatures: PSBT.MuSigTable = [:]
    /// The tree that the provider knows the output to be made of.
    var tree: TaprootTree?
    var missing = PSBT.Missing()
}

/// Satisfies the scripts of one output, one within the other, with what is known and what keys there
/// are (Core's ProduceSignature).
struct PSBTSolver {
    /// Who makes signatures that are not there yet.
    enum Maker {
        /// Nobody: only what is known of keys and scripts is gathered.
        case nobody
        /// Placeholders, to learn the size.
        case estimate
        /// The keys of the provider, for an input.
        case signer(InputSigner)
    }

    struct Answer {
        var script = Script()
        var witness = Witness.empty
        var usesWitness = false
        var isComplete = false
    }

    /// What a script wants on its stack, and whether that is all of it.
    struct Stack {
        var items: [[UInt8]]
        var isSolved: Bool

        static let unsolved = Stack(items: [], isSolved: false)
    }

    let provider: SigningProvider
    let maker: Maker
    var known: SpendingKnowledge
    /// The keys whose origins are known, by their Hash160, and how many origins there were.
    var keysByHash: (keys: [Hash160: [UInt8]], count: Int) = ([:], 0)

    mutating func solve(_ output: Script) -> Answer {
        var answer = Answer()
        var template = output.template
        var stack = satisfy(output, .base)
        var inner: Script?
        if case .scriptHash = template, stack.isSolved, let bytes = stack.items.first {
            let script = Script(bytes)
            inner = script
            known.redeemScript = script
            template = script.template
            stack = satisfy(script, .base)
            if case .scriptHash = template { stack.isSolved = false }
        }
        switch template {
        case .witnessV0KeyHash(let hash) where stack.isSolved:
            stack = satisfy(.payToPubKeyHash(hash), .witnessV0)
            answer.witness = Witness(stack.items)
            answer.usesWitness = true
            stack.items = []
        case .witnessV0ScriptHash where stack.isSolved:
            guard let bytes = stack.items.first else { break }
            stack = satisfyWitnessScript(Script(bytes))
            answer.witness = Witness(stack.items + [bytes])
            answer.usesWitness = true
            stack.items = []
        case .witnessV1Taproot where inner == nil:
            answer.usesWitness = true
            if stack.isSolved { answer.witness = Witness(stack.items) }
            stack.items = []
        default: break
        }
        if let inner { stack.items.append(Array(inner.bytes)) }
        var builder = ScriptBuilder()
        for item in stack.items { builder.append(minimalPush: item) }
        answer.script = builder.script
        answer.isComplete =
            stack.isSolved && verify(answer.script, answer.witness, spending: output)
        return answer
    }

    private mutating func satisfyWitnessScript(_ script: Script) -> Stack {
        known.witnessScript = script
        var stack = satisfy(script, .witnessV0)
        switch script.template {
        case .scriptHash, .witnessV0ScriptHash, .witnessV0KeyHash: stack.isSolved = false
        default: break
        }
        // What there is of a multisignature stays, for others to add to.
        if !stack.isSolved, stack.items.isEmpty, let items = satisfyMiniscript(script) {
            stack = Stack(items: items, isSolved: true)
        }
        return stack
    }

    private mutating func satisfy(_ script: Script, _ version: SignatureVersion) -> Stack {
        switch script.template {
        case .pubKey(let key):
            guard let signature = signature(of: Array(key), script, version) else {
                return .unsolved
            }
            return Stack(items: [signature], isSolved: true)
        case .pubKeyHash(let hash):
            guard let key = publicKey(hash) else {
                known.missing.publicKeys.append(hash)
                return .unsolved
            }
            guard let signature = signature(of: key, script, version) else { return .unsolved }
            return Stack(items: [signature, key], isSolved: true)
        case .multisig(let required, let keys):
            return satisfyMultisig(script, required: required, keys: keys, version)
        case .scriptHash(let hash):
            guard let script = reveal(hash) else {
                known.missing.redeemScript = hash
                return .unsolved
            }
            return Stack(items: [Array(script.bytes)], isSolved: true)
        case .witnessV0ScriptHash(let hash):
            guard let script = reveal(RIPEMD160.hash(hash.bytes.span)) else {
                known.missing.witnessScript = hash
                return .unsolved
            }
            return Stack(items: [Array(script.bytes)], isSolved: true)
        case .witnessV0KeyHash(let hash): return Stack(items: [hash.bytes], isSolved: true)
        case .witnessV1Taproot(let key): return satisfyTaproot(Array(key))
        case .anchor: return Stack(items: [], isSolved: true)
        case .nonstandard, .nullData, .witnessUnknown: return .unsolved
        }
    }

    /// Asks for the signature of every key, so that all that can be made are kept.
    private mutating func satisfyMultisig(
        _ script: Script, required: Int, keys: [ArraySlice<UInt8>], _ version: SignatureVersion
    ) -> Stack {
        // The operation takes one element too many, ever since the first release.
        var items: [[UInt8]] = [[]]
        for key in keys {
            guard let signature = signature(of: Array(key), script, version),
                items.count <= required
            else { continue }
            items.append(signature)
        }
        let isSolved = items.count == required + 1
        while items.count < required + 1 { items.append([]) }
        return Stack(items: items, isSolved: isSolved)
    }

    private func reveal(_ hash: Hash160) -> Script? {
        if let script = provider.scripts[hash] { return script }
        return [known.redeemScript, known.witnessScript].first {
            Hash160.hash($0.span) == hash
        }
    }

    mutating func publicKey(_ hash: Hash160) -> [UInt8]? {
        if let signature = known.signatures[hash.bytes] { return signature.key }
        // A table: a stranger may bring a thousand origins, and a script that asks for as many keys.
        let count = known.origins.count + known.taprootOrigins.count
        if keysByHash.keys[hash] == nil, keysByHash.count < count {
            keysByHash = (tabulateKeys(), count)
        }
        return keysByHash.keys[hash] ?? provider.publicKeys[hash]
    }

    private func tabulateKeys() -> [Hash160: [UInt8]] {
        var keys: [Hash160: [UInt8]] = [:]
        for entry in known.taprootOrigins.entries {
            keys[Hash160.hash(entry.key.span)] = [2] + entry.key
        }
        for entry in known.origins.entries { keys[Hash160.hash(entry.key.span)] = entry.key }
        return keys
    }

    // MARK: ECDSA

    mutating func signature(
        of key: [UInt8], _ script: Script, _ version: SignatureVersion
    ) -> [UInt8]? {
        let hash = Hash160.hash(key.span)
        if let signature = known.signatures[hash.bytes] { return signature.signature }
        if let origin = provider.origins[hash] { known.origins.insert(origin, for: key) }
        guard let signature = newSignature(hash, script, version) else {
            known.missing.signatures.append(hash)
            return nil
        }
        known.signatures.insert(
            PSBT.PartialSignature(key: key, signature: signature), for: hash.bytes)
        return signature
    }

    private func newSignature(
        _ hash: Hash160, _ script: Script, _ version: SignatureVersion
    ) -> [UInt8]? {
        switch maker {
        case .nobody: return nil
        case .estimate: return Self.largestSignature
        case .signer(let input):
            guard let secret = provider.secrets[hash] else { return nil }
            // Witness scripts take no uncompressed keys; an unknown amount cannot be signed for.
            if version == .witnessV0, !secret.isCompressed || !input.output.value.isMoney {
                return nil
            }
            let type = input.hashType == .default ? SignatureHashType.all : input.hashType
            let message = input.signatureHash(script.bytes, type, version)
            return ECDSA.sign(message, with: secret.secret)
                + [UInt8(truncatingIfNeeded: type.rawValue)]
        }
    }

    /// The largest signature in the usual form: two numbers of 32 bytes.
    private static let largestSignature: [UInt8] = {
        let number: [UInt8] = [0x02, 0x20, 0x01] + Array(repeating: 0, count: 31)
        return [0x30, 0x44] + number + number + [0x01]
    }()
}

// MARK: Verification

extension PSBTSolver {
    private func verify(_ script: Script, _ witness: Witness, spending output: Script) -> Bool {
        switch maker {
        case .nobody: return false
        case .estimate:
            return
                (try? verifyScript(
                    scriptSig: script, scriptPubKey: output, witness: witness, flags: .standard,
                    checker: LenientChecker())) != nil
        case .signer(let input): return input.isValid(script: script, witness: witness)
        }
    }

    /// Takes any signature that is not empty, and any time.
    private struct LenientChecker: SignatureChecker {
        func checkECDSA(
            signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>,
            scriptCode: ArraySlice<UInt8>, version: SignatureVersion
        ) -> Bool { !signature.isEmpty }

        func checkSchnorr(
            signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, context: TaprootContext
        ) throws(ScriptError) {
            if signature.isEmpty { throw .schnorrSignature }
        }

        func checkLockTime(_ lockTime: Int64) -> Bool { true }
        func checkSequence(_ sequence: Int64) -> Bool { true }
    }
}
