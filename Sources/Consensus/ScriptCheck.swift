public import Cryptography
public import Primitives
public import Scripting

/// One input's script to be run: all that is needed for it, so that any thread may do it at any
/// time.
public struct ScriptCheck: Sendable {
    /// What the inputs of a transaction share.
    private final class Shared: Sendable {
        let transaction: Transaction
        let precomputed: PrecomputedTransactionData
        let flags: ScriptFlags

        init(_ transaction: Transaction, _ spent: [TransactionOutput], _ flags: ScriptFlags) {
            self.transaction = transaction
            precomputed = PrecomputedTransactionData(
                transaction: transaction, spentOutputs: spent)
            self.flags = flags
        }
    }

    private let shared: Shared
    private let input: Int32

    /// The checks of all inputs of a transaction.
    ///
    /// - Parameter spent: the outputs spent, one an input, in order.
    public static func all(
        of transaction: Transaction, spending spent: [TransactionOutput], flags: ScriptFlags
    ) -> [ScriptCheck] {
        let shared = Shared(transaction, spent, flags)
        return spent.indices.map { ScriptCheck(shared: shared, input: Int32($0)) }
    }

    public var transaction: Transaction { shared.transaction }
    public var inputIndex: Int { Int(input) }
    public var spentOutput: TransactionOutput { shared.precomputed.spentOutputs[Int(input)] }
    public var flags: ScriptFlags { shared.flags }
    public var precomputed: PrecomputedTransactionData { shared.precomputed }

    /// Runs the script.
    public func run(verifier: any SignatureVerifier) throws(ScriptFailure) {
        do throws(ScriptError) {
            try shared.transaction.verifyInput(
                inputIndex, precomputed: shared.precomputed, flags: shared.flags,
                verifier: verifier)
        } catch {
            throw ScriptFailure(
                error: error, inputIndex: inputIndex, txid: transaction.txid,
                wtxid: transaction.wtxid, spent: transaction.outPoint(at: inputIndex))
        }
    }

    /// Runs the script, every signature afresh.
    public func run() throws(ScriptFailure) {
        try run(verifier: DirectVerifier())
    }
}

/// An input whose script does not answer that of the output it spends.
public struct ScriptFailure: Error, Hashable, Sendable {
    public var error: ScriptError
    public var inputIndex: Int
    public var txid: Txid
    public var wtxid: Wtxid
    public var spent: OutPoint

    public init(error: ScriptError, inputIndex: Int, txid: Txid, wtxid: Wtxid, spent: OutPoint) {
        self.error = error
        self.inputIndex = inputIndex
        self.txid = txid
        self.wtxid = wtxid
        self.spent = spent
    }

    /// Bitcoin Core's word for it in a block.
    public var blockRejectReason: String { "block-script-verify-flag-failed (\(error.message))" }

    /// Bitcoin Core's word for it in a transaction by itself.
    public var mempoolRejectReason: String {
        "mempool-script-verify-flag-failed (\(error.message))"
    }

    /// Bitcoin Core's further words.
    public var debugMessage: String {
        "input \(inputIndex) of \(txid.displayHex) (wtxid \(wtxid.displayHex)), spending "
            + "\(spent.txid.displayHex):\(spent.index)"
    }
}
