import Cryptography

extension Interpreter {
    mutating func executeHash(_ opcode: Opcode) throws(ScriptError) {
        try stack.require(1)
        let item = stack.pop()
        let bytes = item.span
        switch opcode {
        case .ripemd160: stack.push(RIPEMD160.hash(bytes).bytes)
        case .sha1: stack.push(SHA1.hash(bytes))
        case .sha256: stack.push(SHA256.hash(bytes).bytes)
        case .hash160: stack.push(Hash160.hash(bytes).bytes)
        case .hash256: stack.push(SHA256.doubleHash(bytes).bytes)
        default: throw .badOpcode
        }
    }

    mutating func executeSignature(_ opcode: Opcode) throws(ScriptError) {
        switch opcode {
        case .codeSeparator:
            codeStart = reader.position
            taproot.leaf?.codeSeparatorPosition = position
        case .checkSig, .checkSigVerify: try checkSig(verify: opcode == .checkSigVerify)
        case .checkSigAdd: try checkSigAdd()
        case .checkMultiSig, .checkMultiSigVerify:
            try checkMultiSig(verify: opcode == .checkMultiSigVerify)
        default: throw .badOpcode
        }
    }

    /// `signature key - bool`
    private mutating func checkSig(verify: Bool) throws(ScriptError) {
        try stack.require(2)
        let isGood = try checkOne(signature: stack[1], publicKey: stack[0])
        stack.drop(2)
        if !verify {
            stack.push(isGood)
        } else if !isGood {
            throw .checkSigVerify
        }
    }

    /// `signature n key - n or n + 1`, in tapscript alone.
    private mutating func checkSigAdd() throws(ScriptError) {
        guard version == .tapscript else { throw .badOpcode }
        try stack.require(3)
        let count = try number(at: 1)
        let isGood = try checkOne(signature: stack[2], publicKey: stack[0])
        stack.drop(3)
        stack.push(number: count + (isGood ? 1 : 0))
    }

    private mutating func checkOne(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>
    ) throws(ScriptError) -> Bool {
        if version == .tapscript {
            return try checkInTapscript(signature: signature, publicKey: publicKey)
        }
        let code = try scriptCode(without: CollectionOfOne(signature))
        return try checkBeforeTapscript(
            signature: signature, publicKey: publicKey, scriptCode: code)
    }

    /// Judges an ECDSA signature; a bad one fails the script only under `nullFail`.
    mutating func checkBeforeTapscript(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, scriptCode: ArraySlice<UInt8>
    ) throws(ScriptError) -> Bool {
        try SignatureEncoding.check(signature, flags: flags)
        try PublicKeyEncoding.check(publicKey, flags: flags, version: version)
        let isGood = checker.checkECDSA(
            signature: signature, publicKey: publicKey, scriptCode: scriptCode, version: version)
        if !isGood, flags.contains(.nullFail), !signature.isEmpty { throw .signatureNullFail }
        return isGood
    }

    /// Judges a Schnorr signature (BIP342). A bad one fails the script; only an empty one is false.
    ///
    /// The order is consensus: the budget is charged before the key is looked at, and a key of
    /// unknown type accepts any signature.
    private mutating func checkInTapscript(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>
    ) throws(ScriptError) -> Bool {
        if !signature.isEmpty {
            validationWeight -= Self.weightPerSignature
            guard validationWeight >= 0 else { throw .tapscriptValidationWeight }
        }
        switch publicKey.count {
        case 0: throw .tapscriptEmptyPublicKey
        case 32:
            if !signature.isEmpty {
                try checker.checkSchnorr(
                    signature: signature, publicKey: publicKey, context: taproot)
            }
        default:
            if flags.contains(.discourageUpgradablePubKeyType) {
                throw .discourageUpgradablePublicKeyType
            }
        }
        return !signature.isEmpty
    }

    private static var weightPerSignature: Int { 50 }

    /// What a signature signs of the script: all from the last `OP_CODESEPARATOR` on. Before
    /// segregated witness, less the signatures, which cannot sign themselves.
    func scriptCode(
        without signatures: some Sequence<ArraySlice<UInt8>>
    ) throws(ScriptError) -> ArraySlice<UInt8> {
        var code = script[codeStart...]
        guard version == .base else { return code }
        for signature in signatures {
            let push = ScriptBuilder().adding(push: signature).bytes
            guard let shorter = code.deletingInstructions(equalTo: push) else { continue }
            if flags.contains(.constantScriptCode) { throw .signatureFindAndDelete }
            code = shorter
        }
        return code
    }
}

extension ArraySlice<UInt8> {
    /// The script without each stretch, beginning where an instruction does, that equals `pattern`;
    /// nil if there is none. Core calls this `FindAndDelete`.
    func deletingInstructions(equalTo pattern: [UInt8]) -> ArraySlice<UInt8>? {
        var kept: [UInt8] = []
        var keptUpTo = startIndex
        var hasFound = false
        var reader = InstructionReader(self)
        repeat {
            var end = reader.position
            while self[end...].starts(with: pattern) { end += pattern.count }
            if end > reader.position {
                kept += self[keptUpTo..<reader.position]
                keptUpTo = end
                hasFound = true
                reader = InstructionReader(self[end...])
            }
        } while reader.next() != nil
        guard hasFound else { return nil }
        return (kept + self[keptUpTo...])[...]
    }
}
