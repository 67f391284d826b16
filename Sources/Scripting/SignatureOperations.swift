public import Primitives

extension Script {
    /// How many signature checks the script may make, by its text.
    ///
    /// - Parameter accurate: count the keys of a multisignature where a number stands before it;
    ///   otherwise, as in the oldest count, 20 for each.
    public func sigOpCount(accurate: Bool) -> Int {
        SignatureOperations.count(in: span, accurate: accurate)
    }
}

/// Signature checks as they are counted, not as they are made.
public enum SignatureOperations {
    /// How many the script may make, by its text: `Script.sigOpCount`.
    public static func count(in script: Span<UInt8>, accurate: Bool) -> Int {
        var count = 0
        var last: UInt8 = 0
        var position = 0
        while position < script.count {
            let byte = script[position]
            position += 1
            switch byte {
            case ...Opcode.pushData4.rawValue:
                guard let pushed = pushedCount(byte, in: script, &position),
                    pushed <= script.count - position
                else { return count }
                position += pushed
            case Opcode.checkSig.rawValue, Opcode.checkSigVerify.rawValue: count += 1
            case Opcode.checkMultiSig.rawValue, Opcode.checkMultiSigVerify.rawValue:
                let isNumber = (Opcode.op1.rawValue...Opcode.op16.rawValue).contains(last)
                count +=
                    accurate && isNumber
                    ? Int(last - Opcode.op1.rawValue) + 1 : ScriptLimits.maximumMultisigKeys
            default: break
            }
            last = byte
        }
        return count
    }

    /// The number of bytes that the push beginning with `byte` carries; nil if it is cut short.
    private static func pushedCount(
        _ byte: UInt8, in script: Span<UInt8>, _ position: inout Int
    ) -> Int? {
        let size: Int
        switch byte {
        case Opcode.pushData1.rawValue: size = 1
        case Opcode.pushData2.rawValue: size = 2
        case Opcode.pushData4.rawValue: size = 4
        default: return Int(byte)
        }
        guard size <= script.count - position else { return nil }
        var count = 0
        for place in 0..<size { count |= Int(script[position + place]) << (8 * place) }
        position += size
        return count
    }

    /// Those of the script that stands behind a script hash (BIP16); 0 for any other output.
    public static func payToScriptHash(scriptSig: Script, scriptPubKey: Script) -> Int {
        guard scriptPubKey.isPayToScriptHash, let redeemScript = scriptSig.lastPush else {
            return 0
        }
        return redeemScript.sigOpCount(accurate: true)
    }

    /// Those of the witness (BIP141). Tapscript has a budget of its own instead.
    public static func witness(
        scriptSig: Script, scriptPubKey: Script, witness: @autoclosure () -> Witness,
        flags: ScriptFlags
    ) -> Int {
        guard flags.contains(.witness) else { return 0 }
        if let program = scriptPubKey.witnessProgram { return count(program, witness()) }
        guard scriptPubKey.isPayToScriptHash, let redeemScript = scriptSig.lastPush,
            let program = redeemScript.witnessProgram
        else { return 0 }
        return count(program, witness())
    }

    private static func count(
        _ program: WitnessProgram, _ witness: @autoclosure () -> Witness
    ) -> Int {
        switch (program.version, program.program.count) {
        case (0, 20): 1
        case (0, 32): witness().last.map { Script($0).sigOpCount(accurate: true) } ?? 0
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
