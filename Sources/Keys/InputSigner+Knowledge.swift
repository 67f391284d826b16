internal import Cryptography
internal import Primitives
internal import Scripting

/// Signatures that others made.
extension InputSigner {
    /// The signatures and scripts of an input that is only partly signed, so that the next signer of a
    /// multisignature adds to them.
    func knowledge(script: Script, witness: Witness) -> SpendingKnowledge {
        var known = SpendingKnowledge()
        var reader = InstructionReader(script.bytes)
        var stack: [[UInt8]] = []
        while let instruction = reader.next() {
            guard instruction.isDataPush else { return known }
            stack.append(Array(instruction.data))
        }
        var current = output.script
        var version = SignatureVersion.base
        if case .scriptHash = current.template, let last = stack.popLast() {
            current = Script(last)
            known.redeemScript = current
        }
        if case .witnessV0ScriptHash = current.template, let last = witness.stack.last {
            current = Script(last)
            known.witnessScript = current
            stack = witness.stack.dropLast()
            version = .witnessV0
        }
        if case .multisig(_, let keys) = current.template {
            match(stack, with: keys[...], script: current, version, into: &known)
        }
        return known
    }

    private func match(
        _ stack: [[UInt8]], with keys: ArraySlice<ArraySlice<UInt8>>, script: Script,
        _ version: SignatureVersion, into known: inout SpendingKnowledge
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
            let key = Array(keys[place])
            known.signatures[Hash160.hash(key.span).bytes] = PSBT.PartialSignature(
                key: key, signature: signature)
            keys = keys[(place + 1)...]
        }
    }
}
