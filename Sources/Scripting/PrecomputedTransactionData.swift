import Cryptography
public import Primitives
import Synchronization

/// A transaction with the outputs it spends, and what the signature hashes of all its inputs have in
/// common: each computed once, when the first input asks for it, by whichever thread that is.
public final class PrecomputedTransactionData: Sendable {
    public let transaction: Transaction
    /// The outputs that the inputs spend, in their order; empty if not known.
    public let spentOutputs: [TransactionOutput]

    private let lazySegwitV0 = AtomicLazyReference<SegwitV0>()
    private let lazyTaproot = AtomicLazyReference<Taproot>()

    /// - Parameter spentOutputs: one for each input, in order; or none, and then no taproot input
    ///   can be checked.
    public init(transaction: Transaction, spentOutputs: [TransactionOutput]) {
        precondition(
            spentOutputs.isEmpty || spentOutputs.count == transaction.inputs.count,
            "one spent output for each input")
        self.transaction = transaction
        self.spentOutputs = spentOutputs
    }

    /// Double hashes, for BIP143.
    final class SegwitV0: Sendable {
        let outPoints: Hash256
        let sequences: Hash256
        let outputs: Hash256

        fileprivate init(_ transaction: Transaction) {
            outPoints = SHA256.hash(transaction.outPointsHash)
            sequences = SHA256.hash(transaction.sequencesHash)
            outputs = SHA256.hash(transaction.outputsHash)
        }
    }

    /// Single hashes, for BIP341.
    final class Taproot: Sendable {
        let outPoints: Hash256
        let sequences: Hash256
        let outputs: Hash256
        let spentAmounts: Hash256
        let spentScripts: Hash256

        fileprivate init(_ transaction: Transaction, _ spentOutputs: [TransactionOutput]) {
            outPoints = transaction.outPointsHash
            sequences = transaction.sequencesHash
            outputs = transaction.outputsHash
            spentAmounts = spentOutputs.amountsHash
            spentScripts = spentOutputs.scriptsHash
        }
    }

    var segwitV0: SegwitV0 {
        lazySegwitV0.load() ?? lazySegwitV0.storeIfNil(SegwitV0(transaction))
    }

    /// Nil if the outputs that are spent are not known.
    var taproot: Taproot? {
        if spentOutputs.isEmpty { return nil }
        return lazyTaproot.load() ?? lazyTaproot.storeIfNil(Taproot(transaction, spentOutputs))
    }
}

extension SHA256 {
    /// The hash of a hash.
    static func hash(_ hash: Hash256) -> Hash256 { hash.withBytes { SHA256.hash($0) } }
}

extension Transaction {
    var outPointsHash: Hash256 {
        var stream = SHA256Stream()
        for index in inputs.indices { stream.update(outPoint(at: index)) }
        return stream.finalize()
    }

    var sequencesHash: Hash256 {
        var stream = SHA256Stream()
        for index in inputs.indices { stream.update(littleEndian: sequence(at: index)) }
        return stream.finalize()
    }

    var outputsHash: Hash256 {
        var stream = SHA256Stream()
        for output in outputs { stream.update(output) }
        return stream.finalize()
    }
}

extension [TransactionOutput] {
    fileprivate var amountsHash: Hash256 {
        var stream = SHA256Stream()
        for output in self { stream.update(littleEndian: output.value.satoshis) }
        return stream.finalize()
    }

    fileprivate var scriptsHash: Hash256 {
        var stream = SHA256Stream()
        for output in self { stream.update(sized: output.script.bytes) }
        return stream.finalize()
    }
}
