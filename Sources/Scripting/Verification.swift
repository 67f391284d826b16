public import Primitives

/// Checks that an input may spend an output: that its script and witness answer the output's script.
///
/// - Parameters:
///   - scriptSig: the input's script.
///   - scriptPubKey: the output's script.
///   - witness: the input's witness.
///   - flags: the rules. `witness` and `cleanStack` mean nothing without `p2sh`.
///   - checker: answers what the scripts ask about the transaction.
public func verifyScript(
    scriptSig: Script, scriptPubKey: Script, witness: Witness, flags: ScriptFlags,
    checker: some SignatureChecker
) throws(ScriptError) {
    var verification = Verification(witness: witness, flags: flags, checker: checker)
    try verification.verify(scriptSig, scriptPubKey)
}

/// One input's verification under way.
struct Verification<Checker: SignatureChecker> {
    let witness: Witness
    let flags: ScriptFlags
    var checker: Checker

    /// The stack that the legacy scripts leave, the second working on what the first left. They are
    /// never run as one script (CVE-2010-5141).
    private var stack = ScriptStack()
    /// Whether the witness has a program to answer to.
    private var hasProgram = false

    init(witness: Witness, flags: ScriptFlags, checker: Checker) {
        self.witness = witness
        self.flags = flags
        self.checker = checker
    }

    mutating func verify(_ scriptSig: Script, _ scriptPubKey: Script) throws(ScriptError) {
        let program = flags.contains(.witness) ? scriptPubKey.witnessProgram : nil
        if let program, scriptSig.isEmpty { return try verifyBare(program) }

        if flags.contains(.signaturePushOnly), !scriptSig.isPushOnly { throw .signaturePushOnly }
        try run(scriptSig)
        let isScriptHash = flags.contains(.p2sh) && scriptPubKey.isPayToScriptHash
        let pushed = isScriptHash ? stack : ScriptStack()
        try run(scriptPubKey)
        try requireTrue()
        // The input's script must be empty, or it could be changed by anyone.
        if program != nil { throw .witnessMalleated }
        if isScriptHash { try verifyScriptHash(scriptSig, pushed) }
        if flags.contains(.cleanStack), !hasProgram, stack.count != 1 { throw .cleanStack }
        if flags.contains(.witness), !hasProgram, !witness.isEmpty { throw .witnessUnexpected }
    }

    /// A witness program spent by witness alone: what its two pushes would do is known.
    private mutating func verifyBare(_ program: WitnessProgram) throws(ScriptError) {
        guard program.program.isTrue else { throw .evaluatedFalse }
        try verify(program, isScriptHash: false)
    }

    /// Runs the script whose hash the output pays to (BIP16): the last thing the input pushed.
    private mutating func verifyScriptHash(
        _ scriptSig: Script, _ pushed: ScriptStack
    ) throws(ScriptError) {
        guard scriptSig.isPushOnly else { throw .signaturePushOnly }
        stack = pushed
        try stack.require(1)
        let redeemScript = Script(stack.pop())
        try run(redeemScript)
        try requireTrue()
        guard flags.contains(.witness), let program = redeemScript.witnessProgram else { return }
        guard scriptSig.bytes.elementsEqual(ScriptBuilder.push(redeemScript.bytes)) else {
            throw .witnessMalleatedP2SH
        }
        hasProgram = true
        try verify(program, isScriptHash: true)
    }

    private mutating func run(_ script: Script) throws(ScriptError) {
        var interpreter = Interpreter(
            script.bytes, stack: stack, flags: flags, version: .base, checker: checker)
        stack = ScriptStack()
        try interpreter.run()
        stack = interpreter.stack
    }

    private func requireTrue() throws(ScriptError) {
        guard !stack.isEmpty, stack.topIsTrue else { throw .evaluatedFalse }
    }
}

extension ScriptBuilder {
    /// A script of a single push.
    fileprivate static func push(_ data: ArraySlice<UInt8>) -> [UInt8] {
        ScriptBuilder().adding(push: data).bytes
    }
}
