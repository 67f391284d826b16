import Cryptography
public import Primitives

/// What the signature hashes of all inputs of one transaction have in common, computed once.
public struct PrecomputedTransactionData: Sendable {
    /// The outputs that the inputs spend, in their order; empty if not known.
    public let spentOutputs: [TransactionOutput]
    let segwitV0: SegwitV0?
    let taproot: Taproot?

    /// Double hashes, for BIP143.
    struct SegwitV0: Sendable {
        let outPoints: Hash256
        let sequences: Hash256
        let outputs: Hash256
    }

    /// Single hashes, for BIP341.
    struct Taproot: Sendable {
        let outPoints: Hash256
        let sequences: Hash256
        let outputs: Hash256
        let spentAmounts: Hash256
        let spentScripts: Hash256
    }

    /// Computes what the transaction's witnesses make it probable that it will need.
    ///
    /// - Parameters:
    ///   - spentOutputs: one for each input, in order; or none, and then no taproot input can be
    ///     checked.
    ///   - forced: compute all, for signing, when there are no witnesses yet.
    public init(
        transaction: Transaction, spentOutputs: [TransactionOutput], forced: Bool = false
    ) {
        precondition(
            spentOutputs.isEmpty || spentOutputs.count == transaction.inputs.count,
            "one spent output for each input")
        self.spentOutputs = spentOutputs
        let uses = Uses(transaction, spentOutputs, forced: forced)
        guard uses.segwitV0 || uses.taproot else {
            segwitV0 = nil
            taproot = nil
            return
        }
        let outPoints = transaction.outPointsHash
        let sequences = transaction.sequencesHash
        let outputs = transaction.outputsHash
        segwitV0 =
            uses.segwitV0
            ? SegwitV0(
                outPoints: SHA256.hash(outPoints), sequences: SHA256.hash(sequences),
                outputs: SHA256.hash(outputs)) : nil
        taproot =
            uses.taproot
            ? Taproot(
                outPoints: outPoints, sequences: sequences, outputs: outputs,
                spentAmounts: spentOutputs.amountsHash, spentScripts: spentOutputs.scriptsHash)
            : nil
    }

    /// Which algorithms a transaction calls for. A guess on the safe side: what a script hash stands
    /// for is not looked into, and what was not precomputed is computed when needed.
    private struct Uses {
        var segwitV0: Bool
        var taproot: Bool

        init(_ transaction: Transaction, _ spent: [TransactionOutput], forced: Bool) {
            segwitV0 = forced
            taproot = forced
            if transaction.hasWitness, !forced {
                for (index, input) in transaction.inputs.enumerated()
                where !input.witness.isEmpty {
                    let script = index < spent.count ? spent[index].script : []
                    if script.count == 34, script.has(.op1, at: 0) {
                        taproot = true
                    } else {
                        segwitV0 = true
                    }
                    if segwitV0, taproot { break }
                }
            }
            if spent.isEmpty { taproot = false }
        }
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
