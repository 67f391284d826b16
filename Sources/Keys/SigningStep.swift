internal import Cryptography
internal import Primitives
internal import Scripting

/// Satisfies the scripts of one input, one within the other, and remembers its signatures.
struct SigningStep {
    /// What a script wants on its stack, and whether that is all of it.
    struct Stack {
        var items: [[UInt8]]
        var isSolved: Bool

        static let unsolved = Stack(items: [], isSolved: false)
    }

    private let input: InputSigner
    private let mayCreate: Bool
    /// Signatures with their hash type, by the Hash160 of the key; from others or made here.
    private var signatures: [Hash160: [UInt8]] = [:]
    /// Scripts that the given witness or script already showed.
    private var scripts: [Hash160: Script] = [:]

    init(_ input: InputSigner, mayCreate: Bool) {
        self.input = input
        self.mayCreate = mayCreate
    }

    mutating func satisfy(_ script: Script, version: SignatureVersion) -> Stack {
        guard mayCreate || version == .base else { return .unsolved }
        switch script.template {
        case .pubKey(let key):
            guard let signature = sign(Array(key), script, version) else { return .unsolved }
            return Stack(items: [signature], isSolved: true)
        case .pubKeyHash(let hash):
            guard let key = input.provider.publicKeys[hash],
                let signature = sign(key, script, version)
            else { return .unsolved }
            return Stack(items: [signature, key], isSolved: true)
        case .multisig(let required, let keys):
            return satisfyMultisig(script, required: required, keys: keys, version)
        case .scriptHash(let hash): return reveal(hash)
        case .witnessV0ScriptHash(let hash):
            return reveal(RIPEMD160.hash(hash.bytes.span))
        case .witnessV0KeyHash(let hash):
            return Stack(items: [hash.bytes], isSolved: true)
        case .witnessV1Taproot(let key): return satisfyTaproot(outputKey: Array(key))
        case .anchor: return Stack(items: [], isSolved: true)
        case .nonstandard, .nullData, .witnessUnknown: return .unsolved
        }
    }

    private func reveal(_ hash: Hash160) -> Stack {
        guard let script = input.provider.scripts[hash] ?? scripts[hash] else { return .unsolved }
        return Stack(items: [Array(script.bytes)], isSolved: true)
    }

    private mutating func satisfyMultisig(
        _ script: Script, required: Int, keys: [ArraySlice<UInt8>], _ version: SignatureVersion
    ) -> Stack {
        // The operation takes one element too many, ever since the first release.
        var items: [[UInt8]] = [[]]
        for key in keys where items.count <= required {
            if let signature = sign(Array(key), script, version) { items.append(signature) }
        }
        let isSolved = items.count == required + 1
        while items.count < required + 1 { items.append([]) }
        return Stack(items: items, isSolved: isSolved)
    }

    // MARK: ECDSA

    private mutating func sign(
        _ key: [UInt8], _ script: Script, _ version: SignatureVersion
    ) -> [UInt8]? {
        let hash = Hash160.hash(key.span)
        if let known = signatures[hash] { return known }
        guard mayCreate, let secret = input.provider.secrets[hash] else { return nil }
        // Witness scripts take no uncompressed keys; an unknown amount cannot be signed for.
        if version == .witnessV0 {
            guard secret.isCompressed, input.output.value.isMoney else { return nil }
        }
        let type = input.hashType == .default ? SignatureHashType.all : input.hashType
        let message = signatureHash(script.bytes, type, version)
        let signature =
            ECDSA.sign(message, with: secret.secret)
            + [UInt8(truncatingIfNeeded: type.rawValue)]
        signatures[hash] = signature
        return signature
    }

    private func signatureHash(
        _ scriptCode: ArraySlice<UInt8>, _ type: SignatureHashType, _ version: SignatureVersion
    ) -> Hash256 {
        version == .witnessV0
            ? SignatureHash.segwitV0(
                transaction: input.transaction, inputIndex: input.inputIndex,
                scriptCode: scriptCode, amount: input.output.value, hashType: type,
                precomputed: input.precomputed)
            : SignatureHash.legacy(
                transaction: input.transaction, inputIndex: input.inputIndex,
                scriptCode: scriptCode, hashType: type)
    }

    // MARK: Taproot

    private func satisfyTaproot(outputKey: [UInt8]) -> Stack {
        guard let output = Hash256(bytes: outputKey) else { return .unsolved }
        let tree = input.provider.taproots[output]
        if let tree, let secret = input.provider.secret(xOnly: tree.internalKey.bytes),
            let tweaked = secret.secret.taprootTweaked(merkleRoot: tree.merkleRoot),
            let signature = signTaproot(with: tweaked)
        {
            return Stack(items: [signature], isSolved: true)
        }
        if let secret = input.provider.secret(xOnly: outputKey),
            let signature = signTaproot(with: secret.secret)
        {
            return Stack(items: [signature], isSolved: true)
        }
        return tree.flatMap(satisfyLeaf) ?? .unsolved
    }

