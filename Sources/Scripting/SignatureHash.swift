public import Cryptography
public import Primitives

/// What a signature signs: a hash of the transaction, by one of three algorithms.
///
/// `inputIndex` is always that of an input there is.
public enum SignatureHash {
    /// The hash for a version 0 witness (BIP143).
    public static func segwitV0(
        transaction: Transaction, inputIndex: Int, scriptCode: ArraySlice<UInt8>, amount: Amount,
        hashType: SignatureHashType, precomputed: PrecomputedTransactionData
    ) -> Hash256 {
        var stream = segwitV0Midstate(
            transaction: transaction, inputIndex: inputIndex, scriptCode: scriptCode,
            amount: amount, hashType: hashType, precomputed: precomputed)
        stream.update(littleEndian: hashType.rawValue)
        return stream.finalizeDouble()
    }

    /// All that is hashed before the hash type.
    static func segwitV0Midstate(
        transaction: Transaction, inputIndex: Int, scriptCode: ArraySlice<UInt8>, amount: Amount,
        hashType: SignatureHashType, precomputed: PrecomputedTransactionData
    ) -> SHA256Stream {
        let common = precomputed.segwitV0
        let coversOthers = !hashType.isAnyoneCanPay
        let coversAllOutputs = !hashType.isSingle && !hashType.isNone

        var stream = SHA256Stream()
        stream.update(littleEndian: transaction.version)
        stream.update(coversOthers ? common.outPoints : .zero)
        stream.update(coversOthers && coversAllOutputs ? common.sequences : .zero)
        stream.update(transaction.outPoint(at: inputIndex))
        stream.update(sized: scriptCode)
        stream.update(littleEndian: amount.satoshis)
        stream.update(littleEndian: transaction.sequence(at: inputIndex))
        if coversAllOutputs {
            stream.update(common.outputs)
        } else if hashType.isSingle, inputIndex < transaction.outputs.count {
            stream.update(SHA256.hash(hash(of: transaction.outputs[inputIndex])))
        } else {
            stream.update(Hash256.zero)
        }
        stream.update(littleEndian: transaction.lockTime)
        return stream
    }

    /// The single hash of an output as serialised.
    static func hash(of output: TransactionOutput) -> Hash256 {
        var stream = SHA256Stream()
        stream.update(output)
        return stream.finalize()
    }
}
