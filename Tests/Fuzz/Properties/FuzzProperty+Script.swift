import Cryptography
import Primitives
import Scripting

extension FuzzProperty {
    /// Any script ends in a verdict, under any flags, and the same whenever it is asked.
    ///
    /// The bytes are the kind of spend, the flags, the output's script and the items of the stack.
    public static let script = FuzzProperty("script") { (bytes) throws(FuzzFailure) in
        var cursor = FuzzCursor(bytes)
        let spend = Spend(from: &cursor)
        let first = spend.verdict()
        try claim(spend.verdict() == first, "the verdict changes from one time to the next")
        for script in [spend.inner, spend.output.script, spend.scriptSig] {
            _ = script.asm(decodingSignatureHashTypes: true)
            _ = script.template
            let count = script.sigOpCount(accurate: true)
            try claim(count <= script.sigOpCount(accurate: false), "more operations when exact")
        }
        _ = SignatureOperations.witness(
            scriptSig: spend.scriptSig, scriptPubKey: spend.output.script,
            witness: spend.witness, flags: spend.flags)
    }
}

/// A spend put together from a fuzzer's bytes so that its script is reached.
private struct Spend {
    var inner: Script
    var output: TransactionOutput
    var scriptSig = Script()
    var witness = Witness.empty
    var flags: ScriptFlags
    var lockTime: UInt32
    var sequence: UInt32
    /// Whether every signature is taken for valid, so that what comes after them is reached.
    var trustsSignatures: Bool

    init(from cursor: inout FuzzCursor) {
        let kind = cursor.byte()
        flags = ScriptFlags(rawValue: cursor.word()).intersection(.all)
        // The rules that others stand on.
        if flags.contains(.taproot) { flags.formUnion(.witness) }
        if !flags.isDisjoint(with: [.witness, .cleanStack]) { flags.formUnion(.p2sh) }
        if flags.contains(.cleanStack) { flags.formUnion(.witness) }
        lockTime = cursor.word()
        sequence = cursor.word()
        let script = cursor.chunk()
        inner = Script(script)
        var items: [[UInt8]] = []
        while !cursor.isAtEnd, items.count < 1200 { items.append(cursor.chunk()) }
        trustsSignatures = kind & 0x80 != 0
        let pushes = items.reduce(into: ScriptBuilder()) { $0.append(push: $1) }
        var scriptPubKey = inner
        switch kind & 0x7F {
        case 0: scriptSig = pushes.script
        case 1:
            // The input's script as it stands, not of pushes alone.
            scriptSig = Script(items.first ?? [])
        case 2:
            scriptPubKey = .payToScriptHash(Hash160.hash(script.span))
            scriptSig = pushes.adding(push: script).script
        case 3:
            scriptPubKey = .payToWitnessScriptHash(SHA256.hash(script.span))
            witness = Witness(items + [script])
        case 4:
            let program = Script.payToWitnessScriptHash(SHA256.hash(script.span))
            scriptPubKey = .payToScriptHash(Hash160.hash(program.span))
            scriptSig = ScriptBuilder().adding(push: Array(program.bytes)).script
            witness = Witness(items + [script])
        case 5, 6:
            let leaf = Taproot.leafHash(script: script[...])
            let key = Self.internalKey
            let taproot = XOnlyPublicKey(key.span)?.taprootOutput(merkleRoot: leaf)
            scriptPubKey = .payToTaproot(outputKey: taproot?.key.bytes ?? key)
            let control = [taproot?.parity == true ? 0xC1 : 0xC0] + key
            witness = Witness(items + [script, control])
        default:
            // The output as it is given, with the items for its witness.
            witness = Witness(items)
        }
        output = TransactionOutput(value: .coin, script: scriptPubKey)
    }

    private static let internalKey = Array(
        SecretKey([UInt8](repeating: 1, count: 32).span)?.publicKey.compressed.dropFirst() ?? [])

    func verdict() -> ScriptError? {
        let spending = Transaction(
            inputs: [
                TransactionInput(
                    outPoint: OutPoint(txid: .zero, index: 0), script: scriptSig,
                    sequence: sequence, witness: witness)
            ], outputs: [TransactionOutput(value: .coin)], lockTime: lockTime)
        let precomputed = PrecomputedTransactionData(
            transaction: spending, spentOutputs: [output])
        do throws(ScriptError) {
            if trustsSignatures {
                try spending.verifyInput(
                    0, precomputed: precomputed, flags: flags, verifier: TrustingVerifier())
            } else {
                try spending.verifyInput(0, precomputed: precomputed, flags: flags)
            }
            return nil
        } catch {
            return error
        }
    }
}

/// Takes every signature for valid.
private struct TrustingVerifier: SignatureVerifier {
    func verifyECDSA(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool { true }

    func verifySchnorr(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, hash: Hash256
    ) -> Bool { true }
}
