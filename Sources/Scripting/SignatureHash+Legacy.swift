public import Cryptography
public import Primitives

extension SignatureHash {
    /// The hash for outputs older than segregated witness.
    ///
    /// `scriptCode` is hashed without its `OP_CODESEPARATOR`s; signatures in it must have been
    /// deleted before.
    public static func legacy(
        transaction: Transaction, inputIndex: Int, scriptCode: ArraySlice<UInt8>,
        hashType: SignatureHashType
    ) -> Hash256 {
        guard
            var stream = legacyMidstate(
                transaction: transaction, inputIndex: inputIndex, scriptCode: scriptCode,
                hashType: hashType)
        else { return missingOutput }
        stream.update(littleEndian: hashType.rawValue)
        return stream.finalizeDouble()
    }

    /// The number one, which is signed instead of a hash where `SINGLE` names an output that is
    /// not there: such a signature is good for any transaction. An old mistake, now a rule.
    static let missingOutput = Hash256(words: (1, 0, 0, 0))

    /// All that is hashed before the hash type; nil if `SINGLE` names an output that is not there.
    static func legacyMidstate(
        transaction: Transaction, inputIndex: Int, scriptCode: ArraySlice<UInt8>,
        hashType: SignatureHashType
    ) -> SHA256Stream? {
        if hashType.isSingle, inputIndex >= transaction.outputs.count { return nil }
        var stream = SHA256Stream()
        stream.update(littleEndian: transaction.version)
        updateInputs(&stream, transaction, inputIndex, scriptCode, hashType)
        updateOutputs(&stream, transaction, inputIndex, hashType)
        stream.update(littleEndian: transaction.lockTime)
        return stream
    }

    private static func updateInputs(
        _ stream: inout SHA256Stream, _ transaction: Transaction, _ signing: Int,
        _ scriptCode: ArraySlice<UInt8>, _ hashType: SignatureHashType
    ) {
        let count = transaction.inputs.count
        let covered = hashType.isAnyoneCanPay ? signing..<(signing + 1) : 0..<count
        // With fewer outputs covered, the other inputs may change their sequences.
        let freesSequences = hashType.isSingle || hashType.isNone
        stream.update(compactSize: covered.count)
        for index in covered {
            stream.update(transaction.outPoint(at: index))
            if index == signing {
                update(&stream, scriptCode)
            } else {
                stream.update(0 as UInt8)
            }
            let isFree = index != signing && freesSequences
            stream.update(littleEndian: isFree ? 0 : transaction.sequence(at: index))
        }
    }

    private static func updateOutputs(
        _ stream: inout SHA256Stream, _ transaction: Transaction, _ signing: Int,
        _ hashType: SignatureHashType
    ) {
        if hashType.isNone {
            stream.update(compactSize: 0)
        } else if hashType.isSingle {
            stream.update(compactSize: signing + 1)
            for _ in 0..<signing {
                // An output that is not covered: value -1, no script.
                stream.update(littleEndian: -1 as Int64)
                stream.update(0 as UInt8)
            }
            stream.update(transaction.outputs[signing])
        } else {
            stream.update(compactSize: transaction.outputs.count)
            for output in transaction.outputs { stream.update(output) }
        }
    }

    /// Hashes the script with its length, leaving every `OP_CODESEPARATOR` out.
    private static func update(_ stream: inout SHA256Stream, _ scriptCode: ArraySlice<UInt8>) {
        var separators = 0
        var reader = InstructionReader(scriptCode)
        while let step = reader.next() {
            if step.isSeparator { separators += 1 }
        }
        stream.update(compactSize: scriptCode.count - separators)

        reader = InstructionReader(scriptCode)
        var start = scriptCode.startIndex
        while let step = reader.next() {
            guard step.isSeparator else { continue }
            stream.update(scriptCode[start..<(reader.position - 1)])
            start = reader.position
        }
        stream.update(scriptCode[start..<reader.position])
    }
}

extension Instruction {
    fileprivate var isSeparator: Bool { byte == Opcode.codeSeparator.rawValue }
}
