public import Cryptography
public import Primitives

extension SignatureHash {
    /// The tapscript that a signature is checked in (BIP342).
    public struct Leaf: Hashable, Sendable {
        /// The hash of leaf version and script.
        public var hash: Hash256
        /// Which instruction the last executed `OP_CODESEPARATOR` was, counted from zero.
        public var codeSeparatorPosition: UInt32

        /// The position that says none was executed.
        public static let noCodeSeparator: UInt32 = .max

        public init(hash: Hash256, codeSeparatorPosition: UInt32 = noCodeSeparator) {
            self.hash = hash
            self.codeSeparatorPosition = codeSeparatorPosition
        }
    }

    /// The hash for a taproot spend (BIP341): by key, or by script if there is a leaf.
    ///
    /// Nil if the hash type has no meaning, if `SINGLE` names an output that is not there, or if
    /// the spent outputs are not known.
    public static func taproot(
        transaction: Transaction, inputIndex: Int, hashType: SignatureHashType,
        precomputed: PrecomputedTransactionData, annexHash: Hash256? = nil, leaf: Leaf? = nil
    ) -> Hash256? {
        guard hashType.isDefinedInTaproot, let common = precomputed.taproot else { return nil }
        let outputs = hashType == .default ? 1 : hashType.rawValue & 3

        var stream = tag
        stream.update(0 as UInt8)  // epoch
        stream.update(UInt8(truncatingIfNeeded: hashType.rawValue))
        stream.update(littleEndian: transaction.version)
        stream.update(littleEndian: transaction.lockTime)
        if !hashType.isAnyoneCanPay {
            stream.update(common.outPoints)
            stream.update(common.spentAmounts)
            stream.update(common.spentScripts)
            stream.update(common.sequences)
        }
        if outputs == 1 { stream.update(common.outputs) }
        stream.update((leaf == nil ? 0 : 2 as UInt8) | (annexHash == nil ? 0 : 1))
        if hashType.isAnyoneCanPay {
            stream.update(transaction.outPoint(at: inputIndex))
            stream.update(precomputed.spentOutputs[inputIndex])
            stream.update(littleEndian: transaction.sequence(at: inputIndex))
        } else {
            stream.update(littleEndian: UInt32(inputIndex))
        }
        if let annexHash { stream.update(annexHash) }
        if outputs == 3 {
            guard inputIndex < transaction.outputs.count else { return nil }
            stream.update(hash(of: transaction.outputs[inputIndex]))
        }
        if let leaf {
            stream.update(leaf.hash)
            stream.update(0 as UInt8)  // key version
            stream.update(littleEndian: leaf.codeSeparatorPosition)
        }
        return stream.finalize()
    }

    private static let tag = SHA256Stream(tag: "TapSighash")
}
