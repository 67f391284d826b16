internal import Cryptography
internal import Primitives

extension PSBT {
    /// What several know of one transaction, taken together; nil where they are of different
    /// transactions or versions, or there is none. What an earlier one says counts.
    public static func combining(_ parts: some Sequence<PSBT>) -> PSBT? {
        var iterator = parts.makeIterator()
        guard var result = iterator.next() else { return nil }
        while let part = iterator.next() {
            guard result.merge(part) else { return nil }
        }
        return result
    }

    private mutating func merge(_ other: PSBT) -> Bool {
        guard let identifier, identifier == other.identifier, version == other.version,
            inputs.count == other.inputs.count, outputs.count == other.outputs.count
        else { return false }
        for index in inputs.indices { inputs[index].merge(other.inputs[index]) }
        for index in outputs.indices { outputs[index].merge(other.outputs[index]) }
        add(extendedKeys: other.extendedKeys)
        fallbackLockTime = fallbackLockTime ?? other.fallbackLockTime
        if modifiable != nil || other.modifiable != nil {
            let (mine, theirs) = (modifiable ?? 0, other.modifiable ?? 0)
            // Only what both allow may be changed; one that signs for a single output is enough.
            modifiable = (mine & theirs) | ((mine | theirs) & 4)
        }
        proprietary.merge(other.proprietary)
        unknown.merge(other.unknown)
        return true
    }

    /// Several transactions of version 0 made one, in the order given: Core's joinpsbts, but for
    /// its shuffling.
    public static func joining(_ parts: [PSBT]) throws(PSBTError) -> PSBT {
        var version: UInt32 = 1
        var lockTime = UInt32.max
        for part in parts {
            guard part.version == 0 else {
                throw PSBTError(message: "joinpsbts only operates on version 0 PSBTs")
            }
            version = max(version, part.transactionVersion)
            lockTime = min(lockTime, part.fallbackLockTime ?? 0)
        }
        var result = PSBT(
            version: 0, transactionVersion: version, fallbackLockTime: lockTime)
        var spent: Set<OutPoint> = []
        for part in parts {
            for var input in part.inputs {
                let outPoint = input.outPoint
                guard spent.insert(outPoint).inserted else {
                    throw PSBTError(
                        message: "Input \(outPoint.txid.displayHex):"
                            + "\(outPoint.index) exists in multiple PSBTs")
                }
                input.partialSignatures.removeAll()
                input.finalScript = []
                input.finalWitness = .empty
                result.inputs.append(input)
            }
            result.outputs += part.outputs
            result.unknown.merge(part.unknown)
        }
        return result
    }
}

extension PSBT.Input {
    fileprivate mutating func merge(_ other: PSBT.Input) {
        previousTransaction = previousTransaction ?? other.previousTransaction
        witnessOutput = witnessOutput ?? other.witnessOutput
        partialSignatures.merge(other.partialSignatures)
        preimages.ripemd160.merge(other.preimages.ripemd160)
        preimages.sha256.merge(other.preimages.sha256)
        preimages.hash160.merge(other.preimages.hash160)
        preimages.hash256.merge(other.preimages.hash256)
        origins.merge(other.origins)
        proprietary.merge(other.proprietary)
        unknown.merge(other.unknown)
        if redeemScript.isEmpty { redeemScript = other.redeemScript }
        if witnessScript.isEmpty { witnessScript = other.witnessScript }
        if finalScript.isEmpty { finalScript = other.finalScript }
        if finalWitness.isEmpty { finalWitness = other.finalWitness }
        sequence = sequence ?? other.sequence
        timeLock = timeLock ?? other.timeLock
        heightLock = heightLock ?? other.heightLock
        mergeTaproot(other)
    }

    private mutating func mergeTaproot(_ other: PSBT.Input) {
        taprootScriptSignatures.merge(other.taprootScriptSignatures)
        taprootLeaves.merge(other.taprootLeaves) { mine, _ in mine }
        taprootOrigins.merge(other.taprootOrigins)
        if taprootKeySignature.isEmpty { taprootKeySignature = other.taprootKeySignature }
        taprootInternalKey = taprootInternalKey ?? other.taprootInternalKey
        taprootMerkleRoot = taprootMerkleRoot ?? other.taprootMerkleRoot
        muSigParticipants.merge(other.muSigParticipants)
        for (group, values) in other.muSigNonces {
            muSigNonces[group, default: ByteTable()].merge(values)
        }
        for (group, values) in other.muSigSignatures {
            muSigSignatures[group, default: ByteTable()].merge(values)
        }
    }
}

extension PSBT.Output {
    fileprivate mutating func merge(_ other: PSBT.Output) {
        origins.merge(other.origins)
        proprietary.merge(other.proprietary)
        unknown.merge(other.unknown)
        taprootOrigins.merge(other.taprootOrigins)
        if redeemScript.isEmpty { redeemScript = other.redeemScript }
        if witnessScript.isEmpty { witnessScript = other.witnessScript }
        taprootInternalKey = taprootInternalKey ?? other.taprootInternalKey
        if taprootTree.isEmpty { taprootTree = other.taprootTree }
        muSigParticipants.merge(other.muSigParticipants)
    }
}
