import Cryptography
public import Primitives

/// Answers a script's questions from the transaction that spends it.
///
/// Who judges the signatures is not a type parameter: one dynamic call a signature costs nothing
/// beside it, while an interpreter that is generic across modules is not specialised (a tenth of
/// all time when it was measured).
public struct TransactionSignatureChecker: SignatureChecker {
    private let transaction: Transaction
    private let inputIndex: Int
    private let amount: Amount
    private let precomputed: PrecomputedTransactionData
    private let verifier: any SignatureVerifier
    private var midstates: [Midstate] = []

    /// A checker for one input, which there must be.
    ///
    /// - Parameter amount: the value of the output spent.
    public init(
        transaction: Transaction, inputIndex: Int, amount: Amount,
        precomputed: PrecomputedTransactionData, verifier: any SignatureVerifier
    ) {
        precondition(inputIndex >= 0 && inputIndex < transaction.inputs.count)
        self.transaction = transaction
        self.inputIndex = inputIndex
        self.amount = amount
        self.precomputed = precomputed
        self.verifier = verifier
    }

    public mutating func checkECDSA(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, scriptCode: ArraySlice<UInt8>,
        version: SignatureVersion
    ) -> Bool {
        guard PublicKeyEncoding.hasValidSize(publicKey), let hashTypeByte = signature.last else {
            return false
        }
        let hashType = SignatureHashType(rawValue: UInt32(hashTypeByte))
        let hash = signatureHash(hashType, scriptCode: scriptCode, version: version)
        return verifier.verifyECDSA(
            signature: signature.dropLast(), publicKey: publicKey, hash: hash)
    }

    public mutating func checkSchnorr(
        signature: ArraySlice<UInt8>, publicKey: ArraySlice<UInt8>, context: TaprootContext
    ) throws(ScriptError) {
        guard signature.count == 64 || signature.count == 65 else { throw .schnorrSignatureSize }
        var hashType = SignatureHashType.default
        if signature.count == 65, let byte = signature.last {
            hashType = SignatureHashType(rawValue: UInt32(byte))
            guard hashType != .default else { throw .schnorrSignatureHashType }
        }
        guard
            let hash = SignatureHash.taproot(
                transaction: transaction, inputIndex: inputIndex, hashType: hashType,
                precomputed: precomputed, annexHash: context.annexHash, leaf: context.leaf)
        else { throw .schnorrSignatureHashType }
        guard
            verifier.verifySchnorr(
                signature: signature.prefix(64), publicKey: publicKey, hash: hash)
        else { throw .schnorrSignature }
    }
}

extension TransactionSignatureChecker {
    /// A hash under way, but for its last four bytes: many signatures of one script share it, and
    /// without it a script could make us hash the same transaction again for each (CVE-2013-2292).
    private struct Midstate {
        var kind: UInt32
        var version: SignatureVersion
        var scriptCode: ArraySlice<UInt8>
        var stream: SHA256Stream
    }

    private mutating func signatureHash(
        _ hashType: SignatureHashType, scriptCode: ArraySlice<UInt8>, version: SignatureVersion
    ) -> Hash256 {
        let kind: UInt32 =
            (hashType.isAnyoneCanPay ? 0x80 : 0) + (hashType.isNone ? 2 : hashType.isSingle ? 3 : 1)
        var stream: SHA256Stream
        if let known = midstates.first(where: {
            $0.kind == kind && $0.version == version && $0.scriptCode == scriptCode
        }) {
            stream = known.stream
        } else if version == .witnessV0 {
            stream = SignatureHash.segwitV0Midstate(
                transaction: transaction, inputIndex: inputIndex, scriptCode: scriptCode,
                amount: amount, hashType: hashType, precomputed: precomputed)
            keep(Midstate(kind: kind, version: version, scriptCode: scriptCode, stream: stream))
        } else if let legacy = SignatureHash.legacyMidstate(
            transaction: transaction, inputIndex: inputIndex, scriptCode: scriptCode,
            hashType: hashType)
        {
            stream = legacy
            keep(Midstate(kind: kind, version: version, scriptCode: scriptCode, stream: stream))
        } else {
            return SignatureHash.missingOutput
        }
        stream.update(littleEndian: hashType.rawValue)
        return stream.finalizeDouble()
    }

    /// Keeps the newest of each kind.
    private mutating func keep(_ midstate: Midstate) {
        if let index = midstates.firstIndex(where: { $0.kind == midstate.kind }) {
            midstates[index] = midstate
        } else {
            midstates.append(midstate)
        }
    }
}

extension TransactionSignatureChecker {
    public func checkLockTime(_ lockTime: Int64) -> Bool {
        let threshold = Int64(ScriptLimits.lockTimeThreshold)
        let own = Int64(transaction.lockTime)
        // Heights compare with heights, times with times.
        guard (own < threshold) == (lockTime < threshold), lockTime <= own else { return false }
        // A final sequence would switch the lock time off for the whole transaction, if the others
        // are final too.
        return transaction.sequence(at: inputIndex) != TransactionInput.finalSequence
    }

    public func checkSequence(_ sequence: Int64) -> Bool {
        let own = Int64(transaction.sequence(at: inputIndex))
        guard transaction.version >= 2, own & SequenceBits.disabled == 0 else { return false }
        let mask = SequenceBits.countsTime | SequenceBits.value
        let (has, needs) = (own & mask, sequence & mask)
        // Blocks compare with blocks, times with times.
        return (has < SequenceBits.countsTime) == (needs < SequenceBits.countsTime) && needs <= has
    }
}

/// The bits of a sequence that BIP68 reads.
enum SequenceBits {
    /// The sequence is no relative lock time.
    static let disabled: Int64 = 1 << 31
    /// The value counts units of 512 seconds rather than blocks.
    static let countsTime: Int64 = 1 << 22
    /// The value itself.
    static let value: Int64 = 0xffff
}