    /// The cheapest leaf that can be satisfied: a single key, or a `multi_a()`.
    private func satisfyLeaf(of tree: TaprootTree) -> Stack? {
        let stacks = tree.leaves.compactMap { leaf -> [[UInt8]]? in
            guard let keys = TapscriptKeys(leaf.script) else { return nil }
            var missing = keys.required
            // The last key's signature lies deepest: signatures are popped from the first key on.
            var items: [[UInt8]] = []
            for key in keys.keys {
                guard missing > 0, let secret = input.provider.secret(xOnly: Array(key)),
                    let signature = signTaproot(with: secret.secret, leaf: leaf.hash)
                else {
                    items.append([])
                    continue
                }
                items.append(signature)
                missing -= 1
            }
            guard missing == 0 else { return nil }
            return items.reversed() + [Array(leaf.script.bytes), tree.controlBlock(for: leaf)]
        }
        let cheapest = stacks.min { Witness($0).serializedSize < Witness($1).serializedSize }
        return cheapest.map { Stack(items: $0, isSolved: true) }
    }

    private func signTaproot(with secret: SecretKey, leaf: Hash256? = nil) -> [UInt8]? {
        guard mayCreate,
            let message = SignatureHash.taproot(
                transaction: input.transaction, inputIndex: input.inputIndex,
                hashType: input.hashType, precomputed: input.precomputed,
                leaf: leaf.map { SignatureHash.Leaf(hash: $0, codeSeparatorPosition: .max) })
        else { return nil }
        let signature = Schnorr.sign(message, with: secret)
        return input.hashType == .default
            ? signature : signature + [UInt8(truncatingIfNeeded: input.hashType.rawValue)]
    }
}

// MARK: Signatures that others made

extension SigningStep {
    /// Keeps the signatures and scripts of an input that is only partly signed, so that the next
    /// signer of a multisignature adds to them.
    mutating func collectSignatures(script: Script, witness: Witness) {
        var reader = InstructionReader(script.bytes)
        var stack: [[UInt8]] = []
        while let instruction = reader.next() {
            guard instruction.isDataPush else { return }
            stack.append(Array(instruction.data))
        }
        var current = input.output.script
        var version = SignatureVersion.base
        if case .scriptHash(let hash) = current.template, let last = stack.popLast() {
            current = Script(last)
            scripts[hash] = current
        }
        if case .witnessV0ScriptHash(let hash) = current.template, let last = witness.stack.last {
            current = Script(last)
            scripts[RIPEMD160.hash(hash.bytes.span)] = current
            stack = witness.stack.dropLast()
            version = .witnessV0
        }
        guard case .multisig(_, let keys) = current.template else { return }
        collect(stack, keys: keys[...], script: current, version)
    }

    private mutating func collect(
        _ stack: [[UInt8]], keys: ArraySlice<ArraySlice<UInt8>>, script: Script,
        _ version: SignatureVersion
    ) {
        var keys = keys
        for signature in stack {
            guard let type = signature.last else { continue }
            let message = signatureHash(
                script.bytes, SignatureHashType(rawValue: UInt32(type)), version)
            let place = keys.firstIndex { key in
                DirectVerifier().verifyECDSA(
                    signature: signature.dropLast(), publicKey: key, hash: message)
            }
            guard let place else { continue }
            let key = keys[place]
            signatures[Hash160.hash(key.span)] = signature
            keys = keys[(place + 1)...]
        }
    }
}

/// The keys of the two tapscripts that are signed for: `<key> CHECKSIG`, and that of `multi_a()`.
struct TapscriptKeys {
    let required: Int
    let keys: [ArraySlice<UInt8>]

    init?(_ script: Script) {
        var reader = InstructionReader(script.bytes)
        var keys: [ArraySlice<UInt8>] = []
        while let push = reader.next(), push.isDataPush, push.data.count == 32 {
            guard reader.next()?.opcode == (keys.isEmpty ? .checkSig : .checkSigAdd) else {
                return nil
            }
            keys.append(push.data)
            var ahead = reader
            guard let next = ahead.next(), next.byte == 32 else { break }
        }
        if reader.isAtEnd, keys.count == 1 {
            self.init(required: 1, keys: keys)
            return
        }
        guard let number = reader.next(), let required = Self.number(number),
            reader.next()?.opcode == .numEqual, reader.isAtEnd,
            (1...max(keys.count, 1)).contains(required), !keys.isEmpty
        else { return nil }
        self.init(required: required, keys: keys)
    }

    private init(required: Int, keys: [ArraySlice<UInt8>]) {
        self.required = required
        self.keys = keys
    }

    private static func number(_ instruction: Instruction) -> Int? {
        let small = Int(instruction.byte) - Int(Opcode.op1.rawValue) + 1
        if (1...16).contains(small) { return small }
        return ScriptNumber(instruction.data, requiringMinimal: true).map { Int($0.value) }
    }
}
