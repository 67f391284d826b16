extension Interpreter {
    /// `dummy signature… m key… n - bool`: whether each signature is one of some key, in order.
    mutating func checkMultiSig(verify: Bool) throws(ScriptError) {
        if version == .tapscript { throw .tapscriptCheckMultiSig }
        let keys = try readKeyCount()
        let signatures = try readSignatureCount(below: keys)
        let firstSignature = keys + 2
        let code = try scriptCode(
            without: (0..<signatures).lazy.map { [stack] in stack[firstSignature + $0] })
        let isGood = try matchSignatures(signatures, keys: keys, scriptCode: code)

        if !isGood, flags.contains(.nullFail),
            (0..<signatures).contains(where: { !stack[firstSignature + $0].isEmpty })
        {
            throw .signatureNullFail
        }
        stack.drop(keys + signatures + 2)
        // One item too many is taken: an old mistake, now a rule. What it holds is free, and
        // could be changed by anyone, unless it must be empty.
        let dummy = stack.pop()
        if flags.contains(.nullDummy), !dummy.isEmpty { throw .signatureNullDummy }
        if !verify {
            stack.push(isGood)
        } else if !isGood {
            throw .checkMultiSigVerify
        }
    }

    /// Reads `n`, and charges the keys as operations.
    private mutating func readKeyCount() throws(ScriptError) -> Int {
        try stack.require(1)
        let count = try number(at: 0)
        guard (0...Int64(ScriptLimits.maximumMultisigKeys)).contains(count) else {
            throw .publicKeyCount
        }
        try countOperations(Int(count))
        try stack.require(Int(count) + 2)
        return Int(count)
    }

    /// Reads `m`, and makes sure that all items are there.
    private func readSignatureCount(below keys: Int) throws(ScriptError) -> Int {
        let count = try number(at: keys + 1)
        guard (0...Int64(keys)).contains(count) else { throw .signatureCount }
        try stack.require(keys + Int(count) + 3)
        return Int(count)
    }

    /// Matches signatures with keys, the topmost first; a key that does not fit is passed over.
    /// It stops as soon as fewer keys are left than signatures, and looks at none of those.
    private mutating func matchSignatures(
        _ signatures: Int, keys: Int, scriptCode: ArraySlice<UInt8>
    ) throws(ScriptError) -> Bool {
        var signature = 0
        var key = 0
        while signature < signatures {
            guard signatures - signature <= keys - key else { return false }
            let candidate = stack[keys + 2 + signature]
            let publicKey = stack[1 + key]
            try SignatureEncoding.check(candidate, flags: flags)
            try PublicKeyEncoding.check(publicKey, flags: flags, version: version)
            if checker.checkECDSA(
                signature: candidate, publicKey: publicKey, scriptCode: scriptCode,
                version: version)
            {
                signature += 1
            }
            key += 1
        }
        return true
    }
}
