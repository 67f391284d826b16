public import Cryptography
public import Primitives

/// The known form of an output script, and what it pays to. Core calls finding it the solver.
public enum ScriptTemplate: Hashable, Sendable {
    case nonstandard
    case pubKey(ArraySlice<UInt8>)
    case pubKeyHash(Hash160)
    case scriptHash(Hash160)
    case multisig(required: Int, publicKeys: [ArraySlice<UInt8>])
    case nullData
    case anchor
    case witnessV0KeyHash(Hash160)
    case witnessV0ScriptHash(Hash256)
    case witnessV1Taproot(ArraySlice<UInt8>)
    case witnessUnknown(version: Int, program: ArraySlice<UInt8>)

    /// Recognises an output script.
    public init(_ script: Script) {
        if script.isPayToScriptHash, let hash = script.hash160(at: 2) {
            self = .scriptHash(hash)
        } else if let witness = script.witnessProgram {
            self = ScriptTemplate(witness)
        } else if script.has(.return, at: 0), script.isPushOnly(from: 1) {
            self = .nullData
        } else if let key = script.soleKey {
            self = .pubKey(key)
        } else if let hash = script.soleKeyHash {
            self = .pubKeyHash(hash)
        } else if let (required, keys) = script.multisigKeys {
            self = .multisig(required: required, publicKeys: keys)
        } else {
            self = .nonstandard
        }
    }

    private init(_ witness: WitnessProgram) {
        let program = witness.program
        switch (witness.version, program.count) {
        case (0, 20): self = Hash160(bytes: program).map(Self.witnessV0KeyHash) ?? .nonstandard
        case (0, 32): self = Hash256(bytes: program).map(Self.witnessV0ScriptHash) ?? .nonstandard
        case (0, _): self = .nonstandard
        case (1, 32): self = .witnessV1Taproot(program)
        case _ where witness.isAnchor: self = .anchor
        case (let version, _): self = .witnessUnknown(version: version, program: program)
        }
    }

    /// Core's word for the form, as RPC answers give it.
    public var typeName: String {
        switch self {
        case .nonstandard: "nonstandard"
        case .pubKey: "pubkey"
        case .pubKeyHash: "pubkeyhash"
        case .scriptHash: "scripthash"
        case .multisig: "multisig"
        case .nullData: "nulldata"
        case .anchor: "anchor"
        case .witnessV0KeyHash: "witness_v0_keyhash"
        case .witnessV0ScriptHash: "witness_v0_scripthash"
        case .witnessV1Taproot: "witness_v1_taproot"
        case .witnessUnknown: "witness_unknown"
        }
    }
}

extension Script {
    /// What known form this has.
    public var template: ScriptTemplate { ScriptTemplate(self) }

    fileprivate func hash160(at offset: Int) -> Hash160? {
        Hash160(bytes: bytes.dropFirst(offset).prefix(20))
    }

    fileprivate var soleKeyHash: Hash160? {
        guard bytes.count == 25, has(.dup, at: 0), has(.hash160, at: 1), byte(at: 2) == 20,
            has(.equalVerify, at: 23), has(.checkSig, at: 24)
        else { return nil }
        return hash160(at: 3)
    }

    fileprivate var soleKey: ArraySlice<UInt8>? {
        guard bytes.count == 35 || bytes.count == 67, Int(bytes.first ?? 0) == bytes.count - 2,
            bytes.last == Opcode.checkSig.rawValue
        else { return nil }
        let key = bytes.dropFirst().dropLast()
        return PublicKeyEncoding.hasValidSize(key) ? key : nil
    }

    /// The keys of a bare multisignature script, and how many must sign.
    fileprivate var multisigKeys: (required: Int, keys: [ArraySlice<UInt8>])? {
        guard bytes.last == Opcode.checkMultiSig.rawValue else { return nil }
        let most = ScriptLimits.maximumMultisigKeys
        var reader = InstructionReader(bytes)
        guard let required = reader.next()?.smallNumber, (1...most).contains(required) else {
            return nil
        }
        var keys: [ArraySlice<UInt8>] = []
        var step = reader.next()
        while let key = step?.data, PublicKeyEncoding.hasValidSize(key) {
            keys.append(key)
            step = reader.next()
        }
        guard let count = step?.smallNumber, (required...most).contains(count),
            keys.count == count, reader.position + 1 == bytes.endIndex
        else { return nil }
        return (required, keys)
    }
}

extension Instruction {
    /// The number pushed, by an operation or a shortest push of its bytes.
    fileprivate var smallNumber: Int? {
        if let number = opcode?.number, number > 0 { return number }
        guard isDataPush, isMinimalPush else { return nil }
        return ScriptNumber(data, requiringMinimal: true).map { Int($0.value) }
    }
}
