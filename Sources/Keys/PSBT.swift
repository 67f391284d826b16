public import Cryptography
public import Primitives

/// A partially signed transaction (BIP174, BIP370, BIP371): what is known of a transaction that
/// several parties sign, in version 0 or 2.
public struct PSBT: Hashable, Sendable {
    /// A pair that belongs to one program alone.
    public struct Proprietary: Hashable, Sendable {
        /// Whose it is.
        public let identifier: [UInt8]
        /// The owner's own type.
        public let subtype: UInt64
        /// The value.
        public let value: [UInt8]
    }

    /// An extended public key that keys of this transaction grow from.
    public struct ExtendedKey: Hashable, Sendable {
        /// The 78 bytes of the key, its version bytes first (BIP32).
        public let bytes: [UInt8]
        /// Where it comes from.
        public let origin: KeyOrigin
    }

    /// Where a taproot key comes from, and the leaves it signs for.
    public struct TaprootOrigin: Hashable, Sendable {
        /// The hashes of the leaves, as raw bytes, in order.
        public var leaves: Set<Hash256>
        /// The way to the key.
        public var origin: KeyOrigin

        /// The hashes of the leaves in the order of their bytes.
        public var sortedLeaves: [Hash256] {
            leaves.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        }
    }

    /// The version of the format: 0 or 2.
    public let version: UInt32
    /// The version of the transaction.
    public var transactionVersion: UInt32
    /// The lock time when no input demands one.
    public var fallbackLockTime: UInt32?
    /// What may still be changed, as bits: 1 inputs, 2 outputs; 4 an input signs for one output.
    public var modifiable: UInt8?
    /// Extended public keys, by the place they come from and then by key.
    public var extendedKeys: [ExtendedKey] = []
    /// Pairs of single programs.
    public var proprietary = ByteTable<Proprietary>()
    /// Pairs of types unknown.
    public var unknown = ByteTable<[UInt8]>()
    /// What is known of the inputs.
    public var inputs: [Input] = []
    /// What is known of the outputs.
    public var outputs: [Output] = []

    /// The one made of a transaction. Scripts and witnesses of its inputs are left out.
    ///
    /// - Parameter version: 0, else 2.
    public init(_ transaction: Transaction, version: UInt32 = 2) {
        self.version = version == 0 ? 0 : 2
        transactionVersion = transaction.version
        fallbackLockTime = transaction.lockTime
        inputs = transaction.inputs.map {
            Input(outPoint: $0.outPoint, sequence: $0.sequence)
        }
        outputs = transaction.outputs.map { Output(value: $0.value, script: $0.script) }
    }

    init(version: UInt32, transactionVersion: UInt32, fallbackLockTime: UInt32?) {
        self.version = version
        self.transactionVersion = transactionVersion
        self.fallbackLockTime = fallbackLockTime
    }

    /// The lock time that suits all inputs (BIP370), or nil where they contradict each other.
    public var lockTime: UInt32? {
        guard version >= 2 else { return fallbackLockTime ?? 0 }
        var time: UInt32? = 0
        var height: UInt32? = 0
        for input in inputs {
            switch (input.timeLock, input.heightLock) {
            case (_?, nil):
                height = nil
                if time == nil { return nil }
            case (nil, _?):
                time = nil
                if height == nil { return nil }
            default: break
            }
            time = time.map { max($0, input.timeLock ?? 0) }
            height = height.map { max($0, input.heightLock ?? 0) }
        }
        if let height, height > 0 { return height }
        if let time, time > 0 { return time }
        return fallbackLockTime ?? 0
    }

    /// The transaction without signatures, or nil where the lock times of inputs contradict.
    public var unsignedTransaction: Transaction? {
        transaction(sequence: { $0.sequence ?? TransactionInput.finalSequence })
    }

    /// What tells one transaction from another while inputs are signed: the txid, and in version 2
    /// that with all sequences zero.
    public var identifier: Txid? {
        version >= 2 ? transaction(sequence: { _ in 0 })?.txid : unsignedTransaction?.txid
    }

    private func transaction(sequence: (Input) -> UInt32) -> Transaction? {
        guard let lockTime else { return nil }
        return Transaction(
            version: transactionVersion,
            inputs: inputs.map {
                TransactionInput(outPoint: $0.outPoint, sequence: sequence($0))
            },
            outputs: outputs.map { TransactionOutput(value: $0.value, script: $0.script) },
            lockTime: lockTime)
    }
}
