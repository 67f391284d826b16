public import Primitives

extension Script {
    /// How many signature checks the script may make, by its text.
    ///
    /// - Parameter accurate: count the keys of a multisignature where a number stands before it;
    ///   otherwise, as in the oldest count, 20 for each.
    public func sigOpCount(accurate: Bool) -> Int {
        var count = 0
        var last: Opcode?
        var reader = InstructionReader(bytes)
        while let step = reader.next() {
            let opcode = step.opcode
            switch opcode {
            case .checkSig, .checkSigVerify: count += 1
            case .checkMultiSig, .checkMultiSigVerify:
                let keys = accurate ? last?.number ?? 0 : 0
                count += keys > 0 ? keys : ScriptLimits.maximumMultisigKeys
            default: break
            }
            last = opcode
        }
        return count
    }
}

/// Signature checks of an input that its own script does not show.
public enum SignatureOperations {
    /// Those of the script that stands behind a script hash (BIP16); 0 for any other output.
    public static func payToScriptHash(scriptSig: Script, scriptPubKey: Script) -> Int {
        guard scriptPubKey.isPayToScriptHash, let redeemScript = scriptSig.lastPush else {
            return 0
        }
        return redeemScript.sigOpCount(accurate: true)
    }

    /// Those of the witness (BIP141). Tapscript has a budget of its own instead.
    public static func witness(
        scriptSig: Script, scriptPubKey: Script, witness: Witness, flags: ScriptFlags
    ) -> Int {
        guard flags.contains(.witness) else { return 0 }
        if let program = scriptPubKey.witnessProgram { return count(program, witness) }
        guard scriptPubKey.isPayToScriptHash, let redeemScript = scriptSig.lastPush,
            let program = redeemScript.witnessProgram
        else { return 0 }
        return count(program, witness)
    }

    private static func count(_ program: WitnessProgram, _ witness: Witness) -> Int {
        switch (program.version, program.program.count) {
        case (0, 20): 1
        case (0, 32): witness.last.map { Script($0).sigOpCount(accurate: true) } ?? 0
        default: 0
        }
    }
}

extension Script {
    /// What a script that does nothing but push pushes last, as a script; nil if it does more.
    fileprivate var lastPush: Script? {
        var last = Script()
        var reader = InstructionReader(bytes)
        while !reader.isAtEnd {
            guard let step = reader.next(), step.isPush else { return nil }
            last = Script(step.data)
        }
        return last
    }
}
