import Cryptography
import Primitives

extension Verification {
    /// Checks the witness against the program it answers to (BIP141, BIP341).
    mutating func verify(
        _ program: WitnessProgram, isScriptHash: Bool
    ) throws(ScriptError) {
        switch (program.version, program.program.count) {
        case (0, 20): try verifyKeyHash(program.program)
        case (0, 32): try verifyWitnessScript(hash: program.program)
        case (0, _): throw .witnessProgramWrongLength
        case (1, 32) where !isScriptHash:
            if flags.contains(.taproot) { try verifyTaproot(outputKey: program.program) }
        case _ where !isScriptHash && program.isAnchor: break
        default:
            if flags.contains(.discourageUpgradableWitnessProgram) {
                throw .discourageUpgradableWitnessProgram
            }
        }
    }

    /// Pays to a key's hash: what the script `DUP HASH160 hash EQUALVERIFY CHECKSIG` would do.
    private mutating func verifyKeyHash(_ hash: ArraySlice<UInt8>) throws(ScriptError) {
        guard witness.count == 2 else { throw .witnessProgramMismatch }
        let signature = witness[0]
        let publicKey = witness[1]
        try Self.requireElementSizes(witness[...])
        guard Hash160.hash(publicKey.span) == Hash160(bytes: hash) else { throw .equalVerify }
        let code = ScriptBuilder.payToPubKeyHash(hash)
        var interpreter = Interpreter(
            code[...], stack: ScriptStack(), flags: flags, version: .witnessV0, checker: checker)
        guard
            try interpreter.checkBeforeTapscript(
                signature: signature, publicKey: publicKey, scriptCode: code[...])
        else { throw .evaluatedFalse }
    }

    /// Pays to a script's hash: the script is the last item of the witness.
    private mutating func verifyWitnessScript(hash: ArraySlice<UInt8>) throws(ScriptError) {
        guard let script = witness.last else { throw .witnessProgramWitnessEmpty }
        guard SHA256.hash(script.span) == Hash256(bytes: hash) else {
            throw .witnessProgramMismatch
        }
        let stack = witness.dropLast()
        try Self.requireElementSizes(stack)
        try finish(
            Interpreter(
                script, stack: ScriptStack(Array(stack)), flags: flags, version: .witnessV0,
                checker: checker))
    }

    /// Pays to a taproot output key: spent by a signature, or by a script it commits to.
    private mutating func verifyTaproot(outputKey: ArraySlice<UInt8>) throws(ScriptError) {
        var stack = witness[...]
        guard let last = stack.last else { throw .witnessProgramWitnessEmpty }
        var context = TaprootContext()
        if stack.count >= 2, last.first == Taproot.annexTag {
            context.annexHash = Taproot.annexHash(last)
            stack = stack.dropLast()
        }
        if stack.count == 1, let signature = stack.first {
            try checker.checkSchnorr(
                signature: signature, publicKey: outputKey, context: context)
        } else {
            try verifyTaprootScript(outputKey: outputKey, stack, context)
        }
    }

    private mutating func verifyTaprootScript(
        outputKey: ArraySlice<UInt8>, _ items: Slice<Witness>, _ context: TaprootContext
    ) throws(ScriptError) {
        let control = items[items.endIndex - 1]
        let script = items[items.endIndex - 2]
        guard let first = control.first, Taproot.isControlSize(control.count) else {
            throw .taprootWrongControlSize
        }
        let leafVersion = first & 0xfe
        let leafHash = Taproot.leafHash(version: leafVersion, script: script)
        let internalKey = control.dropFirst().prefix(32)
        let root = Taproot.merkleRoot(control: control, leafHash: leafHash)
        guard
            XOnlyPublicKey.isTweak(
                output: outputKey.span, parity: first & 1 == 1, internalKey: internalKey.span,
                tweak: Taproot.tweak(internalKey: internalKey, merkleRoot: root))
        else { throw .witnessProgramMismatch }
        guard leafVersion == Taproot.tapscriptLeafVersion else {
            if flags.contains(.discourageUpgradableTaprootVersion) {
                throw .discourageUpgradableTaprootVersion
            }
            return
        }
        var context = context
        context.leaf = SignatureHash.Leaf(hash: leafHash)
        try runTapscript(script, items.dropLast(2), context)
    }

    /// Runs a tapscript (BIP342). An `OP_SUCCESS` anywhere, even behind it what would not parse,
    /// overrides every other rule.
    private mutating func runTapscript(
        _ script: ArraySlice<UInt8>, _ items: Slice<Witness>, _ context: TaprootContext
    ) throws(ScriptError) {
        var reader = InstructionReader(script)
        while !reader.isAtEnd {
            guard let step = reader.next() else { throw .badOpcode }
            guard Opcode.isSuccess(step.byte) else { continue }
            if flags.contains(.discourageOpSuccess) { throw .discourageOpSuccess }
            return
        }
        guard items.count <= ScriptLimits.maximumStackSize else { throw .stackSize }
        try Self.requireElementSizes(items)
        try finish(
            Interpreter(
                script, stack: ScriptStack(Array(items)), flags: flags, version: .tapscript,
                checker: checker, taproot: context,
                validationWeight: witness.serializedSize + Self.validationWeightOffset))
    }

    /// What tapscript may spend on signatures besides its witness's size (BIP342).
    private static var validationWeightOffset: Int { 50 }

    private static func requireElementSizes(_ items: Slice<Witness>) throws(ScriptError) {
        for item in items where item.count > ScriptLimits.maximumElementSize { throw .pushSize }
    }

    /// Runs a witness script, which must leave a single true item.
    private func finish(_ interpreter: consuming Interpreter<Checker>) throws(ScriptError) {
        try interpreter.run()
        guard interpreter.stack.count == 1 else { throw .cleanStack }
        guard interpreter.stack.topIsTrue else { throw .evaluatedFalse }
    }
}

extension ScriptBuilder {
    fileprivate static func payToPubKeyHash(_ hash: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(25)
        bytes.append(Opcode.dup.rawValue)
        bytes.append(Opcode.hash160.rawValue)
        bytes.append(20)
        bytes.append(contentsOf: hash)
        bytes.append(Opcode.equalVerify.rawValue)
        bytes.append(Opcode.checkSig.rawValue)
        return bytes
    }
}
